package dev.palimpsest.heap;

import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import dev.palimpsest.lock.RowLocks;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tx.Transaction;
import java.nio.ByteBuffer;

/**
 * Locks versions of rows: looks and locks under the page's shared latch, writes nothing to pages, never waits for a transaction.
 *
 * <p>A version that was updated without a change of its keys can still be locked with KEY SHARE, whether the updater is undecided or
 * committed; then the newer versions are locked first, so that whoever deletes the newest one meets the lock. What is on the first one's
 * page is done in one hold of its latch; over several pages each version's link is read in the hold in which that version was locked, and
 * the first version is locked last if nothing about it has changed.
 *
 * <p>Thread-safe. Source of the rules: PostgreSQL, {@code heapam.c}, heap_lock_tuple and heap_lock_updated_tuple.
 */
final class HeapLocker {
    private final HeapContext context;
    private final PageFile file;
    private final Visibility visibility;
    private final HeapReader reader;
    private final RowLocks rowLocks;
    private final int lockCounter;

    /** What a look at a version found. */
    private enum Found {
        /** The result says what. */
        STOP,
        FREE,
        /** Updated in a way that the lock can stand. */
        UPDATED
    }

    HeapLocker(HeapContext context, PageFile file, Visibility visibility, HeapReader reader) {
        this.context = context;
        this.file = file;
        this.visibility = visibility;
        this.reader = reader;
        rowLocks = context.transactions().rowLocks();
        lockCounter = RowLocks.counterOf(file.fileNumber());
    }

    /** @param xmin the version's, since its place may be another one's by now; {@link Xid#NONE} if that can't be */
    void lock(Transaction tx, long tid, long xmin, RowLockMode mode, ModifyResult out) {
        tx.noteRowLocks();
        while (!tryLock(tx, tid, xmin, mode, out)) {
            context.scheduler().step(Step.HEAP_WAIT_OVER); // the version changed while newer ones were locked: again
        }
        context.scheduler().step(Step.HEAP_CHANGED);
    }

    private boolean tryLock(Transaction tx, long tid, long xmin, RowLockMode mode, ModifyResult out) {
        boolean done = tryLockOnPage(tx, tid, xmin, mode, out);
        return done && out.isGone() && xmin != Xid.NONE ? tryLockArchived(tx, tid, xmin, mode, out) : done;
    }

    /** @return false if it has to be tried again */
    private boolean tryLockOnPage(Transaction tx, long tid, long xmin, RowLockMode mode, ModifyResult out) {
        Link link;
        long xmax;
        long ctid;
        context.scheduler().step(Step.HEAP_BEFORE_LATCH);
        Frame frame = latch(Tid.block(tid));
        if (frame == null) {
            out.setGone();
            return true;
        }
        try {
            int offset = HeapPage.tupleOffset(frame.page, Tid.linePointer(tid));
            if (offset < 0 || xmin != Xid.NONE && HeapPage.xmin(frame.page, offset) != xmin) {
                out.setGone();
                return true;
            }
            Found found = look(frame.page, offset, tid, tx, mode, out);
            if (found != Found.UPDATED) {
                if (found == Found.FREE) {
                    grant(tx, tid, mode, false, out);
                }
                return true;
            }
            xmax = HeapPage.xmax(frame.page, offset);
            ctid = HeapPage.ctid(frame.page, offset);
            link = Link.of(frame.page, tid, offset);
            out.done(Tid.NONE, false);
            lockOnPage(frame.page, Tid.block(tid), link, tx, mode, out);
            if (link.isEnd() && out.status() == ModifyResult.Status.DONE) {
                grant(tx, tid, mode, false, out);
            }
        } catch (IndexOutOfBoundsException e) {
            throw reader.damaged(Tid.block(tid), e);
        } finally {
            unlatch(frame);
        }
        if (link.isEnd()) {
            return true;
        }
        return lockOnOtherPages(link, tx, mode, out)
                && (out.status() != ModifyResult.Status.DONE || lockIfUnchanged(tx, tid, xmax, ctid, mode, out));
    }

    /**
     * A version in the archive, which a commit ended: only newer ones are locked, where the lock can stand beside what was done to it. The
     * latch of its page holds page and archive together.
     */
    private boolean tryLockArchived(Transaction tx, long tid, long xmin, RowLockMode mode, ModifyResult out) {
        int block = Tid.block(tid);
        Link link = new Link();
        context.scheduler().step(Step.HEAP_BEFORE_LATCH);
        Frame frame = latch(block);
        if (frame == null) {
            return true;
        }
        try {
            ArchivedVersions version = reader.findArchived(tid, xmin);
            if (version == null) {
                return true; // gone, as it was found
            }
            out.done(Tid.NONE, false);
            passArchived(frame.page, block, version, version.root(), link, mode, out);
            lockOnPage(frame.page, block, link, tx, mode, out);
        } catch (IndexOutOfBoundsException e) {
            throw reader.damaged(block, e);
        } finally {
            unlatch(frame);
        }
        return lockOnOtherPages(link, tx, mode, out);
    }

    /** The version's own state; the caller holds its page's latch. */
    private Found look(ByteBuffer page, int offset, long tid, Transaction tx, RowLockMode mode, ModifyResult out) {
        long xmax = HeapPage.xmax(page, offset);
        int flags = HeapPage.flags(page, offset);
        if (xmax != Xid.NONE && (flags & TupleLayout.XMAX_ABORTED) == 0 && tx.isOwn(xmax)) {
            out.set(ModifyResult.Status.OWN_LATER, xmax, HeapPage.ctid(page, offset));
            return Found.STOP;
        }
        RowLockMode held = held(tx, tid);
        if (held != null && held.compareTo(mode) >= 0) {
            out.done(Tid.NONE, false); // whatever others do: else it would queue up behind those who wait for this lock
            return Found.STOP;
        }
        if (xmax == Xid.NONE) {
            return Found.FREE;
        }
        long end = visibility.endCsn(xmax, flags);
        if (end == Visibility.ABORTED) {
            return Found.FREE;
        }
        if (!conflicts(mode, flags)) {
            return Found.UPDATED;
        }
        if (end > context.transactions().published()) {
            out.waitForXid(xmax, held != null);
        } else {
            setEnded(page, offset, tid, out);
        }
        return Found.STOP;
    }

    /** Does the way in which a version was ended stand in the way of a lock? */
    private static boolean conflicts(RowLockMode mode, int flags) {
        return mode.conflictsWith(HeapPage.isKeyEnded(flags) ? RowLockMode.UPDATE : RowLockMode.NO_KEY_UPDATE);
    }

    /** By a commit: updated, or deleted, or updated to versions that were all pruned since, so deleted too. */
    private static void setEnded(ByteBuffer page, int offset, long tid, ModifyResult out) {
        long ctid = HeapPage.ctid(page, offset);
        boolean updated = (HeapPage.flags(page, offset) & TupleLayout.UPDATED) != 0 && ctid != tid;
        out.set(updated ? ModifyResult.Status.UPDATED : ModifyResult.Status.DELETED, HeapPage.xmax(page, offset), ctid);
    }

    private RowLockMode held(Transaction tx, long tid) {
        return rowLocks.isAnyLocked(lockCounter)
                ? rowLocks.heldBy(tx, file.fileNumber(), Tid.block(tid), Tid.linePointer(tid))
                : null;
    }

    private boolean grant(Transaction tx, long tid, RowLockMode mode, boolean outOfTurn, ModifyResult out) {
        boolean granted = rowLocks.lock(
                tx, tx.currentSubId(), file.fileNumber(), Tid.block(tid), Tid.linePointer(tid), mode, out.conflict);
        if (granted) {
            out.done(Tid.NONE, false);
        } else {
            out.waitForHolder(outOfTurn || out.conflict.isAlreadyLocked());
        }
        return granted;
    }

    // ---- newer versions

    /** Where a walk up a chain is: the next version, and whose link it is. */
    private static final class Link {
        private long tid = Tid.NONE;
        private long xmax;

        /** The place of the version whose link it is. */
        private long source;

        /** Within a page and its latch's hold: it can't lead to anything else. */
        private boolean sure;

        static Link of(ByteBuffer page, long from, int offset) {
            Link link = new Link();
            link.follow(page, from, offset);
            return link;
        }

        void follow(ByteBuffer page, long from, int offset) {
            boolean hot = HeapPage.isHotUpdated(HeapPage.flags(page, offset));
            set(from, HeapPage.xmax(page, offset), HeapPage.ctid(page, offset), hot);
        }

        void follow(ArchivedVersions version, int block) {
            set(Tid.of(block, version.line()), version.xmax(), version.ctid(), false);
        }

        /** To a chain that has been come to already: to its first version on the page. */
        void enter(long root) {
            set(Tid.NONE, Xid.NONE, root, false);
        }

        private void set(long from, long newXmax, long next, boolean isSure) {
            source = from;
            xmax = newXmax;
            tid = next == from ? Tid.NONE : next;
            sure = isSure;
        }

        void end() {
            tid = Tid.NONE;
        }

        boolean isEnd() {
            return tid == Tid.NONE;
        }
    }

    /** @return false if a link was changed while it was followed: start over */
    private boolean lockOnOtherPages(Link link, Transaction tx, RowLockMode mode, ModifyResult out) {
        while (!link.isEnd()) {
            long source = link.source;
            long xmax = link.xmax;
            long target = link.tid;
            int block = Tid.block(target);
            context.scheduler().step(Step.HEAP_BEFORE_LATCH);
            Frame frame = latch(block);
            if (frame == null) {
                return false; // no link leads to a page that was cut off
            }
            try {
                lockOnPage(frame.page, block, link, tx, mode, out);
            } catch (IndexOutOfBoundsException e) {
                throw reader.damaged(block, e);
            } finally {
                unlatch(frame);
            }
            if (!stillLeads(source, xmax, target, tx)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Does the version still lead there? Then its target wasn't freed before the walk looked at it: whoever frees a root changes the links to it
     * first, but for those of a rolled-back end.
     */
    private boolean stillLeads(long source, long xmax, long target, Transaction tx) {
        int block = Tid.block(source);
        context.scheduler().step(Step.HEAP_BEFORE_LATCH);
        Frame frame = latch(block);
        if (frame == null) {
            return false;
        }
        try {
            ByteBuffer page = frame.page;
            int offset = HeapPage.bodyOffset(page, Tid.linePointer(source));
            if (offset >= 0 && HeapPage.xmax(page, offset) == xmax && HeapPage.ctid(page, offset) == target) {
                return tx.isOwn(xmax) || visibility.endCsn(xmax, HeapPage.flags(page, offset)) != Visibility.ABORTED;
            }
            ArchivedVersions version = reader.archived(block);
            while (version.advance()) {
                if (version.line() == Tid.linePointer(source) && version.xmax() == xmax && version.ctid() == target) {
                    return true;
                }
            }
            return false;
        } catch (IndexOutOfBoundsException e) {
            throw reader.damaged(block, e);
        } finally {
            unlatch(frame);
        }
    }

    /**
     * Locks the versions of the chain that are on this page, from the link on, which then is the next page's or the end. None if the link
     * leads to another page already.
     */
    private void lockOnPage(ByteBuffer page, int block, Link link, Transaction tx, RowLockMode mode, ModifyResult out) {
        while (!link.isEnd() && Tid.block(link.tid) == block) {
            int root = Tid.linePointer(link.tid);
            if (LinePointer.state(SlottedPage.line(page, root)) == LinePointer.STATE_ARCHIVED) {
                ArchivedVersions versions = reader.archived(block);
                link.end();
                if (versions.advance()) {
                    passArchived(page, block, versions, root, link, mode, out);
                }
                continue;
            }
            int line = lineOf(page, link);
            int offset = line == 0 ? -1 : HeapPage.bodyOffset(page, line);
            if (offset < 0 || !lockNewer(page, offset, Tid.of(block, line), tx, mode, out)) {
                link.end();
            } else {
                link.follow(page, Tid.of(block, line), offset);
            }
        }
    }

    /**
     * Goes over a chain's archived versions, from one on: the link then leads to its first version on the page, or beyond the chain. They
     * need no locks, since nobody will end them any more.
     */
    private static void passArchived(
            ByteBuffer page,
            int block,
            ArchivedVersions version,
            int root,
            Link link,
            RowLockMode mode,
            ModifyResult out) {
        do {
            if (version.root() == root) {
                if (conflicts(mode, version.flags())) {
                    out.setArchived(version);
                    link.end();
                    return;
                }
                link.follow(version, block);
            }
        } while (version.advance());
        if (LinePointer.state(SlottedPage.line(page, root)) != LinePointer.STATE_ARCHIVED) {
            link.enter(Tid.of(block, root));
        }
    }

    /**
     * The line pointer that a link leads to, 0 if to no version of the row. One that isn't within a HOT chain leads to a root. That isn't
     * given to another row while a link leads to it, but its body may have been pruned, and then its version's xmin isn't the xmax that led here.
     */
    private static int lineOf(ByteBuffer page, Link link) {
        int line = Tid.linePointer(link.tid);
        if (link.sure) {
            return line;
        }
        int pointer = SlottedPage.line(page, line);
        if (LinePointer.state(pointer) == LinePointer.STATE_REDIRECT) {
            return LinePointer.target(pointer);
        }
        if (LinePointer.state(pointer) == LinePointer.STATE_DEAD) {
            return line;
        }
        if (!LinePointer.isNormal(pointer)) {
            return 0;
        }
        int offset = LinePointer.offset(pointer);
        boolean isRoot = (HeapPage.flags(page, offset) & TupleLayout.HEAP_ONLY) == 0;
        return isRoot || HeapPage.xmin(page, offset) == link.xmax ? line : 0;
    }

    /**
     * Locks one newer version.
     *
     * @return true if there is a next one to be locked, false at the end of the chain and where somebody stands in the way
     */
    private boolean lockNewer(
            ByteBuffer page, int offset, long tid, Transaction tx, RowLockMode mode, ModifyResult out) {
        int flags = HeapPage.flags(page, offset);
        long xmin = HeapPage.xmin(page, offset);
        if (!tx.isOwn(xmin) && visibility.beginCsn(xmin, flags) == Visibility.ABORTED) {
            return false; // the one before it is the newest
        }
        long xmax = HeapPage.xmax(page, offset);
        if (xmax != Xid.NONE && (flags & TupleLayout.XMAX_ABORTED) == 0 && tx.isOwn(xmax)) {
            return (flags & TupleLayout.UPDATED) != 0;
        }
        long end = visibility.endCsn(xmax, flags);
        if (end == Visibility.ABORTED) {
            grant(tx, tid, mode, true, out);
            return false;
        }
        if (!conflicts(mode, flags)) {
            return grant(tx, tid, mode, true, out);
        }
        if (end > context.transactions().published()) {
            out.waitForXid(xmax, true);
        } else {
            setEnded(page, offset, tid, out);
        }
        return false;
    }

    /** The last step where the chain went over several pages. @return false if the version isn't what it was at the start */
    private boolean lockIfUnchanged(
            Transaction tx, long tid, long xmax, long ctid, RowLockMode mode, ModifyResult out) {
        Frame frame = latch(Tid.block(tid));
        if (frame == null) {
            return false;
        }
        try {
            int offset = HeapPage.tupleOffset(frame.page, Tid.linePointer(tid));
            if (offset < 0 || HeapPage.xmax(frame.page, offset) != xmax || HeapPage.ctid(frame.page, offset) != ctid) {
                return false;
            }
            grant(tx, tid, mode, false, out);
            return true;
        } catch (IndexOutOfBoundsException e) {
            throw reader.damaged(Tid.block(tid), e);
        } finally {
            unlatch(frame);
        }
    }

    /** Null past a truncated tail. */
    private Frame latch(int block) {
        Frame frame = file.pinIfPresent(block);
        if (frame != null) {
            frame.acquireShared();
        }
        return frame;
    }

    private static void unlatch(Frame frame) {
        frame.releaseShared();
        frame.unpin();
    }
}
