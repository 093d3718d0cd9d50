package dev.palimpsest.heap;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.id.Lsn;
import dev.palimpsest.id.Tid;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tx.Snapshot;
import dev.palimpsest.wal.Wal;
import java.nio.ByteBuffer;

/**
 * Reads versions out of pages: without pin or latch where it can (DESIGN section 3, {@link Frame}'s protocol), else under the shared
 * latch. Thread-safe, keeps nothing between calls.
 *
 * <p>Until {@link Frame#validate} says so, what was read decides nothing: offsets are bounds-checked by the buffer, loops are bounded
 * by the number of line pointers, an exception means "again". Every answer, "no such version" too, is validated before it is given.
 */
final class HeapReader {
    private static final int FOUND = 1;
    private static final int NOT_FOUND = 0;

    /** Not on the page, but there are archived versions that the snapshot is old enough for. */
    private static final int MAY_BE_ARCHIVED = 2;

    private static final int AGAIN = -1;

    private static final int OPTIMISTIC_ATTEMPTS = 4;

    /** So many readers ask the log about an unchanged page before one marks it for those after: marking costs a latch and fifty look-ups. */
    private static final int SLOW_READS_BEFORE_MARKING = 8;

    private final PageFile file;
    private final Visibility visibility;
    private final Wal wal;
    private final Scheduler scheduler;
    private final ArchiveHolder archive;

    HeapReader(HeapContext context, PageFile file, Visibility visibility) {
        this.file = file;
        this.visibility = visibility;
        this.wal = context.wal();
        this.scheduler = context.scheduler();
        this.archive = context.archive();
    }

    /** The version that the snapshot sees in the chain rooted at a line pointer. */
    boolean fetch(long rootTid, Snapshot snapshot, HeapTuple out) {
        int block = Tid.block(rootTid);
        long pageId = file.pageId(block);
        for (int attempt = 0; attempt < OPTIMISTIC_ATTEMPTS; attempt++) {
            Frame frame = file.cached(block);
            if (frame == null) {
                break;
            }
            boolean unmarked = attempt == 0 && frame.newestCsn() == Lsn.INFINITE;
            if (unmarked && frame.countSlowRead() % SLOW_READS_BEFORE_MARKING == 0) {
                mark(block);
            }
            long version = frame.beginRead(pageId);
            if (version == Frame.UNREADABLE) {
                Thread.onSpinWait();
                continue;
            }
            int result = tryChain(frame, version, rootTid, snapshot, out);
            if (result != AGAIN) {
                frame.touch();
                return result == FOUND || result == MAY_BE_ARCHIVED && fetchArchived(rootTid, snapshot, out);
            }
        }
        return fetchLatched(rootTid, snapshot, out);
    }

    private int tryChain(Frame frame, long version, long rootTid, Snapshot snapshot, HeapTuple out) {
        try {
            return searchChain(frame, version, rootTid, snapshot, out);
        } catch (IndexOutOfBoundsException | NegativeArraySizeException e) {
            if (frame.validate(version)) {
                throw damaged(Tid.block(rootTid), e); // not torn by a writer: the page itself is wrong
            }
            return AGAIN;
        }
    }

    private boolean fetchLatched(long rootTid, Snapshot snapshot, HeapTuple out) {
        int block = Tid.block(rootTid);
        scheduler.step(Step.HEAP_BEFORE_LATCH);
        Frame frame = file.pinIfPresent(block);
        if (frame == null) {
            return false; // past a truncated tail there is no row
        }
        int result;
        try {
            frame.acquireShared();
            try {
                result = searchChain(frame, Frame.UNREADABLE, rootTid, snapshot, out);
            } catch (IndexOutOfBoundsException e) {
                throw damaged(block, e);
            } finally {
                frame.releaseShared();
            }
        } finally {
            frame.unpin();
        }
        return result == FOUND || result == MAY_BE_ARCHIVED && fetchArchived(rootTid, snapshot, out);
    }

    /**
     * The version that the snapshot sees among the archived ones of a chain. The caller has looked at the chain on the page since the snapshot
     * was taken: what has left the page before that look was in the archive before, and stays there while the snapshot lives.
     */
    private boolean fetchArchived(long rootTid, Snapshot snapshot, HeapTuple out) {
        ArchivedVersions versions = archived(Tid.block(rootTid));
        while (versions.advance()) {
            if (versions.root() == Tid.linePointer(rootTid) && versions.isVisible(snapshot.csn())) {
                out.setArchived(versions.copyTuple(), Tid.of(Tid.block(rootTid), versions.line()));
                return true;
            }
        }
        return false;
    }

    /** The archived versions of a page, as of now. */
    ArchivedVersions archived(int block) {
        scheduler.step(Step.ARCHIVE_LOOKED_UP);
        return new ArchivedVersions(archive.current().get(file.fileNumber(), block));
    }

    /**
     * A version that has left its place for the archive.
     *
     * @param xmin its own: by then its place may be another version's
     * @return at it, or null if it isn't there
     */
    ArchivedVersions findArchived(long tid, long xmin) {
        ArchivedVersions versions = archived(Tid.block(tid));
        while (versions.advance()) {
            if (versions.line() == Tid.linePointer(tid) && versions.xmin() == xmin) {
                return versions;
            }
        }
        return null;
    }

    /** @param version {@link Frame#UNREADABLE} if the caller holds the latch: then everything is valid */
    private int searchChain(Frame frame, long version, long rootTid, Snapshot snapshot, HeapTuple out) {
        ByteBuffer page = frame.page;
        boolean marksDecide = frame.newestCsn() <= snapshot.csn();
        int number = Tid.linePointer(rootTid);
        int line = SlottedPage.line(page, number);
        if (LinePointer.state(line) == LinePointer.STATE_REDIRECT) {
            number = LinePointer.target(line);
            line = SlottedPage.line(page, number);
        }
        for (int hops = SlottedPage.lineCount(page); hops >= 0 && LinePointer.isNormal(line); hops--) {
            int offset = LinePointer.offset(line);
            int flags = HeapPage.flags(page, offset);
            boolean visible = marksDecide
                    ? (flags & (TupleLayout.XMIN_COMMITTED | TupleLayout.XMAX_COMMITTED)) == TupleLayout.XMIN_COMMITTED
                    : isVisible(frame, version, offset, flags, snapshot);
            if (visible) {
                return copy(frame, version, offset, LinePointer.length(line), Tid.of(Tid.block(rootTid), number), out);
            }
            if (!HeapPage.isHotUpdated(flags)) {
                break;
            }
            number = HeapPage.ctidLinePointer(page, offset);
            line = SlottedPage.line(page, number);
        }
        boolean mayBeArchived = snapshot.csn() < PageLayout.own(page);
        return !valid(frame, version) ? AGAIN : mayBeArchived ? MAY_BE_ARCHIVED : NOT_FOUND;
    }

    /** For a page whose checksum is sound and that is latched or validated: its bytes are wrong all the same. */
    StoppedException damaged(int block, RuntimeException cause) {
        return new StoppedException(
                SqlState.DATA_CORRUPTED,
                "invalid page in block " + Integer.toUnsignedString(block) + " of relation file " + file.path(),
                cause.toString(),
                null,
                cause);
    }

    private static boolean valid(Frame frame, long version) {
        return version == Frame.UNREADABLE || frame.validate(version);
    }

    private boolean isVisible(Frame frame, long version, int offset, int flags, Snapshot snapshot) {
        ByteBuffer page = frame.page;
        long xmin = HeapPage.xmin(page, offset);
        long xmax = HeapPage.xmax(page, offset);
        int cmin = HeapPage.cmin(page, offset);
        int cmax = HeapPage.cmax(page, offset);
        if (!valid(frame, version)) {
            return false; // the end of the search finds out; never ask the log about torn xids
        }
        return visibility.isVisible(snapshot, xmin, xmax, flags, cmin, cmax);
    }

    private static int copy(Frame frame, long version, int offset, int length, long tid, HeapTuple out) {
        if (!valid(frame, version)) {
            return AGAIN;
        }
        checkBounds(offset, length);
        byte[] bytes = new byte[length];
        frame.page.get(offset, bytes);
        if (!valid(frame, version)) {
            return AGAIN;
        }
        out.set(bytes, tid);
        return FOUND;
    }

    /** A tuple has at least its header, and ends within its page. */
    static void checkBounds(int offset, int length) {
        if (length < TupleLayout.MIN_HEADER || offset + length > PageLayout.SIZE) {
            throw new IndexOutOfBoundsException("tuple outside its page, offset=" + offset + " length=" + length);
        }
    }

    /** The tuple of a line pointer that has one; the caller holds the page's latch. */
    static void copyLatched(Frame frame, int linePointer, HeapTuple out) {
        int offset = HeapPage.tupleOffset(frame.page, linePointer);
        int length = HeapPage.tupleLength(frame.page, linePointer);
        copy(frame, Frame.UNREADABLE, offset, length, Tid.of(frame.block(), linePointer), out);
    }

    /** The version at exactly this place, whoever sees it. */
    boolean fetchVersion(long tid, HeapTuple out) {
        int block = Tid.block(tid);
        Frame frame = file.pinIfPresent(block);
        if (frame == null) {
            return false;
        }
        try {
            frame.acquireShared();
            try {
                if (HeapPage.tupleOffset(frame.page, Tid.linePointer(tid)) < 0) {
                    return false;
                }
                copyLatched(frame, Tid.linePointer(tid), out);
                return true;
            } catch (IndexOutOfBoundsException e) {
                throw damaged(block, e);
            } finally {
                frame.releaseShared();
            }
        } finally {
            frame.unpin();
        }
    }

    /**
     * A private copy of a whole page, from one validated read.
     *
     * @return the CSN from which on its marks alone decide, or -1 if there is no such page or it is new
     */
    long copyPage(int block, byte[] into) {
        long pageId = file.pageId(block);
        for (int attempt = 0; attempt < OPTIMISTIC_ATTEMPTS; attempt++) {
            Frame frame = file.cached(block);
            long version = frame == null ? Frame.UNREADABLE : frame.beginRead(pageId);
            if (version == Frame.UNREADABLE) {
                break;
            }
            long newest = frame.newestCsn();
            if (newest == Lsn.INFINITE && HeapPage.isAllVisible(frame.page)) {
                newest = 0; // the marks decide for everybody
            } else if (newest == Lsn.INFINITE && attempt == 0) {
                mark(block);
                continue;
            }
            boolean isNew = PageLayout.isNew(frame.page);
            frame.page.get(0, into);
            if (frame.validate(version)) {
                frame.touch();
                return isNew ? -1 : newest;
            }
        }
        return copyLatched(block, into);
    }

    private long copyLatched(int block, byte[] into) {
        mark(block);
        Frame frame = file.pinIfPresent(block);
        if (frame == null) {
            return -1;
        }
        try {
            frame.acquireShared();
            try {
                frame.page.get(0, into);
                return PageLayout.isNew(frame.page) ? -1 : frame.newestCsn();
            } finally {
                frame.releaseShared();
            }
        } finally {
            frame.unpin();
        }
    }

    /** Marks the page if its latch is free: a reader never waits for the sake of later ones. */
    private void mark(int block) {
        Frame frame = file.pinIfPresent(block);
        if (frame == null) {
            return;
        }
        try {
            if (frame.newestCsn() == Lsn.INFINITE && frame.tryAcquireExclusive()) {
                try {
                    if (!PageLayout.isNew(frame.page)) {
                        frame.setNewestCsn(Marks.mark(frame.page, visibility, wal.durableLsn()));
                    }
                } catch (IndexOutOfBoundsException e) {
                    throw damaged(block, e);
                } finally {
                    frame.releaseExclusive();
                }
            }
        } finally {
            frame.unpin();
        }
    }
}
