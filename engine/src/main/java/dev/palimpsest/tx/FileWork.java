package dev.palimpsest.tx;

import dev.palimpsest.scheduler.Scheduler;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Commits and aborts whose records promise the removal of files that hasn't happened yet. A checkpoint waits for those before its redo
 * position, since redo would not see their records. Thread-safe.
 */
final class FileWork {
    private final Scheduler scheduler;

    /** LSNs of the records. */
    private final ConcurrentSkipListSet<Long> unfinished = new ConcurrentSkipListSet<>();

    /** The checkpointer while it waits: there is one at a time. */
    private volatile Thread waiting;

    FileWork(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /** In the append of the record. */
    void enter(long lsn) {
        unfinished.add(lsn);
    }

    void finished(long lsn) {
        unfinished.remove(lsn);
        Thread checkpointer = waiting;
        if (checkpointer != null) {
            scheduler.unpark(checkpointer);
        }
    }

    /** Waits until no record up to here has its files still to be removed. */
    void awaitFinished(long lsn) {
        if (unfinished.isEmpty()) {
            return;
        }
        waiting = Thread.currentThread();
        scheduler.awaitUninterruptibly(this, () -> {
            Long first = unfinished.isEmpty() ? null : unfinished.ceiling(Long.MIN_VALUE);
            return first == null || first > lsn;
        });
        waiting = null;
    }
}
