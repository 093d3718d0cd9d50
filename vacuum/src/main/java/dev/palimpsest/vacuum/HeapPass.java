package dev.palimpsest.vacuum;

import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.HeapVacuum;
import dev.palimpsest.heap.PageOutcome;
import dev.palimpsest.heap.VacuumCollector;
import dev.palimpsest.heap.Visibility;
import dev.palimpsest.tuple.TupleReader;
import dev.palimpsest.tx.Horizon;
import dev.palimpsest.tx.LiveSnapshots;
import dev.palimpsest.tx.TransactionManager;
import java.util.ArrayList;
import java.util.List;

/**
 * Step 2 of README.md: looks at each page that isn't known to be clean, and sorts the dead roots that it finds by when they may be freed. One
 * vacuum's.
 */
final class HeapPass implements VacuumCollector {
    /** After so many pages it asks anew what is needed: who has ended meanwhile needs nothing any more. */
    private static final int PAGES_PER_CAPTURE = 1024;

    /** What a version collected takes besides its bytes. */
    private static final int OVERHEAD_BYTES = 64;

    private record Root(long tid, byte[] body) {}

    private final TransactionManager transactions;
    private final TableInfo table;
    private final HeapVacuum heap;
    private final VacuumGoal goal;
    private final Pace pace;
    private final ArchiveOpener archive;
    private final Counts counts;

    /** The published number at the first capture: what began later may have links to it that weren't seen. */
    private final long firstPublished;

    /** Roots to which no version leads that is kept: they may be freed at any time. */
    private final DeadRoots unlinked;

    /** Roots to which kept versions may lead: they may be freed when all links to them are known. */
    private final List<Root> linked = new ArrayList<>();

    /** What the page at hand has told: counts only if it isn't visited again. */
    private final List<Runnable> told = new ArrayList<>();

    private final RootLinks links;
    private final KeptVersions kept;
    private Horizon horizon;
    private long linkedBytes;
    private int pagesSinceCapture;

    HeapPass(
            TransactionManager transactions,
            TableInfo table,
            VacuumGoal goal,
            Pace pace,
            Counts counts,
            ArchiveOpener archive) {
        this.transactions = transactions;
        this.table = table;
        this.heap = table.heap().vacuum().keysFrom(youngestIndex(table));
        this.goal = goal;
        this.pace = pace;
        this.counts = counts;
        this.archive = archive;
        unlinked = new DeadRoots(table);
        links = new RootLinks(
                (int) Math.min(Integer.MAX_VALUE - 8, goal.workMemBytes() / 4 / (Integer.BYTES + Long.BYTES)));
        horizon = transactions.captureHorizon();
        firstPublished = horizon.published();
        kept = new KeptVersions(transactions.liveSnapshots().entries().stream()
                .mapToLong(LiveSnapshots.Entry::csn)
                .toArray());
    }

    /** From when on versions have the keys of all indexes; nobody builds one meanwhile. */
    static long youngestIndex(TableInfo table) {
        return table.indexes().stream()
                .mapToLong(index -> index.handle().validFrom())
                .max()
                .orElse(0);
    }

    Horizon horizon() {
        return horizon;
    }

    KeptVersions kept() {
        return kept;
    }

    DeadRoots unlinked() {
        return unlinked;
    }

    RootLinks links() {
        return links;
    }

    /** The first page from this one on that has to be looked at, or the number of pages. */
    int next(int block) {
        return goal.disablePageSkipping() ? block : heap.nextNotAllVisible(block);
    }

    /** Is it time to free what has been collected? */
    boolean isFull() {
        return unlinked.bytes() > goal.workMemBytes() / 2;
    }

    /** Looks at one page. */
    void scan(int block) {
        if (++pagesSinceCapture > PAGES_PER_CAPTURE) {
            pagesSinceCapture = 0;
            horizon = transactions.captureHorizon();
        }
        boolean missed = isMissing(block);
        boolean hadArchive = archive.isThere();
        PageOutcome outcome = prune(block);
        boolean changed = outcome.changed();
        if (outcome.archiveRefused() && archive.makeRoom(hadArchive, goal.awaitArchive(), pace::check)) {
            counts.addWork(outcome);
            outcome = prune(block); // and tells all again
            changed |= outcome.changed();
            hadArchive = true;
        }
        counts.pagesAwaitingArchive += outcome.archiveRefused() && !hadArchive ? 1 : 0;
        told.forEach(Runnable::run);
        counts.add(outcome);
        pace.page(missed, changed);
    }

    private PageOutcome prune(int block) {
        told.clear();
        return heap.prunePage(block, horizon, this);
    }

    boolean isMissing(int block) {
        return table.heap().isMissing(block);
    }

    // ---- what pages tell

    @Override
    public void deadRoot(long tid, byte[] body) {
        told.add(() -> addDeadRoot(tid, body));
    }

    private void addDeadRoot(long tid, byte[] body) {
        if (!goal.indexCleanup()) {
            return;
        }
        long begin = table.heap().visibility().beginCsn(TupleReader.xmin(body, 0), TupleReader.flags(body, 0));
        if (begin == Visibility.ABORTED || begin <= horizon.oldest()) {
            unlinked.add(tid, body);
        } else if (begin <= firstPublished && linkedBytes < goal.workMemBytes() / 4) {
            linked.add(new Root(tid, body));
            linkedBytes += body.length + OVERHEAD_BYTES;
        }
    }

    @Override
    public void archivedRoot(long tid, byte[] body) {
        if (body != null) {
            deadRoot(tid, body);
        } else if (goal.indexCleanup()) {
            told.add(() -> unlinked.add(tid, null));
        }
    }

    @Override
    public void link(int block, long target) {
        told.add(() -> links.add(block, target));
    }

    @Override
    public void kept(long beginCsn, long endCsn) {
        told.add(() -> kept.add(beginCsn, endCsn));
    }

    // ---- roots with links

    boolean hasLinked() {
        return !linked.isEmpty();
    }

    /** Makes links lead past the roots that are to be freed, then adds those for which that was possible to {@link #unlinked}. */
    void unlink() {
        linked.forEach(root -> links.bypass(root.tid, root.body));
        if (links.isOverflown()) {
            relinkAll();
        } else {
            relinkKnown();
        }
        for (Root root : linked) {
            if (links.isBypassed(root.tid)) {
                unlinked.add(root.tid, root.body);
            }
        }
        linked.clear();
    }

    private void relinkKnown() {
        for (int i = 0; i < links.count(); ) {
            int block = links.block(i);
            int end = i;
            boolean any = false;
            for (; end < links.count() && links.block(end) == block; end++) {
                any |= links.isBypassed(links.target(end));
            }
            if (any && !relink(block)) {
                for (int link = i; link < end; link++) {
                    links.keep(links.target(link));
                }
            }
            i = end;
        }
    }

    /** Which pages have links isn't known: all that may have some. If one refuses, it isn't known either which roots have to stay. */
    private void relinkAll() {
        for (int block = heap.nextNotAllVisible(0);
                block < table.heap().blockCount();
                block = heap.nextNotAllVisible(block + 1)) {
            if (!relink(block)) {
                linked.forEach(root -> links.keep(root.tid));
                return;
            }
        }
    }

    private boolean relink(int block) {
        boolean missed = isMissing(block);
        boolean done = heap.relink(block, links);
        pace.page(missed, true);
        return done;
    }
}
