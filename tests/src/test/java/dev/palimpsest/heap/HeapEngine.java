package dev.palimpsest.heap;

import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.buffer.WritePacer;
import dev.palimpsest.crash.LowerHalf;
import dev.palimpsest.id.PageId;
import dev.palimpsest.id.Xid;
import dev.palimpsest.recovery.ControlRecord;
import dev.palimpsest.recovery.RedoResult;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.tx.CommitLog;
import dev.palimpsest.tx.TransactionManager;
import dev.palimpsest.tx.TransactionResourceManager;
import dev.palimpsest.wal.ResourceManager;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** One heap with everything below it on a simulated disk, opened as the engine opens a database. */
final class HeapEngine extends LowerHalf {
    private static final Settings SETTINGS = new Settings(7, SMALL_WAL, 24, 200_000);

    final MapArchive archive;
    TransactionManager transactions;
    Heap heap;
    private CommitLog statuses;

    /** Call within a run. */
    HeapEngine(Scheduler scheduler, SimulatedDisk disk, MapArchive archive) {
        super(disk, scheduler, SETTINGS);
        this.archive = archive;
        start();
    }

    @Override
    protected void openFiles(ControlRecord control) {
        statuses = new CommitLog(disk, scheduler);
        if (control != null) {
            statuses.truncate(control.statusPoint());
            statuses.expectWritten(control.nextXid());
        }
    }

    @Override
    protected List<String> directories() {
        return List.of("base", "status");
    }

    @Override
    protected List<? extends ResourceManager> managers() {
        List<ResourceManager> managers = new ArrayList<>(Heap.resourceManagers());
        managers.add(new TransactionResourceManager(statuses, file -> {}));
        return managers;
    }

    @Override
    protected List<PageFile> files() {
        return IntStream.range(0, PageId.FORKS)
                .mapToObj(fork -> pool.file(FILE, fork))
                .toList();
    }

    @Override
    protected void opened(RedoResult redone) {
        transactions = new TransactionManager(scheduler, wal, statuses, file -> {});
        transactions.start(redone == null ? Xid.FIRST_NORMAL : redone.nextXid(), wal.insertLsn());
        ArchiveHolder holder = new ArchiveHolder();
        holder.install(archive);
        heap = new Heap(new HeapContext(pool, wal, transactions, scheduler, new HeapCounters(), holder), FILE);
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
        super.writePages(pacer);
    }

    @Override
    public long nextXid() {
        return transactions.nextXid();
    }
}
