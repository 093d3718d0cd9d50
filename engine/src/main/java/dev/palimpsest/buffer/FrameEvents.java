package dev.palimpsest.buffer;

import dev.palimpsest.scheduler.Scheduler;

/** Where frames announce what others may be waiting for. Thread-safe. */
final class FrameEvents {
    private static final int STRIPES = 16;

    private final Scheduler scheduler;
    private final WaitList unpinned;
    private final WaitList[] ioDone = new WaitList[STRIPES];

    FrameEvents(Scheduler scheduler) {
        this.scheduler = scheduler;
        unpinned = new WaitList(scheduler);
        for (int i = 0; i < STRIPES; i++) {
            ioDone[i] = new WaitList(scheduler);
        }
    }

    Scheduler scheduler() {
        return scheduler;
    }

    /** Some frame may be free for another page. */
    WaitList unpinned() {
        return unpinned;
    }

    /** A load or a write-out of this frame (or of one that shares its stripe) has ended. */
    WaitList ioDone(int frameIndex) {
        return ioDone[frameIndex & STRIPES - 1];
    }
}
