package dev.palimpsest.buffer;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.latch.Latch;
import dev.palimpsest.latch.LatchRank;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.scheduler.Step;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The frames and the clock hand: which page makes room for the next.
 *
 * <p>Frames are made as they are needed, in slabs of direct memory, until there are as many as the pool may have. Then the hand goes
 * round: a pinned frame is passed; a referenced one is passed and loses its mark; a dirty one is passed (the page writer sees to it);
 * the first other one is claimed. Too many dirty ones end the search. A page comes in without the mark, so that one look at everything (a scan) only drives out what
 * nobody has touched since the hand's last round.
 *
 * <p>Thread-safe; the hand is lock-free. Source: PostgreSQL, {@code freelist.c}, {@code StrategyGetBuffer}, with one bit for its
 * usage count.
 */
final class ClockSweep {
    static final int MIN_FRAMES = 16;

    private static final int SLAB_FRAMES = 128;
    private static final int SLAB_ALIGNMENT = 64;

    /** Then the page writer has work to do just ahead of the hand, which a longer search would only carry away from there. */
    private static final int MOST_DIRTY_PASSED = 16;

    private final FrameEvents events;
    private final BufferMetrics metrics;
    private final Frame[] frames;
    private final Latch clock;

    /** Guarded by clock. */
    private ByteBuffer slab;

    /** Grows under clock, after its frame is in {@code frames}. */
    private volatile int made;

    /** Positions ever given out; modulo the number of frames. */
    private final AtomicLong hand = new AtomicLong();

    ClockSweep(int capacity, FrameEvents events, BufferMetrics metrics) {
        this.events = events;
        this.metrics = metrics;
        frames = new Frame[Math.max(MIN_FRAMES, capacity)];
        clock = new Latch(LatchRank.CLOCK, events.scheduler());
    }

    int capacity() {
        return frames.length;
    }

    int made() {
        return made;
    }

    /** A frame by its index, below {@link #made}. */
    Frame frame(int index) {
        return frames[index];
    }

    /** Where the hand is; grows for ever. */
    long hand() {
        return hand.get();
    }

    /** The frame that the hand meets at a position. */
    Frame at(long position) {
        return frames[(int) (position % made)];
    }

    /** A claimed, empty frame: a new one, or one whose page was evicted; null if none was found. */
    Frame take() {
        Frame frame = made < frames.length ? make() : null;
        return frame != null ? frame : sweep();
    }

    private Frame sweep() {
        int dirty = 0;
        for (int passed = 2 * frames.length; passed > 0 && dirty < MOST_DIRTY_PASSED; passed--) {
            Frame frame = at(hand.getAndIncrement());
            if (frame.isUnpinned()) {
                if (frame.isReferenced()) {
                    frame.clearReferenced();
                } else if (frame.isDirty()) {
                    dirty++;
                } else if (claim(frame)) {
                    return frame;
                }
            }
        }
        return null;
    }

    /** One look at every frame, marks or not, for a caller that has waited and found nothing where the hand is. */
    Frame takeAny() {
        for (Frame frame : frames) {
            if (claim(frame)) {
                return frame;
            }
        }
        return null;
    }

    /** True if a frame is unpinned: once it is written, it can be taken. */
    boolean anyUnpinned() {
        for (Frame frame : frames) {
            if (frame.isUnpinned()) {
                return true;
            }
        }
        return false;
    }

    /** True if a frame is in the pool's own hands, so that it will soon be free or in use. */
    boolean anyInTransit() {
        for (Frame frame : frames) {
            if (frame.isInTransit()) {
                return true;
            }
        }
        return false;
    }

    private boolean claim(Frame frame) {
        if (frame.isDirty() || !frame.tryClaim()) {
            return false;
        }
        if (frame.isDirty()) { // since the first look; no longer, once it is claimed
            frame.unclaim();
            return false;
        }
        if (frame.evict()) {
            metrics.evictions.increment();
            events.unpinned().wakeAll(); // whoever waits to discard it
            events.scheduler().step(Step.PAGE_EVICTED);
        }
        return true;
    }

    /** Null if all are made. */
    private Frame make() {
        clock.acquireExclusive();
        try {
            int index = made;
            if (index == frames.length) {
                return null;
            }
            if (slab == null || !slab.hasRemaining()) {
                slab = newSlab(Math.min(SLAB_FRAMES, frames.length - index));
            }
            slab.limit(slab.position() + PageLayout.SIZE);
            ByteBuffer page = slab.slice().order(ByteOrder.LITTLE_ENDIAN);
            slab.position(slab.limit()).limit(slab.capacity());
            Frame frame = new Frame(page, index, events);
            frames[index] = frame;
            made = index + 1;
            return frame;
        } finally {
            clock.releaseExclusive();
        }
    }

    private ByteBuffer newSlab(int count) {
        int bytes = count * PageLayout.SIZE;
        try {
            ByteBuffer memory =
                    ByteBuffer.allocateDirect(bytes + SLAB_ALIGNMENT).alignedSlice(SLAB_ALIGNMENT);
            return memory.slice(0, bytes);
        } catch (OutOfMemoryError e) {
            throw new StoppedException(
                    SqlState.OUT_OF_MEMORY,
                    "out of direct memory for the buffer pool",
                    "frames=" + made + " wanted=" + frames.length + " pageBytes=" + PageLayout.SIZE,
                    "Make the pool smaller or raise -XX:MaxDirectMemorySize.",
                    e);
        }
    }
}
