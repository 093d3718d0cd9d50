package dev.palimpsest.heap;

import dev.palimpsest.id.Lsn;
import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.tuple.LittleEndian;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tx.Horizon;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Plans what vacuum does to one page. Beyond a prune: chains that are dead altogether become dead roots, versions that only point snapshots need go to
 * the archive, archived ones that nobody needs leave it, rolled-back ends are taken off, and the page is found visible to all or not.
 *
 * <p>Of each chain a version with the keys of the index entries stays as long as its root does, on the page or in the archive: any one that began
 * when all indexes were there, else the newest. One page, one use; the caller holds the exclusive latch.
 */
final class VacuumPruner extends Pruner {
    /** What becomes of a version. */
    private static final byte REMOVE = 0;

    private static final byte ARCHIVE = 1;
    private static final byte KEEP = 2;

    private final boolean mayArchive;

    /** Versions that began at this number or later have the keys of all index entries of their chain. */
    private final long keysFrom;

    /** One of the tests' bugs. */
    private final boolean archivesFollowed;

    /** Line pointers of dead and archived roots that are to be freed; null for none. */
    private final BitSet toFree;

    private final byte[] fate;
    private final long[] begins;
    private final long[] ends;
    final VacuumPlan vacuumPlan = new VacuumPlan(plan);
    final ArchivePage archive;

    /** The archive has to learn something that the page won't tell any more: it is put there before the page is changed. */
    boolean putFirst;

    /** Something would go to the archive, or does. */
    boolean wantsArchive;

    // told to the collector when the latch is released
    private final List<Runnable> findings = new ArrayList<>();

    /** Told of what is found; null for nobody. */
    private final VacuumCollector collector;

    private boolean allVisible = true;
    private long newestArchivedEnd;

    /** The index in the chain of the version that stays only for its keys, or -1. */
    private int keptForKeys;

    int live;
    int pinned;
    int archived;
    int inArchive;
    long oldestXid = Long.MAX_VALUE;

    VacuumPruner(
            ByteBuffer page,
            int block,
            int fileNumber,
            Visibility visibility,
            Horizon horizon,
            long durableLsn,
            ArchivePage archive,
            boolean mayArchive,
            long keysFrom,
            boolean archivesFollowed,
            BitSet toFree,
            VacuumCollector collector) {
        super(page, block, fileNumber, visibility, horizon, durableLsn);
        this.archive = archive;
        this.mayArchive = mayArchive;
        this.keysFrom = keysFrom;
        this.archivesFollowed = archivesFollowed;
        this.toFree = toFree;
        this.collector = collector;
        fate = new byte[lineCount];
        begins = new long[lineCount];
        ends = new long[lineCount];
    }

    /** Plans all of it. */
    VacuumPlan planVacuum() {
        plan();
        for (int number = 1; number <= lineCount; number++) {
            int line = SlottedPage.line(page, number);
            if (LinePointer.state(line) == LinePointer.STATE_DEAD) {
                planDeadRoot(number);
            } else if (LinePointer.state(line) == LinePointer.STATE_ARCHIVED) {
                planArchivedRoot(number);
            }
        }
        dropStrangers();
        findOrphans();
        finish();
        return vacuumPlan;
    }

    void tell() {
        findings.forEach(Runnable::run);
    }

    // ---- chains

    @Override
    void planChain(int root, int length) {
        if (length == 0) {
            allVisible = false; // a redirect to nowhere: for the checker
            return;
        }
        List<ArchivePage.Entry> older = archive.of(root);
        boolean olderNeeded = older.stream().anyMatch(entry -> entry.needed);
        int kept = 0;
        int toArchive = 0;
        for (int i = 0; i < length; i++) {
            classify(i, kept > 0);
            kept += fate[i] == KEEP ? 1 : 0;
            toArchive += fate[i] == ARCHIVE ? 1 : 0;
        }
        int last = length - 1;
        if (kept == 0 && toArchive == 0 && !olderNeeded) {
            removeEntries(older);
            makeDead(root, length);
            return;
        }
        if (kept == 0 && (mayArchive || haveKeys(older))) {
            makeArchived(root, length, older);
            return;
        }
        keptForKeys = fate[last] == REMOVE && !hasKeys(newestStaying(length)) ? last : -1;
        if (keptForKeys >= 0) {
            fate[last] = KEEP;
        }
        keepRest(root, length, older);
    }

    /** Of the chain's versions on the page, the newest that isn't removed. @return its index, or -1 */
    private int newestStaying(int length) {
        int i = length - 1;
        while (i >= 0 && fate[i] == REMOVE) {
            i--;
        }
        return i;
    }

    private boolean hasKeys(int i) {
        return i >= 0 && begins[i] != Lsn.INFINITE && begins[i] >= keysFrom;
    }

    private boolean haveKeys(List<ArchivePage.Entry> entries) {
        ArchivePage.Entry newest = null;
        for (ArchivePage.Entry entry : entries) {
            newest = entry.needed ? entry : newest;
        }
        return newest != null && newest.begin >= keysFrom;
    }

    /** Where the chain goes on behind its last version on the page: another root, or {@link Tid#NONE} for nowhere. */
    private long beyond(int length) {
        int offset = HeapPage.tupleOffset(page, chain[length - 1]);
        long ctid = HeapPage.ctid(page, offset);
        boolean leads = HeapPage.leadsToRoot(HeapPage.flags(page, offset), ctid, Tid.of(block, chain[length - 1]));
        return leads ? ctid : Tid.NONE;
    }

    /** What becomes of one version; each is asked once, since fates change while we look. */
    private void classify(int i, boolean isBehindKept) {
        int offset = HeapPage.tupleOffset(page, chain[i]);
        int flags = HeapPage.flags(page, offset);
        long xmax = HeapPage.xmax(page, offset);
        long begin = visibility.beginCsn(HeapPage.xmin(page, offset), flags);
        begins[i] = begin;
        if (begin == Visibility.ABORTED) {
            ends[i] = Lsn.INFINITE;
            fate[i] = REMOVE;
            return;
        }
        if (begin <= durableLsn) {
            HeapPage.setFlags(page, offset, flags | TupleLayout.XMIN_COMMITTED);
        }
        long end = xmax == Xid.NONE ? Visibility.ABORTED : visibility.endCsn(xmax, flags);
        ends[i] = end;
        if (begin == Lsn.INFINITE || end == Visibility.ABORTED || end == Lsn.INFINITE) {
            fate[i] = KEEP;
        } else if (!horizon.needed(begin, end, fileNumber)) {
            fate[i] = REMOVE;
        } else if (!isBehindKept && (archivesFollowed || !horizon.mayBeFollowed(end, fileNumber))) {
            wantsArchive = true;
            fate[i] = mayArchive ? ARCHIVE : KEEP;
        } else {
            fate[i] = KEEP; // archived ones are the oldest of their chain: behind one that stays, this one stays too
        }
    }

    /** The chain is dead: one body stays with the root until the index entries are gone. */
    private void makeDead(int root, int length) {
        int body = chain[length - 1];
        vacuumPlan.makeDead(root, body);
        for (int i = 0; i < length - 1; i++) {
            if (chain[i] != root) {
                plan.free(chain[i]);
            }
        }
        plan.countRemoved(length);
        foundDead(root, body);
    }

    private void planDeadRoot(int root) {
        if (isToFree(root)) {
            plan.free(root);
        } else {
            foundDead(root, root);
        }
    }

    private boolean isToFree(int root) {
        return toFree != null && toFree.get(root);
    }

    private void foundDead(int root, int bodyLine) {
        allVisible = false;
        byte[] body = bytes(bodyLine);
        tell(() -> collector.deadRoot(Tid.of(block, root), withSelf(body, bodyLine, root)));
        int offset = HeapPage.bodyOffset(page, bodyLine);
        foundLink(HeapPage.flags(page, offset), HeapPage.ctid(page, offset), Tid.of(block, bodyLine));
    }

    private byte[] bytes(int linePointer) {
        int line = SlottedPage.line(page, linePointer);
        byte[] tuple = new byte[LinePointer.length(line)];
        page.get(LinePointer.offset(line), tuple);
        return tuple;
    }

    /** A body whose link to itself names its root. */
    private byte[] withSelf(byte[] body, int line, int root) {
        if (new HeapTuple(body, Tid.NONE).ctid() == Tid.of(block, line)) {
            LittleEndian.putInt(body, TupleLayout.CTID_BLOCK, block);
            LittleEndian.putShort(body, TupleLayout.CTID_LINE_POINTER, root);
        }
        return body;
    }

    /** No version stays on the page, some in the archive are needed. */
    private void makeArchived(int root, int length, List<ArchivePage.Entry> older) {
        ArchivePage.Entry previous = retainNeeded(older);
        int newest = newestStaying(length);
        boolean newestHasKeys = newest >= 0 ? hasKeys(newest) : previous != null && previous.begin >= keysFrom;
        for (int i = 0; i < length; i++) {
            if (fate[i] == ARCHIVE || i == length - 1 && !newestHasKeys) {
                previous = toArchive(root, i);
            } else {
                noteKeyEnded(previous, i, i + 1);
                plan.countRemoved(1);
            }
            if (chain[i] != root) {
                plan.free(chain[i]);
            }
        }
        if (newestHasKeys && newest != length - 1) {
            previous.leadBeyond(block, beyond(length));
            putFirst = true;
        }
        vacuumPlan.makeArchived(root);
        allVisible = false;
    }

    /** Some versions stay on the page. */
    private void keepRest(int root, int length, List<ArchivePage.Entry> older) {
        ArchivePage.Entry previous = retainNeeded(older);
        boolean before = true;
        int moved = 0;
        for (int i = 0; i < length; i++) {
            if (fate[i] == ARCHIVE) {
                previous = toArchive(root, i);
                moved++;
            } else if (fate[i] == KEEP) {
                before = false;
                keep(i);
            } else if (before) {
                noteKeyEnded(previous, i, i + 1);
            }
            dead[i] = fate[i] != KEEP;
        }
        removeDead(root, length);
        relinkTail(newestStaying(length), length);
        plan.countRemoved(-moved); // they didn't go for good
    }

    /** The newest version that stays takes over the link of the last one: to another root, or nowhere. */
    private void relinkTail(int newest, int length) {
        if (newest == length - 1) {
            return;
        }
        long beyond = beyond(length);
        boolean leads = beyond != Tid.NONE;
        plan.relink(
                chain[newest], false, isKeyEnded(newest + 1, length), leads ? beyond : Tid.of(block, chain[newest]));
        if (leads) {
            tell(() -> collector.link(block, beyond));
        }
    }

    private void noteKeyEnded(ArchivePage.Entry previous, int from, int to) {
        if (previous != null && isKeyEnded(from, to)) {
            previous.noteKeyEnded();
            putFirst = true;
        }
    }

    /** A version that stays on the page. */
    private void keep(int i) {
        int offset = HeapPage.tupleOffset(page, chain[i]);
        long xmin = HeapPage.xmin(page, offset);
        long xmax = HeapPage.xmax(page, offset);
        boolean seenByAll = begins[i] != Visibility.ABORTED && begins[i] <= Math.min(horizon.oldest(), durableLsn);
        if (!seenByAll) {
            oldestXid = Math.min(oldestXid, xmin);
        }
        if (xmax == Xid.NONE) {
            live++;
        } else if (ends[i] == Visibility.ABORTED) {
            live++;
            vacuumPlan.clearEnd(chain[i]);
        } else {
            boolean isPinned = ends[i] != Lsn.INFINITE;
            live += isPinned ? 0 : 1;
            pinned += isPinned ? 1 : 0;
            seenByAll = false;
            oldestXid = Math.min(oldestXid, xmax);
            if (i != keptForKeys) {
                long begin = begins[i];
                long end = ends[i];
                tell(() -> collector.kept(begin, end));
            }
            foundLink(HeapPage.flags(page, offset), HeapPage.ctid(page, offset), Tid.of(block, chain[i]));
        }
        allVisible &= seenByAll;
    }

    private void foundLink(int flags, long ctid, long self) {
        if (HeapPage.leadsToRoot(flags, ctid, self)) {
            tell(() -> collector.link(block, ctid));
        }
    }

    // ---- the archive

    /** Moves a version of the chain into the archive. */
    private ArchivePage.Entry toArchive(int root, int i) {
        boolean needed = fate[i] == ARCHIVE;
        long begin = needed ? begins[i] : 0; // between 0 and 0 no snapshot sees it
        long end = needed ? ends[i] : 0;
        ArchivePage.Entry entry = archive.add(root, chain[i], begin, end, needed, bytes(chain[i]));
        archived++;
        putFirst = true;
        return entry;
    }

    /** Of a chain's archived versions only needed ones stay. @return the newest of them, or null */
    private ArchivePage.Entry retainNeeded(List<ArchivePage.Entry> entries) {
        ArchivePage.Entry previous = null;
        for (ArchivePage.Entry entry : entries) {
            if (entry.needed) {
                previous = entry;
            } else {
                if (previous != null && HeapPage.isKeyEnded(entry.flags())) {
                    previous.noteKeyEnded();
                }
                archive.remove(entry);
            }
        }
        return previous;
    }

    private void removeEntries(List<ArchivePage.Entry> entries) {
        entries.forEach(archive::remove);
    }

    /** No version of the chain is on the page. Of the archived ones the newest stays for its keys even if nobody needs it, unless a needed one has them. */
    private void planArchivedRoot(int root) {
        List<ArchivePage.Entry> entries = archive.of(root);
        if (isToFree(root) && entries.stream().noneMatch(entry -> entry.needed)) {
            removeEntries(entries);
            plan.free(root);
            return;
        }
        allVisible = false;
        if (entries.isEmpty()) {
            tell(() -> collector.archivedRoot(Tid.of(block, root), null));
            return;
        }
        ArchivePage.Entry newest = entries.get(entries.size() - 1);
        ArchivePage.Entry needed = retainNeeded(entries.subList(0, entries.size() - 1));
        if (needed == null && !newest.needed) {
            byte[] body = withSelf(newest.copyTuple(), newest.line, root);
            tell(() -> collector.archivedRoot(Tid.of(block, root), body));
        } else if (needed != null && !newest.needed && needed.begin >= keysFrom) {
            if (HeapPage.isKeyEnded(newest.flags())) {
                needed.noteKeyEnded();
            }
            boolean leads = HeapPage.leadsToRoot(newest.flags(), newest.ctid(), Tid.of(block, newest.line));
            needed.leadBeyond(block, leads ? newest.ctid() : Tid.NONE);
            archive.remove(newest); // both by one put
        }
    }

    /** Versions whose root has gone, or has become another row's: left behind by an archive that refused to forget them. */
    private void dropStrangers() {
        for (int root : archive.roots()) {
            int state = LinePointer.state(SlottedPage.line(page, root));
            if (state == LinePointer.STATE_UNUSED || state == LinePointer.STATE_DEAD) {
                archive.of(root).stream().filter(entry -> !entry.needed).forEach(archive::remove);
            }
        }
    }

    // ---- the rest

    /** Heap-only versions that no chain leads to and that stay: their writer's fate was open when the prune looked. */
    private void findOrphans() {
        for (int number = 1; number <= lineCount; number++) {
            int offset = reached[number] ? -1 : HeapPage.tupleOffset(page, number);
            if (offset >= 0 && !plan.isFreed(number)) {
                allVisible = false;
                oldestXid = Math.min(oldestXid, HeapPage.xmin(page, offset));
                long xmax = HeapPage.xmax(page, offset);
                oldestXid = xmax == Xid.NONE ? oldestXid : Math.min(oldestXid, xmax);
            }
        }
    }

    private void finish() {
        archive.forEach(this::keepArchived);
        vacuumPlan.setNewestArchivedEnd(newestArchivedEnd);
        if (allVisible && archive.size() == 0) {
            vacuumPlan.setAllVisible();
        }
    }

    private void keepArchived(ArchivePage.Entry entry) {
        oldestXid = Math.min(oldestXid, entry.xmax());
        if (entry.begin > horizon.oldest()) {
            oldestXid = Math.min(oldestXid, entry.xmin());
        }
        if (entry.needed) {
            inArchive++;
            newestArchivedEnd = Math.max(newestArchivedEnd, entry.end);
            tell(() -> collector.kept(entry.begin, entry.end));
        }
        foundLink(entry.flags(), entry.ctid(), Tid.of(block, entry.line));
    }

    private void tell(Runnable finding) {
        if (collector != null) {
            findings.add(finding);
        }
    }
}
