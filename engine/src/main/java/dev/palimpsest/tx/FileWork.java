package dev.palimpsest.tx;

import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.wal.EnginePoison;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Commits and aborts whose records promise the removal of files that hasn't happened yet. A checkpoint waits for those before its redo
 * position, since redo would not see their records. Thread-safe.
 */
final class FileWork {
    private final Scheduler scheduler;
    private final EnginePoison poison;

    /** LSNs of the records. */
    private final ConcurrentSkipListSet<Long> unfinished = new ConcurrentSkipListSet<>();

    /** The checkpointer while it waits: there is one at a time. */
    private volatile Thread waiting;

    FileWork(Scheduler scheduler, EnginePoison poison) {
        this.scheduler = scheduler;
        this.poison = poison;
        poison.onPoison(this::wakeUp);
    }

    /** In the append of the record. */
    void enter(long lsn) {
        unfinished.add(lsn);
    }

    void finished(long lsn) {
        unfinished.remove(lsn);
        wakeUp();
    }

    private void wakeUp() {
        Thread checkpointer = waiting;
        if (checkpointer != null) {
            scheduler.unpark(checkpointer);
        }
    }

    /**
     * Waits until no record up to here has its files still to be removed.
     *
     * @throws dev.palimpsest.api.StoppedException if the engine stops meanwhile: then who removes them may never come to say so
     */
    void awaitFinished(long lsn) {
        if (unfinished.isEmpty()) {
            return;
        }
        waiting = Thread.currentThread();
        try {
            scheduler.awaitUninterruptibly(this, () -> isFinished(lsn) || poison.isPoisoned());
        } finally {
            waiting = null;
        }
        poison.check();
    }

    private boolean isFinished(long lsn) {
        Long first = unfinished.isEmpty() ? null : unfinished.ceiling(Long.MIN_VALUE);
        return first == null || first > lsn;
    }
}
