package dev.palimpsest.engine;

import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.tx.OldSnapshots;
import java.util.concurrent.TimeUnit;

/** The task that looks for snapshots held too long, now and then. Started and closed by the engine's opening and closing tasks. */
final class SnapshotWatch {
    private static final System.Logger LOG = System.getLogger(SnapshotWatch.class.getName());

    private final OldSnapshots old;
    private final Scheduler scheduler;
    private final Thread task;
    private volatile boolean stopping;

    SnapshotWatch(OldSnapshots old, Scheduler scheduler) {
        this.old = old;
        this.scheduler = scheduler;
        this.task = scheduler.spawn("snapshot watch", this::run);
    }

    private void run() {
        while (!stopping) {
            try {
                old.check(scheduler.currentTimeMicros());
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "could not look for old snapshots", e);
            }
            scheduler.park(this, TimeUnit.MICROSECONDS.toNanos(old.intervalMicros()));
        }
    }

    void close() {
        stopping = true;
        scheduler.unpark(task);
        scheduler.join(task);
    }
}
