package dev.palimpsest.vacuum;

import dev.palimpsest.api.VacuumProgress.Phase;
import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.events.VacuumCycle;
import dev.palimpsest.heap.Heap;
import dev.palimpsest.heap.HeapContext;
import dev.palimpsest.heap.HeapVacuum;
import dev.palimpsest.heap.PageOutcome;
import dev.palimpsest.id.Tid;
import dev.palimpsest.scheduler.Fault;
import dev.palimpsest.tx.TransactionManager;
import dev.palimpsest.tx.TransactionManager.EndedBoundary;
import java.util.Arrays;

/**
 * One vacuum of one table; the caller holds its SHARE UPDATE EXCLUSIVE lock. The steps are those of README.md, which says why they are safe in
 * this order, and what a crash or a cancel between any two of them leaves. Used once, by one thread.
 */
public final class RelationVacuum {
    /** Empty pages at the end are given back if there are so many, or so large a share. Source: PostgreSQL, {@code vacuumlazy.c}. */
    private static final int TRUNCATE_FROM_PAGES = 1000;

    private static final int TRUNCATE_FROM_SHARE = 16;

    /** Given back in one go, without a look whether to stop. */
    private static final int TRUNCATE_STEP = 64;

    private final HeapContext context;
    private final TransactionManager transactions;
    private final TableInfo table;
    private final Heap heap;
    private final HeapVacuum vacuum;
    private final VacuumGoal goal;
    private final VacuumState state;
    private final Pace pace;
    private final ArchiveOpener archive;
    private final IndexCleanup indexes;
    private final Counts counts = new Counts();
    private int indexScans;

    public RelationVacuum(
            HeapContext context,
            TableInfo table,
            VacuumGoal goal,
            VacuumState state,
            Pace pace,
            ArchiveOpener archive) {
        this.context = context;
        this.transactions = context.transactions();
        this.table = table;
        this.heap = table.heap();
        this.vacuum = heap.vacuum().keysFrom(HeapPass.youngestIndex(table));
        this.goal = goal;
        this.state = state;
        this.pace = pace;
        this.archive = archive;
        this.indexes = new IndexCleanup(table, pace, context.scheduler().isSeeded(Fault.INDEX_ENTRIES_LEFT));
    }

    /**
     * All steps.
     *
     * @throws dev.palimpsest.api.CanceledException 57014; what was done so far stays, and the next vacuum goes on
     */
    public VacuumResult run() {
        VacuumCycle event = VacuumCycle.start();
        long startMicros = context.scheduler().currentTimeMicros();
        long startNanos = context.scheduler().nanoTime();
        long startLsn = context.wal().insertLsn();
        pace.check();
        EndedBoundary ended = transactions.endedBoundary(); // step 1
        HeapPass pass = new HeapPass(transactions, table, goal, pace, counts, archive);
        // after those: what is on a page that comes later has xids above the boundary, and ends after the capture
        int blocks = heap.blockCount();
        state.begin(
                blocks,
                goal.workMemBytes()
                        / 2
                        / Math.max(1, Long.BYTES * (1 + 2 * table.indexes().size())));
        scan(pass, blocks); // steps 2 to 5
        truncate(); // step 6
        state.enter(Phase.PERFORMING_FINAL_CLEANUP);
        int bigPages = heap.sweepBigValues(table.descriptor(), () -> pace.page(false, false)); // step 7
        VacuumReport report = new VacuumReport(
                table.name(),
                goal.automatic(),
                null,
                startMicros,
                context.scheduler().nanoTime() - startNanos,
                pace.restedNanos(),
                blocks,
                heap.blockCount(),
                counts.pagesScanned,
                counts.pagesVisible,
                counts.pagesEmpty,
                counts.live,
                counts.removed,
                counts.pinned,
                counts.archived,
                counts.inArchive,
                counts.pagesAwaitingArchive > 0 && archive.isExpected(),
                counts.unarchived,
                counts.freed,
                indexScans,
                indexes.reports(),
                bigPages,
                ended.xid(),
                pass.horizon().published(),
                new VacuumReport.Usage(
                        pace.hits(),
                        pace.misses(),
                        pace.dirtied(),
                        context.wal().insertLsn() - startLsn));
        context.counters().vacuums.increment();
        event.finish(
                table.name(), goal.automatic(), counts.pagesScanned, counts.removed, counts.archived, counts.pinned);
        long allRows = counts.pagesScanned >= blocks ? counts.live : -1;
        return new VacuumResult(report, ended, Math.min(ended.xid(), counts.oldestXid), allRows, pass.kept());
    }

    /** Looks at all pages that need it; whenever enough dead roots are collected, and at the end, they are freed. */
    private void scan(HeapPass pass, int blocks) {
        state.enter(Phase.SCANNING_HEAP);
        for (int block = pass.next(0); block < blocks; block = pass.next(block + 1)) {
            pass.scan(block);
            state.scanned(block + 1);
            state.dead(pass.unlinked().size());
            if (pass.isFull()) {
                free(pass);
                state.enter(Phase.SCANNING_HEAP);
            }
        }
        state.scanned(blocks);
        if (pass.hasLinked()) {
            pass.unlink();
        }
        free(pass);
    }

    /** Steps 4 and 5: index entries first, places second. */
    private void free(HeapPass pass) {
        DeadRoots roots = pass.unlinked();
        if (roots.isEmpty()) {
            return;
        }
        if (!table.indexes().isEmpty()) {
            state.enter(Phase.VACUUMING_INDEXES);
            indexes.remove(roots);
            indexScans++;
            state.indexesVacuumed();
        }
        state.enter(Phase.VACUUMING_HEAP);
        TidList tids = roots.tids();
        int[] lines = new int[64];
        int pages = 0;
        for (int i = 0; i < tids.size(); ) {
            int block = Tid.block(tids.get(i));
            int count = 0;
            for (; i < tids.size() && Tid.block(tids.get(i)) == block; i++) {
                lines = count == lines.length ? Arrays.copyOf(lines, 2 * count) : lines;
                lines[count++] = Tid.linePointer(tids.get(i));
            }
            boolean missed = heap.isMissing(block);
            PageOutcome outcome = vacuum.free(block, lines, count, pass.horizon());
            counts.addFreed(outcome, count);
            state.vacuumed(++pages);
            pace.page(missed, outcome.changed());
        }
        roots.clear();
        state.dead(0);
    }

    private void truncate() {
        if (!goal.truncate()) {
            return;
        }
        int blocks = heap.blockCount();
        int empty = blocks - vacuum.usedBlockCount();
        if (empty <= 0 || empty < TRUNCATE_FROM_PAGES && empty < blocks / TRUNCATE_FROM_SHARE) {
            return;
        }
        state.enter(Phase.TRUNCATING_HEAP);
        while (heap.truncate(TRUNCATE_STEP) > 0) {
            pace.check();
        }
    }
}
