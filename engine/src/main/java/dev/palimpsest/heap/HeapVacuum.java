package dev.palimpsest.heap;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.buffer.PageGuard;
import dev.palimpsest.events.VersionsArchived;
import dev.palimpsest.events.VersionsReclaimed;
import dev.palimpsest.id.Lsn;
import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import dev.palimpsest.lock.RowLocks;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.scheduler.Fault;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.tx.Horizon;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * What vacuum does to one heap, a page at a time: each operation holds the latch of one page (and shortly that of a map page) and
 * logs one record. The order of a vacuum, and why it is safe: README.md, "Vacuum".
 *
 * <p>Thread-safe towards everybody else; of one heap only one vacuum may run (SHARE UPDATE EXCLUSIVE on the table).
 */
public final class HeapVacuum {
    /** Says where links to roots that are to be freed shall lead. Asked under a latch: looks up, waits for nothing. */
    public interface Links {
        /** @return the root that a link to this one leads to from now on: itself if it stays, {@link dev.palimpsest.id.Tid#NONE} for nowhere */
        long follow(long target);

        /** Did a key change, or was the row deleted, between that root and the one it is replaced by? True where it leads nowhere. */
        boolean isKeyEnded(long target);
    }

    private static final PageOutcome NOTHING =
            new PageOutcome(0, 0, 0, 0, 0, 0, false, false, false, false, true, Long.MAX_VALUE);

    private final HeapContext context;
    private final PageFile file;
    private final Visibility visibility;
    private final HeapReader reader;
    private final FreeSpaceMap freeSpace;
    private final VisibilityMap visibilityMap;
    private final BigValues bigValues;
    private final RowLocks rowLocks;

    /** Set before the first use. */
    private long keysFrom;

    /** The tests' bugs. */
    private final boolean archivesFollowed;

    private final boolean forgetsArchived;

    HeapVacuum(
            HeapContext context,
            PageFile file,
            Visibility visibility,
            HeapReader reader,
            FreeSpaceMap freeSpace,
            VisibilityMap visibilityMap,
            BigValues bigValues) {
        this.context = context;
        this.file = file;
        this.visibility = visibility;
        this.reader = reader;
        this.freeSpace = freeSpace;
        this.visibilityMap = visibilityMap;
        this.bigValues = bigValues;
        keysFrom = Lsn.INFINITE;
        rowLocks = context.transactions().rowLocks();
        archivesFollowed = context.scheduler().isSeeded(Fault.FOLLOWED_VERSION_ARCHIVED);
        forgetsArchived = context.scheduler().isSeeded(Fault.ARCHIVE_IGNORES_POINTS);
    }

    public int blockCount() {
        return file.blockCount();
    }

    /** The first page from a block on whose bit in the visibility map isn't set; the number of blocks if there is none. */
    public int nextNotAllVisible(int fromBlock) {
        return visibilityMap.nextClear(fromBlock, file.blockCount());
    }

    /** Is a page's bit in the visibility map set? */
    public boolean isAllVisible(int block) {
        return visibilityMap.isSet(block);
    }

    /**
     * Removes and archives what it can, marks roots as dead, and tells of what is left to do. A page past the end (cut meanwhile) is an empty one.
     *
     * @param horizon captured before this call, at any time
     */
    public PageOutcome prunePage(int block, Horizon horizon, VacuumCollector collector) {
        return visit(block, horizon, null, collector);
    }

    /**
     * Versions that began at this number or later have the keys of all index entries of their chain: no index is younger. Before the first
     * {@link #prunePage}; without it the newest version of each chain is kept for its keys.
     */
    public HeapVacuum keysFrom(long csn) {
        keysFrom = csn;
        return this;
    }

    /**
     * Gives line pointers of dead roots, and of archived ones without need, back; otherwise as {@link #prunePage} without a collector. Their
     * index entries are gone, nothing links to them. Others among the line pointers are left alone.
     *
     * @param lines of the page
     */
    public PageOutcome free(int block, int[] lines, int count, Horizon horizon) {
        BitSet toFree = new BitSet();
        for (int i = 0; i < count; i++) {
            toFree.set(lines[i]);
        }
        return visit(block, horizon, toFree, null);
    }

    private PageOutcome visit(int block, Horizon horizon, BitSet toFree, VacuumCollector collector) {
        if (block >= file.blockCount()) {
            return NOTHING;
        }
        context.scheduler().step(Step.HEAP_BEFORE_LATCH);
        Frame frame = file.pin(block);
        PageVisit visit = new PageVisit(frame, horizon, toFree, collector);
        int free;
        frame.acquireExclusive();
        try {
            if (!PageLayout.isNew(frame.page)) {
                visit.run();
                visit.finish();
            }
            free = RoomFinder.freeBytes(frame.page);
        } catch (IndexOutOfBoundsException e) {
            throw reader.damaged(block, e);
        } finally {
            frame.releaseExclusive();
            frame.unpin();
        }
        noteRoom(block, free);
        count(block, visit.outcome);
        visit.tell();
        context.scheduler().step(Step.HEAP_CHANGED);
        return visit.outcome;
    }

    private void count(int block, PageOutcome outcome) {
        HeapCounters counters = context.counters();
        if (outcome.removed() + outcome.unarchived() != 0) {
            counters.versionsReclaimed.add(outcome.removed() + outcome.unarchived());
            VersionsReclaimed.happened(file.fileNumber(), block, outcome.removed(), outcome.unarchived());
        }
        if (outcome.archived() != 0) {
            counters.versionsArchived.add(outcome.archived());
            VersionsArchived.happened(file.fileNumber(), block, outcome.archived());
        }
        if (outcome.newlyAllVisible()) {
            counters.pagesMadeAllVisible.increment();
        }
    }

    /** What an insert could use is told to inserters. */
    private void noteRoom(int block, int free) {
        int recorded = freeSpace.recorded(block);
        if (free >= RoomFinder.MIN_RESERVE && Math.abs(recorded - free) >= RoomFinder.MIN_RESERVE / 4) {
            freeSpace.record(block, free);
        }
    }

    /** One visit of one page, whose exclusive latch is held. */
    private final class PageVisit {
        private final Frame frame;
        private final ByteBuffer page;
        private final int block;
        private final Horizon horizon;
        private final BitSet toFree;
        private final VacuumCollector collector;
        private VacuumPruner pruner;
        private int archivedBefore;
        private boolean refused;
        private boolean gaveUp;
        private boolean changed;
        private boolean newlyAllVisible;
        private PageOutcome outcome = NOTHING; // of a new page, too

        PageVisit(Frame frame, Horizon horizon, BitSet toFree, VacuumCollector collector) {
            this.frame = frame;
            this.page = frame.page;
            this.block = frame.block();
            this.horizon = horizon;
            this.toFree = toFree;
            this.collector = collector;
        }

        void run() {
            VersionArchive archive = context.archive().current();
            byte[] blob = archive.get(file.fileNumber(), block);
            VacuumPlan plan = plan(blob, archive != VersionArchive.NONE);
            refused = archive == VersionArchive.NONE && pruner.wantsArchive;
            if (pruner.putFirst && !pruner.archive.store(archive, file.fileNumber(), block)) {
                refused = true;
                plan = plan(blob, false);
                if (pruner.putFirst && !pruner.archive.store(archive, file.fileNumber(), block)) {
                    pruner.oldestXid = Xid.FIRST_NORMAL; // not even what needs no more room: the page stays as it is
                    gaveUp = true;
                    return;
                }
            }
            context.scheduler().step(Step.VERSIONS_ARCHIVED);
            newlyAllVisible = plan.isAllVisible() && !visibilityMap.isSet(block);
            if (!plan.isEmpty(page) || newlyAllVisible) {
                change(frame, plan);
                changed = true;
            }
            if (!pruner.putFirst && pruner.archive.isChanged()) {
                // after the page's change; if it is refused, what nobody needs stays until the next visit
                pruner.archive.store(archive, file.fileNumber(), block);
            }
        }

        private VacuumPlan plan(byte[] blob, boolean mayArchive) {
            ArchivePage archive = new ArchivePage(
                    blob, (begin, end) -> !forgetsArchived && horizon.needed(begin, end, file.fileNumber()));
            archivedBefore = archive.size();
            pruner = new VacuumPruner(
                    page,
                    block,
                    file.fileNumber(),
                    visibility,
                    horizon,
                    context.wal().durableLsn(),
                    archive,
                    mayArchive,
                    keysFrom,
                    archivesFollowed,
                    toFree,
                    collector);
            return pruner.planVacuum();
        }

        void finish() {
            if (pruner.archive.size() < archivedBefore + pruner.archived) {
                bigValues.noteRemoved(); // one with big values, perhaps
            }
            if (changed) {
                context.counters().prunes.increment();
                context.counters().pruned(file.fileNumber()).add(pruner.plan.removedVersions());
                frame.setNewestCsn(Marks.mark(page, visibility, context.wal().durableLsn()));
            }
            outcome = new PageOutcome(
                    gaveUp ? 0 : pruner.plan.removedVersions(),
                    gaveUp ? 0 : pruner.archived,
                    gaveUp ? 0 : archivedBefore + pruner.archived - pruner.archive.size(),
                    pruner.live,
                    pruner.pinned,
                    pruner.inArchive,
                    pruner.vacuumPlan.isAllVisible(),
                    newlyAllVisible,
                    refused,
                    changed,
                    isEmpty(page),
                    pruner.oldestXid);
        }

        void tell() {
            if (pruner != null) {
                pruner.tell();
            }
        }
    }

    /** One change, one record; the caller holds the page's exclusive latch. */
    private void change(Frame frame, VacuumPlan plan) {
        int block = frame.block();
        if (HeapPage.isAllVisible(frame.page) && !plan.isAllVisible()) {
            visibilityMap.clear(block);
        }
        if (rowLocks.isAnyLocked(RowLocks.counterOf(file.fileNumber()))) {
            plan.forEachGone(line -> rowLocks.drop(file.fileNumber(), block, line));
        }
        try (PageGuard map = plan.isAllVisible() ? visibilityMap.latch(block) : null) {
            HeapWriter.beginChange(frame);
            frame.setRoomHint(0); // all that is dead has gone
            try {
                boolean init = map != null && PageLayout.isNew(map.page());
                int big = bigValues.countOn(frame.page);
                plan.apply(frame.page, block);
                if (bigValues.countOn(frame.page) < big) {
                    bigValues.noteRemoved();
                }
                if (map != null) {
                    map.markDirty();
                    VisibilityMap.set(map.page(), init, block);
                }
                HeapLog.logVacuum(context.wal(), frame, map, init, plan);
            } catch (Throwable e) {
                context.wal().poison(e);
                throw e;
            }
        }
    }

    /**
     * Makes links of the page's versions, on the page and in the archive, lead past roots that are to be freed. Before any of those is freed.
     *
     * @return false if the archive refused: then none of the targets that this page links to may be freed now
     */
    public boolean relink(int block, Links links) {
        if (block >= file.blockCount()) {
            return true;
        }
        context.scheduler().step(Step.HEAP_BEFORE_LATCH);
        Frame frame = file.pin(block);
        frame.acquireExclusive();
        try {
            return PageLayout.isNew(frame.page) || relinkArchived(block, links) && relinkPage(frame, links);
        } catch (IndexOutOfBoundsException e) {
            throw reader.damaged(block, e);
        } finally {
            frame.releaseExclusive();
            frame.unpin();
        }
    }

    private boolean relinkArchived(int block, Links links) {
        VersionArchive archive = context.archive().current();
        ArchivePage versions = new ArchivePage(archive.get(file.fileNumber(), block), (begin, end) -> true);
        versions.forEach(entry -> {
            long self = Tid.of(block, entry.line);
            long target = entry.ctid();
            long newTarget = HeapPage.leadsToRoot(entry.flags(), target, self) ? links.follow(target) : target;
            if (newTarget != target) {
                if (links.isKeyEnded(target)) {
                    entry.noteKeyEnded();
                }
                entry.setCtid(newTarget == Tid.NONE ? self : newTarget);
            }
        });
        return !versions.isChanged() || versions.store(archive, file.fileNumber(), block);
    }

    private boolean relinkPage(Frame frame, Links links) {
        ByteBuffer page = frame.page;
        PrunePlan relinks = new PrunePlan();
        for (int number = 1, count = SlottedPage.lineCount(page); number <= count; number++) {
            int offset = HeapPage.bodyOffset(page, number);
            long self = Tid.of(frame.block(), number);
            if (offset < 0 || !HeapPage.leadsToRoot(HeapPage.flags(page, offset), HeapPage.ctid(page, offset), self)) {
                continue;
            }
            long target = HeapPage.ctid(page, offset);
            long newTarget = links.follow(target);
            if (newTarget != target && isEndCommitted(page, number, offset)) {
                relinks.relink(number, false, links.isKeyEnded(target), newTarget == Tid.NONE ? self : newTarget);
            }
        }
        if (!relinks.isEmpty()) {
            VacuumPlan plan = new VacuumPlan(relinks);
            plan.setNewestArchivedEnd(PageLayout.own(page));
            change(frame, plan);
        }
        return true;
    }

    /** A rolled-back or undecided end's link is nobody's way to a root that is to be freed (README.md, rule 13). */
    private boolean isEndCommitted(ByteBuffer page, int number, int offset) {
        if (LinePointer.state(SlottedPage.line(page, number)) == LinePointer.STATE_DEAD) {
            return true;
        }
        long end = visibility.endCsn(HeapPage.xmax(page, offset), HeapPage.flags(page, offset));
        return end != Visibility.ABORTED && end != Lsn.INFINITE;
    }

    /** True if no line pointer of the page is in use, or there is no such page. */
    public boolean isEmpty(int block) {
        try (PageGuard guard = file.latchSharedIfPresent(block)) {
            return guard == null || isEmpty(guard.page());
        }
    }

    /** No line pointer is used: no index entry, no link and no archived version leads here. */
    static boolean isEmpty(ByteBuffer page) {
        if (!PageLayout.isNew(page)) {
            for (int number = SlottedPage.lineCount(page); number > 0; number--) {
                if (SlottedPage.line(page, number) != LinePointer.UNUSED) {
                    return false;
                }
            }
        }
        return true;
    }

    /** One more than the last block that isn't {@link #isEmpty}: what follows may be cut off. */
    public int usedBlockCount() {
        int count = file.blockCount();
        while (count > 0 && isEmpty(count - 1)) {
            count--;
        }
        return count;
    }

    /** Where a dead root's row went on: another root, or {@link Tid#NONE} if it ended there. */
    public static long successor(long tid, byte[] body) {
        HeapTuple version = new HeapTuple(body, tid);
        return HeapPage.leadsToRoot(version.flags(), version.ctid(), tid) ? version.ctid() : Tid.NONE;
    }

    /** Did a key change when this version ended, or was the row deleted? */
    public static boolean isKeyEnded(byte[] body) {
        return HeapPage.isKeyEnded(new HeapTuple(body, Tid.NONE).flags());
    }
}
