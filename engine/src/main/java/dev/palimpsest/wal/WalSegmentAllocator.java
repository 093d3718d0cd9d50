package dev.palimpsest.wal;

import dev.palimpsest.scheduler.Scheduler;

/**
 * An engine task that makes the next segment in time, so that no commit waits for sixteen megabytes of zeroes. Used by the WAL task
 * alone; a failure (say, a full disk) reaches it only when the missing segment is needed, after one more try.
 */
final class WalSegmentAllocator {
    private final WalSegments segments;
    private final Scheduler scheduler;
    private final Thread task;

    /** How {@link #ready} was made; written before it. */
    private volatile boolean readyFilled;

    /** Highest segment asked for; single writer: the WAL task. */
    private volatile long wanted;

    /** Whether the wanted segment's zeroes are to be written; single writer: the WAL task, before {@link #wanted}. */
    private volatile boolean filled;

    /** Highest segment that exists; single writer: this task. */
    private volatile long ready;

    /** Why the segment after {@link #ready} couldn't be made, or null. Set by this task, cleared by the WAL task, which then unparks. */
    private volatile Throwable failure;

    private volatile Thread waiter;
    private volatile boolean stopping;

    WalSegmentAllocator(WalSegments segments, Scheduler scheduler, long lastExisting) {
        this.segments = segments;
        this.scheduler = scheduler;
        this.wanted = lastExisting;
        this.ready = lastExisting;
        this.task = scheduler.spawn("wal segments", this::run);
    }

    /** Asks for a segment without waiting; how it is made: {@link WalSegments#create}. */
    void request(long segment, boolean wantFilled) {
        if (segment > wanted) {
            filled = wantFilled;
            wanted = segment;
            scheduler.unpark(task);
        }
    }

    /** Waits until the segment exists; whoever has to wait gets it the quick way. */
    void await(long segment) {
        if (ready >= segment) {
            return;
        }
        failure = null;
        waiter = Thread.currentThread();
        filled = false;
        wanted = Math.max(wanted, segment);
        scheduler.unpark(task);
        scheduler.awaitUninterruptibly(this, () -> ready >= segment || failure != null);
        waiter = null;
        Throwable why = failure;
        if (ready < segment) {
            if (why instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) why;
        }
    }

    /** Whether this one, awaited before and the last that was asked for, has its blocks. */
    boolean isFilled(long segment) {
        assert segment == ready : "segment=" + segment + " ready=" + ready;
        return readyFilled;
    }

    void close() {
        stopping = true;
        scheduler.unpark(task);
        scheduler.join(task);
    }

    private void run() {
        while (!stopping) {
            if (ready < wanted && failure == null) {
                createNext();
            } else {
                scheduler.park(this, Long.MAX_VALUE);
            }
        }
    }

    private void createNext() {
        try {
            boolean fill = filled;
            segments.create(ready + 1, fill);
            readyFilled = fill;
            ready = ready + 1;
        } catch (RuntimeException e) {
            failure = e; // kept for the WAL task, which throws it if it needs the segment
        } catch (Error e) {
            failure = e;
            throw e;
        } finally {
            Thread waiting = waiter;
            if (waiting != null) {
                scheduler.unpark(waiting);
            }
        }
    }
}
