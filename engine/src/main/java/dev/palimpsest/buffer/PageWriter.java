package dev.palimpsest.buffer;

import dev.palimpsest.api.StoppedException;
import dev.palimpsest.scheduler.Scheduler;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The engine task that keeps clean frames ahead of the clock hand, so that callers in need of one neither write nor wait.
 *
 * <p>It is woken when the hand has used up half of what it looked at, or by a caller that found nothing clean. It never waits for a
 * latch on a page, only for the WAL and the disk; so whoever holds latches may wait for it.
 *
 * <p>Thread-safe: {@link #wake}, {@link #stop}; the rest runs on the task.
 */
final class PageWriter {
    private static final int MAX_LOOK_AHEAD = 1024;

    private final BufferPool pool;
    private final ClockSweep clock;
    private final Scheduler scheduler;
    private final WriteOut out;
    private final int lookAhead;
    private final AtomicBoolean requested = new AtomicBoolean();

    /** Single-writer: the task. A position of the clock hand. */
    private volatile long lookedUpTo;

    private volatile boolean stopping;

    /** Single-writer: {@link #start}, before anything can wake it. */
    private volatile Thread task;

    PageWriter(BufferPool pool, ClockSweep clock) {
        this.pool = pool;
        this.clock = clock;
        scheduler = pool.scheduler();
        out = new WriteOut(pool);
        lookAhead = Math.max(ClockSweep.MIN_FRAMES / 2, Math.min(MAX_LOOK_AHEAD, clock.capacity() / 4));
    }

    void start() {
        task = scheduler.spawn("page writer", this::run);
    }

    boolean isRunning() {
        return task != null && !stopping;
    }

    void stop() {
        stopping = true;
        if (task != null) {
            scheduler.unpark(task);
            scheduler.join(task);
        }
    }

    /** The hand has moved. */
    void handMoved() {
        if (clock.made() == clock.capacity() && clock.hand() + lookAhead / 2 > lookedUpTo) {
            wake();
        }
    }

    void wake() {
        Thread writer = task;
        if (writer != null && requested.compareAndSet(false, true)) {
            scheduler.unpark(writer);
        }
    }

    private void run() {
        try {
            while (true) {
                scheduler.awaitUninterruptibly(this, () -> stopping || requested.get());
                if (stopping) {
                    return;
                }
                requested.set(false);
                if (lookAhead() == 0 && isAwaited()) {
                    lookEverywhere();
                }
                pool.events().unpinned().wakeAll(); // also if nothing was written: what they need may be elsewhere
            }
        } catch (StoppedException e) {
            pool.log().poison(e); // as a failed write has done already: callers hear of it there
        } catch (Throwable e) {
            pool.log().poison(e);
            throw e; // a bug
        } finally {
            stopping = true;
            pool.events().unpinned().wakeAll();
        }
    }

    private boolean isAwaited() {
        return !pool.events().unpinned().isEmpty();
    }

    /** @return pages found to write */
    private int lookAhead() {
        long hand = clock.hand();
        List<DirtyPage> dirty = new ArrayList<>();
        for (long position = isAwaited() ? hand : Math.max(hand, lookedUpTo); position < hand + lookAhead; position++) {
            Frame frame = clock.at(position);
            if (!frame.isReferenced()) {
                addIfWritable(dirty, frame);
            }
        }
        write(dirty);
        lookedUpTo = hand + lookAhead;
        return dirty.size();
    }

    /** Somebody waits: whatever is dirty and unpinned will do. */
    private void lookEverywhere() {
        List<DirtyPage> dirty = new ArrayList<>();
        for (int i = 0; i < clock.made() && dirty.size() < 2 * WriteOut.BATCH; i++) {
            addIfWritable(dirty, clock.frame(i));
        }
        write(dirty);
    }

    private static void addIfWritable(List<DirtyPage> dirty, Frame frame) {
        if (frame.isDirty() && frame.isUnpinned()) {
            dirty.add(new DirtyPage(frame, frame.pageId()));
        }
    }

    private void write(List<DirtyPage> dirty) {
        dirty.sort(DirtyPage.IN_FILE_ORDER);
        for (DirtyPage page : dirty) {
            out.addIfFree(page.frame(), page.pageId());
            if (out.isFull()) {
                out.flush();
            }
        }
        out.flush();
    }

    /** A frame that was dirty when it held this page. */
    record DirtyPage(Frame frame, long pageId) {
        static final Comparator<DirtyPage> IN_FILE_ORDER = Comparator.comparingLong(DirtyPage::pageId);
    }
}
