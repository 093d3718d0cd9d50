package dev.palimpsest.engine;

import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.btree.BtreeResourceManager;
import dev.palimpsest.buffer.BufferPool;
import dev.palimpsest.buffer.LogFlusher;
import dev.palimpsest.buffer.WritePacer;
import dev.palimpsest.catalog.Catalog;
import dev.palimpsest.catalog.FileNumbers;
import dev.palimpsest.heap.Heap;
import dev.palimpsest.heap.HeapContext;
import dev.palimpsest.heap.HeapCounters;
import dev.palimpsest.id.PageId;
import dev.palimpsest.id.Xid;
import dev.palimpsest.reclaim.VacuumContext;
import dev.palimpsest.reclaim.VacuumProvider;
import dev.palimpsest.reclaim.VacuumService;
import dev.palimpsest.recovery.CheckpointParticipants;
import dev.palimpsest.recovery.Checkpointer;
import dev.palimpsest.recovery.ControlFile;
import dev.palimpsest.recovery.ControlRecord;
import dev.palimpsest.recovery.FileLengths;
import dev.palimpsest.recovery.Recovery;
import dev.palimpsest.recovery.RedoResult;
import dev.palimpsest.recovery.ResourceManagers;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.RelationFiles;
import dev.palimpsest.table.SnapshotHolders;
import dev.palimpsest.table.TableEngine;
import dev.palimpsest.tx.CommitLog;
import dev.palimpsest.tx.CommitWal;
import dev.palimpsest.tx.OldSnapshots;
import dev.palimpsest.tx.TransactionManager;
import dev.palimpsest.tx.TransactionResourceManager;
import dev.palimpsest.wal.EnginePoison;
import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.Wal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The parts of an open database, and the order in which they come up and go down. Made, opened and closed on engine tasks; the parts are
 * thread-safe each for itself.
 */
final class Components {
    private static final List<String> DATA_DIRECTORIES = List.of(RelationFiles.DIRECTORY, "status");

    private final EngineConfig config;
    private final Disk disk;
    private final Scheduler scheduler;
    private final ControlFile controlFile;
    private final FileLengths lengths;
    private final EnginePoison poison = new EnginePoison();
    private AutoCloseable directoryLock;

    // made in this order; null until then, for a close half way
    private Wal wal;
    private BufferPool pool;
    private CommitLog statuses;
    private TransactionManager transactions;
    private FileNumbers fileNumbers;
    private Checkpointer checkpointer;
    private TableEngine tables;
    private ResourceManagers managers;
    private HeapCounters counters;
    private VacuumService vacuum;
    private OldSnapshots oldSnapshots;
    private SnapshotWatch snapshotWatch;
    private long startLsn;
    private boolean recovered;

    private Components(EngineConfig config) {
        this.config = config;
        this.disk = config.disk();
        this.scheduler = config.scheduler();
        this.controlFile = new ControlFile(disk);
        this.lengths = new FileLengths(disk);
    }

    /** Opens or makes the database; on failure everything is closed again. */
    static Components open(EngineConfig config) {
        Components parts = new Components(config);
        try {
            parts.open();
            return parts;
        } catch (Throwable e) {
            parts.poison.poison(e); // so that nothing more is written
            try {
                parts.close();
            } catch (RuntimeException | Error again) {
                if (again != e) {
                    e.addSuppressed(again);
                }
            }
            throw e;
        }
    }

    private void open() {
        DatabaseDirectory directory = new DatabaseDirectory(disk, controlFile);
        directory.check(config.createIfMissing());
        directoryLock = disk.lock(DatabaseDirectory.LOCK_PATH);
        directory.check(config.createIfMissing()); // again, now that nobody else is at it
        if (controlFile.exists()) {
            openExisting(controlFile.read());
        } else {
            if (controlFile.isHalfMade()) {
                directory.clear();
            }
            create();
        }
        new OrphanFiles(disk, pool).remove(tables);
        startVacuum();
        watchSnapshots();
    }

    private void watchSnapshots() {
        SnapshotLimits limits = config.snapshots();
        tables.recordOpeningPlaces(limits.openingPlaces());
        oldSnapshots =
                new OldSnapshots(transactions, new SnapshotHolders(tables), limits.warningMicros(), limits.maxMicros());
        if (!limits.isNone()) {
            snapshotWatch = new SnapshotWatch(oldSnapshots, scheduler);
        }
    }

    /** Last of all: the database is as its users find it. */
    private void startVacuum() {
        Optional<VacuumProvider> provider = VacuumProvider.find();
        if (provider.isPresent()) {
            vacuum = provider.get().create(new VacuumContext(tables, config.directory(), config.vacuum()));
            tables.maintenance(vacuum::vacuum);
            vacuum.start();
        }
    }

    private void create() {
        controlFile.beginCreation();
        long databaseId = scheduler.random().nextLong() | 1;
        makeParts(databaseId, config.wal().segmentBytes());
        startLsn = wal.create();
        start(
                new ControlRecord(
                        0, databaseId, false, 0, 0, Xid.FIRST_NORMAL, FileNumbers.FIRST_NORMAL, 0, segmentBytes(), 0),
                Xid.FIRST_NORMAL,
                FileNumbers.FIRST_NORMAL,
                true);
    }

    private void openExisting(ControlRecord control) {
        Map<Long, Integer> recorded = lengths.read();
        lengths.measure(recorded, FileNumbers.FIRST_NORMAL);
        makeParts(control.databaseId(), control.walSegmentBytes());
        statuses.truncate(control.statusPoint());
        statuses.expectWritten(control.nextXid());
        pool.forcedBlocks().putAll(recorded);
        RedoResult redo =
                new Recovery(disk, DATA_DIRECTORIES, wal, pool, managers).redo(control, (records, at, from) -> {});
        recovered = !control.clean();
        startLsn = redo.endLsn();
        // numbers that a crash took back will be given to other files
        boolean takenBack =
                pool.forcedBlocks().keySet().removeIf(pageId -> PageId.fileNumber(pageId) >= redo.nextFileNumber());
        start(control, redo.nextXid(), redo.nextFileNumber(), redo.changes() || takenBack);
    }

    private void makeParts(long databaseId, int segmentBytes) {
        wal = new Wal(disk, scheduler, poison, config.wal().withSegmentBytes(segmentBytes), databaseId);
        pool = new BufferPool(disk, scheduler, new PoolLog(wal), config.frames());
        pool.start();
        statuses = new CommitLog(disk, scheduler);
        List<ResourceManager> all = new ArrayList<>(Heap.resourceManagers());
        all.addAll(Catalog.resourceManagers());
        all.add(new BtreeResourceManager());
        all.add(new TransactionResourceManager(statuses, pool::drop));
        managers = new ResourceManagers(all.toArray(ResourceManager[]::new));
    }

    /** Nothing is left to redo: the log takes records, transactions begin, checkpoints run. */
    private void start(ControlRecord control, long nextXid, int nextFileNumber, boolean checkpointNow) {
        wal.start(startLsn);
        transactions = new TransactionManager(scheduler, wal, statuses, pool::drop);
        transactions.rowLocks().limitBytes(config.rowLockMemoryBytes());
        transactions.maxSnapshotMicros(config.snapshots().maxMicros());
        transactions.start(nextXid, startLsn);
        fileNumbers = new FileNumbers(nextFileNumber, wal);
        counters = new HeapCounters();
        HeapContext heapContext = new HeapContext(pool, wal, transactions, scheduler, counters);
        tables = new TableEngine(heapContext, new Catalog(heapContext, fileNumbers));
        if (lengths.isSuspicious()) {
            pool.forcedBlocks()
                    .keySet()
                    .removeAll(lengths.check(tables.currentCatalog().fileNumbers()));
        }
        checkpointer =
                new Checkpointer(wal, controlFile, control, new CheckpointWork(), scheduler, config.checkpoints());
        checkpointer.start(checkpointNow);
    }

    private int segmentBytes() {
        return wal.options().segmentBytes();
    }

    /**
     * Closes everything, with a last checkpoint unless the engine has stopped. Nobody is inside any more.
     *
     * @throws EngineException if the last checkpoint failed; everything is closed all the same, as with any other throwable
     */
    void close() {
        ClosingSteps steps = new ClosingSteps();
        steps.attempt(this::stopVacuum);
        if (vacuum != null) {
            steps.attempt(vacuum::close);
        }
        if (snapshotWatch != null) {
            steps.attempt(snapshotWatch::close);
        }
        boolean clean = !poison.isPoisoned();
        if (tables != null && clean) {
            steps.attempt(tables.catalog()::giveBackSequenceValues);
        }
        if (checkpointer != null) {
            // after a failure nobody knows what is left to be done: recovery will
            steps.attempt(() -> checkpointer.close(clean && steps.isWithoutFailure()));
        }
        if (wal != null) {
            steps.attempt(wal::close);
        }
        if (pool != null) {
            steps.attempt(pool::close);
        }
        if (checkpointer == null) {
            steps.attempt(lengths::putBack);
        }
        if (statuses != null) {
            steps.attempt(statuses::close);
        }
        steps.attempt(disk::close);
        steps.attempt(this::releaseLock);
        steps.rethrow();
        if (clean) {
            poison.check();
        }
    }

    /** Whatever vacuum does ends between two pages, and no more begins. No effect the second time. */
    void stopVacuum() {
        if (vacuum != null) {
            vacuum.stop();
        }
    }

    private void releaseLock() {
        try {
            if (directoryLock != null) {
                directoryLock.close();
            }
        } catch (Exception e) {
            throw new StoppedException(SqlState.IO_ERROR, "could not release the lock file", null, null, e);
        }
    }

    Wal wal() {
        return wal;
    }

    BufferPool pool() {
        return pool;
    }

    TransactionManager transactions() {
        return transactions;
    }

    Checkpointer checkpointer() {
        return checkpointer;
    }

    TableEngine tables() {
        return tables;
    }

    ResourceManagers managers() {
        return managers;
    }

    /** Null where the module isn't on the class path. */
    VacuumService vacuum() {
        return vacuum;
    }

    HeapCounters counters() {
        return counters;
    }

    OldSnapshots oldSnapshots() {
        return oldSnapshots;
    }

    EnginePoison poison() {
        return poison;
    }

    Disk disk() {
        return disk;
    }

    /** Where the log ended when it was opened. */
    long startLsn() {
        return startLsn;
    }

    /** It wasn't shut down cleanly before. */
    boolean wasRecovered() {
        return recovered;
    }

    /** What a checkpoint asks, of whom. */
    private final class CheckpointWork implements CheckpointParticipants {
        private final CommitWal commitWal = CommitWal.of(wal);

        @Override
        public void awaitEffects(long redoLsn) {
            transactions.drainPublished(redoLsn);
        }

        @Override
        public void writeStatus() {
            statuses.writeDirty(commitWal);
        }

        @Override
        public long statusPoint() {
            return statuses.truncationPoint();
        }

        @Override
        public void removeStatus(long point) {
            statuses.removeFiles(point);
        }

        @Override
        public void writePages(WritePacer pacer) {
            lengths.writePages(pool, pacer);
        }

        @Override
        public long nextXid() {
            return transactions.nextXid();
        }

        @Override
        public int nextFileNumber() {
            return fileNumbers.next();
        }

        @Override
        public long nextOid() {
            return fileNumbers.next(); // oids are file numbers
        }
    }

    /** The log as the pool sees it. */
    private record PoolLog(Wal wal) implements LogFlusher {
        @Override
        public void flush(long lsn) {
            wal.flush(lsn);
        }

        @Override
        public void poison(Throwable cause) {
            wal.poison(cause);
        }

        @Override
        public void checkUsable() {
            wal.poison().check();
        }
    }
}
