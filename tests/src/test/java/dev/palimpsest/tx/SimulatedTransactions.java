package dev.palimpsest.tx;

import dev.palimpsest.api.StoppedException;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.storage.DiskFile;
import dev.palimpsest.wal.EnginePoison;
import dev.palimpsest.wal.RedoPages;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalOptions;
import dev.palimpsest.wal.WalReader;
import java.nio.ByteBuffer;

/**
 * Log, status log and transactions without pages above them. Opens as recovery does: a small control file holds the redo position and the
 * next xid of the last checkpoint.
 */
final class SimulatedTransactions {
    private static final WalOptions SMALL = new WalOptions(64 << 10, 128 << 10, 20_000_000L);

    final Scheduler scheduler;
    final SimulatedDisk disk;
    final EnginePoison poison = new EnginePoison();
    final Wal wal;
    final CommitLog statuses;
    final TransactionManager manager;

    private final long xidStep;

    private long firstLsn;

    /** The truncation point in the last control record. */
    private long controlPoint;

    /** Opens or creates. Call within a run. */
    SimulatedTransactions(Scheduler scheduler, SimulatedDisk disk) {
        this(scheduler, disk, SMALL);
    }

    SimulatedTransactions(Scheduler scheduler, SimulatedDisk disk, WalOptions options) {
        this(scheduler, disk, options, 1);
    }

    /** @param xidStep each opening leaves xids out, up to the next multiple of this */
    SimulatedTransactions(Scheduler scheduler, SimulatedDisk disk, WalOptions options, long xidStep) {
        this.xidStep = xidStep;
        this.scheduler = scheduler;
        this.disk = disk;
        this.wal = new Wal(disk, scheduler, poison, options, 7);
        this.statuses = new CommitLog(disk, scheduler);
        this.manager = new TransactionManager(scheduler, wal, statuses, file -> {});
        onEngineTask(this::open);
    }

    private void open() {
        long[] control = disk.exists("control") ? readControl() : null;
        if (control == null) {
            long start = wal.create();
            firstLsn = start;
            writeControl(start, 3, 0);
            control = new long[] {start, 3, 0, start};
        }
        controlPoint = control[2];
        firstLsn = control[3];
        statuses.truncate(controlPoint);
        statuses.expectWritten(control[1]);
        wal.forceForRecovery(control[0]);
        TransactionResourceManager redo = new TransactionResourceManager(statuses, file -> {});
        long nextXid = control[1];
        long end;
        try (WalReader reader = wal.read(control[0])) {
            while (reader.next()) {
                if (reader.record().rmgr() == ResourceManagerId.TRANSACTION) {
                    redo.redo(reader.record(), NO_PAGES);
                    redo.redo(reader.record(), NO_PAGES); // twice is once
                }
                nextXid = Math.max(nextXid, reader.record().xid() + 1);
            }
            end = reader.endLsn();
        }
        wal.start(end);
        manager.start((nextXid + xidStep - 1) / xidStep * xidStep, end);
    }

    /** Where the log begins: nothing is removed from it. */
    long firstLsn() {
        return firstLsn;
    }

    /** As the checkpointer does it; {@code drains} false to show why it must. */
    void checkpoint(boolean drains) {
        checkpoint(drains, true);
    }

    /** @param pointLast the truncation point is looked at after the statuses were written; false to show why it must */
    void checkpoint(boolean drains, boolean pointLast) {
        onEngineTask(() -> {
            long redo = wal.moveRedo();
            scheduler.step(Step.CHECKPOINT_REDO_CHOSEN);
            if (drains) {
                manager.drainPublished(redo);
            }
            long nextXid = manager.nextXid();
            long point = statuses.truncationPoint();
            scheduler.step(Step.CHECKPOINT_PAGES_WRITTEN);
            manager.writeStatuses();
            point = pointLast ? statuses.truncationPoint() : point;
            scheduler.step(Step.CHECKPOINT_PAGES_WRITTEN);
            wal.flush(redo);
            writeControl(redo, nextXid, point);
            statuses.removeFiles(controlPoint); // one behind, as the engine, which has two control records
            controlPoint = point;
        });
    }

    /** Writes belong to engine tasks; an error there is this caller's. */
    void onEngineTask(Runnable work) {
        StoppedException[] failed = new StoppedException[1];
        scheduler.join(scheduler.spawn("engine", () -> {
            try {
                work.run();
            } catch (StoppedException e) {
                failed[0] = e;
            }
        }));
        if (failed[0] != null) {
            throw failed[0];
        }
    }

    /** One sector, so never torn. */
    private void writeControl(long redo, long nextXid, long point) {
        boolean created = !disk.exists("control");
        try (DiskFile file = disk.open("control", true)) {
            file.write(
                    ByteBuffer.allocate(512)
                            .putLong(0, redo)
                            .putLong(8, nextXid)
                            .putLong(16, point)
                            .putLong(24, firstLsn),
                    0);
            file.force();
        }
        if (created) {
            disk.forceDirectory("");
        }
    }

    private long[] readControl() {
        ByteBuffer sector = ByteBuffer.allocate(512);
        try (DiskFile file = disk.open("control", false)) {
            file.read(sector, 0);
        }
        return sector.getLong(0) == 0
                ? null
                : new long[] {sector.getLong(0), sector.getLong(8), sector.getLong(16), sector.getLong(24)};
    }

    private static final RedoPages NO_PAGES = new RedoPages() {
        @Override
        public ByteBuffer page(int blockIndex) {
            throw new AssertionError();
        }

        @Override
        public ByteBuffer pageById(long pageId) {
            throw new AssertionError();
        }

        @Override
        public void cut(long pageId) {
            throw new AssertionError();
        }

        @Override
        public void noteXid(long xid) {}

        @Override
        public void noteFileNumber(int fileNumber) {}

        @Override
        public void noteOid(long oid) {}
    };
}
