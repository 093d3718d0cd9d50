package dev.palimpsest.heap;

import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.id.PageId;
import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import dev.palimpsest.latch.LatchRank;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.tuple.TupleDescriptor;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tuple.TupleReader;
import dev.palimpsest.tx.Snapshot;
import dev.palimpsest.tx.Transaction;
import dev.palimpsest.wal.ResourceManager;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * One table's versioned tuples. Knows no columns, indexes or locks: tuples come as bytes whose transaction header the heap fills in.
 *
 * <p>Thread-safe. Principal entry points: {@link #insert}, {@link #update}, {@link #delete}, {@link #lock}, {@link #fetch}, {@link #scan}. The caller
 * has begun a statement whose snapshot protects the versions it holds on to (README.md, rule 5).
 */
public final class Heap {
    /** {@link #checkLive}'s answer: no version with these keys is or may become live. */
    public static final long NO_CONFLICT = 0;

    /** {@link #checkLive}'s answer: a version is live. */
    public static final long CONFLICT = -1;

    /** In {@link #checkVersion}: deleted or replaced, the next version decides. */
    private static final long ENDED = -2;

    private final HeapContext context;
    private final PageFile file;
    private final Visibility visibility;
    private final HeapReader reader;
    private final HeapWriter writer;
    private final HeapLocker locker;
    private final Truncation truncation;
    private final BigValues bigValues;
    private final FreeSpaceMap map;
    private final VisibilityMap visibilityMap;

    /** Opens the heap in a relation file; makes nothing on disk. */
    public Heap(HeapContext context, int fileNumber) {
        this.context = context;
        file = context.pool().file(fileNumber, PageId.MAIN, LatchRank.HEAP_PAGE);
        PageFile mapFile = context.pool().file(fileNumber, PageId.FREE_SPACE_MAP, LatchRank.MAP_PAGE);
        PageFile bigFile = context.pool().file(fileNumber, PageId.BIG_VALUES, LatchRank.OTHER_PAGE);
        visibility = new Visibility(context.transactions());
        reader = new HeapReader(context, file, visibility);
        map = new FreeSpaceMap(mapFile, context.wal());
        PageFile bitFile = context.pool().file(fileNumber, PageId.VISIBILITY_MAP, LatchRank.MAP_PAGE);
        visibilityMap = new VisibilityMap(bitFile, context.wal());
        bigValues = new BigValues(bigFile, context.wal());
        writer = new HeapWriter(context, file, visibility, map, visibilityMap, bigValues);
        truncation = new Truncation(context, file, map, visibilityMap);
        locker = new HeapLocker(context, file, visibility, reader);
    }

    /** Redo and description of this room's records. */
    public static List<ResourceManager> resourceManagers() {
        return List.of(new HeapLog(), new FreeSpaceMap.Log(), new BigValues.Log(), new Truncation.Log());
    }

    public int fileNumber() {
        return file.fileNumber();
    }

    public int blockCount() {
        return file.blockCount();
    }

    /** True if a page isn't in memory now: reaching it will cost a read. */
    public boolean isMissing(int block) {
        return file.cached(block) == null;
    }

    public BigValues bigValues() {
        return bigValues;
    }

    /**
     * Finds the version of one row that a snapshot sees.
     *
     * @param rootTid what an index entry points to; any tid may be asked for
     * @return false if the snapshot sees none
     */
    public boolean fetch(long rootTid, Snapshot snapshot, HeapTuple out) {
        return reader.fetch(rootTid, snapshot, out);
    }

    /** The version at exactly this place, whoever sees it; false if there is none any more. */
    public boolean fetchVersion(long tid, HeapTuple out) {
        return reader.fetchVersion(tid, out);
    }

    /** Every row that the snapshot sees, in order of pages. */
    public HeapScan scan(Snapshot snapshot) {
        return new HeapScan(file, reader, visibility, snapshot);
    }

    /**
     * Adds a row's first version, written by the transaction's current command.
     *
     * @param tuple as {@code TupleFormer} forms it
     * @return where it is
     */
    public long insert(Transaction tx, byte[] tuple, int length) {
        return writer.insert(tx, tuple, length);
    }

    /**
     * {@link #insert} for many.
     *
     * @param packed the tuples one after the other; the i-th from {@code offsets[i]} to {@code offsets[i + 1]}
     * @param tids filled with where they are
     */
    public void insertAll(Transaction tx, byte[] packed, int[] offsets, int count, long[] tids) {
        writer.insertAll(tx, packed, offsets, count, tids);
    }

    /**
     * Replaces a version by a new one. Never waits for a transaction: {@code out} says what stands in the way.
     *
     * @param tid a version that the caller's snapshot protects
     * @param xmin that version's own: if a point snapshot protects it, it may be in the archive by now, and its place another one's. {@link Xid#NONE}
     *     if it can't be
     * @param hotAllowed no indexed column's key changes, so the new version may do without index entries if it stays on the page
     * @param keysUpdated a column of a unique index changes: stands in the way of KEY SHARE too
     */
    public void update(
            Transaction tx,
            long tid,
            long xmin,
            byte[] tuple,
            int length,
            boolean hotAllowed,
            boolean keysUpdated,
            ModifyResult out) {
        writer.update(tx, tid, xmin, tuple, length, hotAllowed, keysUpdated, out);
        if (out.isGone()) {
            findEnd(tid, xmin, out);
        }
    }

    /** Of a version that isn't at its place any more: its end, if it is in the archive. */
    private void findEnd(long tid, long xmin, ModifyResult out) {
        ArchivedVersions version = reader.findArchived(tid, xmin);
        if (version != null) {
            out.setArchived(version);
        }
    }

    /**
     * Takes back an insert of the transaction's current command, for good: from here on the row reads as a rolled-back transaction's, for
     * everybody and whatever becomes of this transaction. It must be the row's only version.
     */
    public void kill(Transaction tx, long tid) {
        writer.kill(tx, tid);
    }

    /** Ends a version; otherwise as {@link #update}. */
    public void delete(Transaction tx, long tid, long xmin, ModifyResult out) {
        writer.delete(tx, tid, xmin, out);
        if (out.isGone()) {
            findEnd(tid, xmin, out);
        }
    }

    /**
     * Locks a version, and with KEY SHARE one that was updated without a change of its keys together with its newer ones. Otherwise as
     * {@link #update}.
     */
    public void lock(Transaction tx, long tid, long xmin, RowLockMode mode, ModifyResult out) {
        locker.lock(tx, tid, xmin, mode, out);
    }

    /**
     * Is a row with an index entry's keys live, for a unique check? Whatever snapshots say: the newest committed or own state counts, and
     * a commit above the published number is still in progress. May be called under an index latch.
     *
     * @return {@link #NO_CONFLICT}, {@link #CONFLICT}, or the transaction whose end decides
     */
    public long checkLive(long rootTid, Transaction tx) {
        return findLive(rootTid, tx, null);
    }

    /**
     * {@link #checkLive} that also fetches the version that decides.
     *
     * @param out filled unless the answer is {@link #NO_CONFLICT}; null for nothing
     */
    public long findLive(long rootTid, Transaction tx, HeapTuple out) {
        Frame frame = file.pinIfPresent(Tid.block(rootTid));
        if (frame == null) {
            return NO_CONFLICT;
        }
        frame.acquireShared();
        try {
            return checkChain(frame, Tid.linePointer(rootTid), tx, out);
        } catch (IndexOutOfBoundsException e) {
            throw reader.damaged(Tid.block(rootTid), e);
        } finally {
            frame.releaseShared();
            frame.unpin();
        }
    }

    private long checkChain(Frame frame, int root, Transaction tx, HeapTuple out) {
        ByteBuffer page = frame.page;
        int line = SlottedPage.line(page, root);
        int number = LinePointer.state(line) == LinePointer.STATE_REDIRECT ? LinePointer.target(line) : root;
        for (int offset = HeapPage.tupleOffset(page, number); offset >= 0; ) {
            long answer = checkVersion(page, offset, tx);
            if (answer != ENDED && answer != NO_CONFLICT && out != null) {
                HeapReader.copyLatched(frame, number, out);
            }
            if (answer != ENDED) {
                return answer;
            }
            int flags = HeapPage.flags(page, offset);
            number = HeapPage.isHotUpdated(flags) ? HeapPage.ctidLinePointer(page, offset) : 0;
            offset = number == 0 ? -1 : HeapPage.tupleOffset(page, number);
        }
        return NO_CONFLICT;
    }

    /** One version's answer for {@link #checkLive}, or {@link #ENDED}. */
    private long checkVersion(ByteBuffer page, int offset, Transaction tx) {
        long published = context.transactions().published();
        int flags = HeapPage.flags(page, offset);
        long xmin = HeapPage.xmin(page, offset);
        if ((flags & TupleLayout.XMIN_ABORTED) != 0) {
            return NO_CONFLICT; // first of all: it may be the asking transaction's own, killed
        }
        if (!tx.isOwn(xmin)) {
            long begin = visibility.beginCsn(xmin, flags);
            if (begin == Visibility.ABORTED) {
                return NO_CONFLICT;
            }
            if (begin > published) {
                return xmin;
            }
        }
        long xmax = HeapPage.xmax(page, offset);
        if (xmax == Xid.NONE || (flags & TupleLayout.XMAX_ABORTED) != 0) {
            return CONFLICT;
        }
        if (!tx.isOwn(xmax)) {
            long end = visibility.endCsn(xmax, flags);
            if (end == Visibility.ABORTED) {
                return CONFLICT;
            }
            if (end > published) {
                return xmax;
            }
        }
        return ENDED;
    }

    /** What vacuum does to this heap. */
    public HeapVacuum vacuum() {
        return new HeapVacuum(context, file, visibility, reader, map, visibilityMap, bigValues);
    }

    /** Removes what nobody needs from one page. Returns whether anything went. */
    public boolean prune(int block) {
        Frame frame = file.pinIfPresent(block);
        if (frame == null) {
            return false;
        }
        frame.acquireExclusive();
        try {
            return !PageLayout.isNew(frame.page) && writer.prune(frame);
        } finally {
            frame.releaseExclusive();
            frame.unpin();
        }
    }

    /**
     * Gives trailing pages that hold nothing back, one after the other from the end, up to the first that holds something. For the
     * relation's one reclaimer; readers and writers go on meanwhile. The file itself gets shorter with the next checkpoint.
     *
     * @param atMost so many pages at most
     * @return pages given back
     */
    public int truncate(int atMost) {
        return truncation.run(atMost);
    }

    /**
     * Frees big values that no tuple refers to any more, on a page or in the archive, and that nobody is about to refer to. Costs nothing
     * where nothing can be free. For the relation's one reclaimer.
     *
     * @param descriptor the table's columns
     * @param betweenPages called with nothing latched: may wait, or throw to stop
     * @return pages freed
     */
    public int sweepBigValues(TupleDescriptor descriptor, Runnable betweenPages) {
        return bigValues.sweep(reference -> forEachReference(descriptor, reference, betweenPages));
    }

    private void forEachReference(TupleDescriptor descriptor, IntConsumer reference, Runnable betweenPages) {
        byte[] copy = new byte[PageLayout.SIZE];
        ByteBuffer page = ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
        for (int block = 0; block < file.blockCount(); block++) {
            betweenPages.run();
            context.scheduler().step(Step.HEAP_BEFORE_LATCH);
            if (reader.copyPage(block, copy) < 0) {
                continue;
            }
            for (int number = SlottedPage.lineCount(page); number > 0; number--) {
                int offset = HeapPage.bodyOffset(page, number);
                if (offset >= 0) {
                    TupleReader.forEachBigValue(descriptor, copy, offset, reference);
                }
            }
            // also where the page says that no snapshot needs one: keys are formed of those, too
            for (ArchivedVersions versions = new ArchivedVersions(archived(block)); versions.advance(); ) {
                TupleReader.forEachBigValue(descriptor, versions.buffer(), versions.offset(), reference);
            }
        }
    }

    /** A private copy of one page. For people, checks and tests; false if there is no such page, or nothing on it. */
    public boolean copyPage(int block, byte[] into) {
        return reader.copyPage(block, into) >= 0;
    }

    /** What is archived of one page now; {@link PageLayout#own} of the page says whether that has to be asked. Not to be changed; may be null. */
    public byte[] archived(int block) {
        return context.archive().current().get(fileNumber(), block);
    }

    /** Sees every line pointer of the heap. */
    @FunctionalInterface
    public interface LineVisitor {
        /**
         * @param line the line pointer's bits ({@link LinePointer})
         * @param page a private copy of its page; tuples lie in it where the line pointer says
         */
        void visit(long tid, int line, byte[] page);
    }

    /** Visits every used line pointer in order of place, page by page from private copies. For people, checks and tests. */
    public void forEachLine(LineVisitor visitor) {
        byte[] copy = new byte[PageLayout.SIZE];
        ByteBuffer page = ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
        for (int block = 0, count = file.blockCount(); block < count; block++) {
            if (reader.copyPage(block, copy) < 0) {
                continue;
            }
            for (int number = 1, lines = SlottedPage.lineCount(page); number <= lines; number++) {
                int line = SlottedPage.line(page, number);
                if (line != LinePointer.UNUSED) {
                    visitor.visit(Tid.of(block, number), line, copy);
                }
            }
        }
    }

    /**
     * What contradicts the visibility map on a page, or null: a bit that is set is always true. For checks, while nobody changes the heap.
     *
     * @param copy the page, which isn't new
     */
    public String visibilityProblem(int block, byte[] copy) {
        ByteBuffer page = ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
        boolean bit = visibilityMap.isSet(block);
        if (!bit && !HeapPage.isAllVisible(page)) {
            return null;
        }
        if (!HeapPage.isAllVisible(page)) {
            return "visible to all in the map, not on the page";
        }
        String problem = HeapPage.allVisibleProblem(page);
        return problem == null ? null : "visible to all, but " + problem;
    }

    /** Fates as numbers, for {@link #forEachLine}'s visitors. */
    public Visibility visibility() {
        return visibility;
    }
}
