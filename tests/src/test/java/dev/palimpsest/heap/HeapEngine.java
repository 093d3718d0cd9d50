package dev.palimpsest.heap;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.buffer.BufferPool;
import dev.palimpsest.buffer.LogFlusher;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.buffer.PageGuard;
import dev.palimpsest.buffer.WritePacer;
import dev.palimpsest.id.PageId;
import dev.palimpsest.id.Xid;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.recovery.CheckpointOptions;
import dev.palimpsest.recovery.CheckpointParticipants;
import dev.palimpsest.recovery.Checkpointer;
import dev.palimpsest.recovery.ControlFile;
import dev.palimpsest.recovery.ControlRecord;
import dev.palimpsest.recovery.Recovery;
import dev.palimpsest.recovery.RedoProgress;
import dev.palimpsest.recovery.RedoResult;
import dev.palimpsest.recovery.ResourceManagers;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.tx.CommitLog;
import dev.palimpsest.tx.TransactionManager;
import dev.palimpsest.tx.TransactionResourceManager;
import dev.palimpsest.wal.EnginePoison;
import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One heap with everything below it on a simulated disk, opened as the engine opens a database. */
final class HeapEngine implements CheckpointParticipants {
    static final int FILE = 17;
    private static final WalOptions WAL = new WalOptions(64 << 10, 128 << 10, 5_000_000L);
    private static final CheckpointOptions CHECKPOINTS = new CheckpointOptions(200_000, 50_000_000L, 0.5);
    private static final int FRAMES = 24;

    final Scheduler scheduler;
    final MapArchive archive;
    private final SimulatedDisk disk;
    Wal wal;
    TransactionManager transactions;
    Heap heap;
    Checkpointer checkpointer;

    /** It was there already. */
    boolean existed;

    private BufferPool pool;
    private CommitLog statuses;

    /** Call within a run. */
    HeapEngine(Scheduler scheduler, SimulatedDisk disk, MapArchive archive) {
        this.scheduler = scheduler;
        this.disk = disk;
        this.archive = archive;
        scheduler.join(scheduler.spawn("startup", this::start));
    }

    private void start() {
        ControlFile controlFile = new ControlFile(disk);
        existed = controlFile.exists();
        ControlRecord control = existed
                ? controlFile.read()
                : new ControlRecord(0, 7, false, 0, 0, Xid.FIRST_NORMAL, FILE, 100, WAL.segmentBytes(), 0);
        if (!existed) {
            controlFile.beginCreation();
        }
        wal = new Wal(disk, scheduler, new EnginePoison(), WAL, control.databaseId());
        pool = new BufferPool(disk, scheduler, LogFlusher.of(wal), FRAMES);
        pool.start();
        statuses = new CommitLog(disk, scheduler);
        long nextXid = Xid.FIRST_NORMAL;
        boolean checkpointNow = true;
        if (existed) {
            statuses.truncate(control.statusPoint());
            statuses.expectWritten(control.nextXid());
            RedoResult result = redoTwice(control);
            nextXid = result.nextXid();
            wal.start(result.endLsn());
            checkpointNow = result.changes();
        } else {
            wal.start(wal.create());
        }
        transactions = new TransactionManager(scheduler, wal, statuses, file -> {});
        transactions.start(nextXid, wal.insertLsn());
        ArchiveHolder holder = new ArchiveHolder();
        holder.install(archive);
        heap = new Heap(new HeapContext(pool, wal, transactions, scheduler, new HeapCounters(), holder), FILE);
        checkpointer = new Checkpointer(wal, controlFile, control, this, scheduler, CHECKPOINTS);
        checkpointer.start(checkpointNow);
    }

    private RedoResult redoTwice(ControlRecord control) {
        List<ResourceManager> managers = new ArrayList<>(Heap.resourceManagers());
        managers.add(new TransactionResourceManager(statuses, file -> {}));
        Recovery recovery = new Recovery(
                disk,
                List.of("base", "status"),
                wal,
                pool,
                new ResourceManagers(managers.toArray(ResourceManager[]::new)));
        RedoResult result = recovery.redo(control, RedoProgress.NONE);
        List<byte[]> once = contents();
        recovery.redo(control, RedoProgress.NONE);
        assertTrue(Arrays.deepEquals(once.toArray(), contents().toArray()), "redoing the log twice makes other pages");
        return result;
    }

    private List<byte[]> contents() {
        List<byte[]> contents = new ArrayList<>();
        for (int fork = 0; fork < PageId.FORKS; fork++) {
            PageFile file = pool.file(FILE, fork);
            for (int block = 0; block < file.blockCount(); block++) {
                byte[] bytes = new byte[PageLayout.SIZE];
                try (PageGuard guard = file.latchShared(block)) {
                    guard.page().get(0, bytes);
                }
                Arrays.fill(bytes, PageLayout.CHECKSUM_OFFSET, PageLayout.MAGIC_OFFSET, (byte) 0);
                contents.add(bytes);
            }
        }
        return contents;
    }

    @Override
    public void awaitEffects(long redoLsn) {
        transactions.drainPublished(redoLsn);
    }

    @Override
    public void writeStatus() {
        transactions.writeStatuses();
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
        pool.promiseLess();
        pool.cutFiles();
        pool.writeDirty(pacer);
        pool.forceFiles();
    }

    @Override
    public long nextXid() {
        return transactions.nextXid();
    }

    @Override
    public int nextFileNumber() {
        return FILE + 1;
    }

    @Override
    public long nextOid() {
        return 100;
    }
}
