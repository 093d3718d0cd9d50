package dev.palimpsest.heap;

import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import dev.palimpsest.lock.LockOwner;
import dev.palimpsest.lock.RowLockConflict;
import dev.palimpsest.tuple.TupleLayout;

/** How an attempt to update, delete or lock a version ended. Filled in by the heap, reused by its caller; not thread-safe. */
public final class ModifyResult {
    /** What the caller does next. */
    public enum Status {
        /** The version is ended, or locked, by the caller's transaction. */
        DONE,
        /** This or a later command of the same transaction ended it already: leave it alone. */
        OWN_LATER,
        /**
         * Somebody stands in the way: {@link #xid}, which has ended it but is undecided, or {@link #holder}, who has locked it. Wait for
         * that one's end, then try the same version again.
         */
        WAIT,
        /** {@link #xid}, committed, updated it; {@link #nextTid} is the next version. */
        UPDATED,
        /** {@link #xid}, committed, deleted it. */
        DELETED
    }

    private Status status;
    private long xid;
    private long nextTid;
    private boolean hot;
    private LockOwner holder;
    private long holderNumber;
    private int holderSub;
    private boolean outOfTurn;
    final RowLockConflict conflict = new RowLockConflict();

    void done(long newTid, boolean isHot) {
        set(Status.DONE, Xid.NONE, newTid);
        hot = isHot;
    }

    /** The version isn't where it was looked for. */
    void setGone() {
        set(Status.DELETED, Xid.NONE, Tid.NONE);
    }

    boolean isGone() {
        return status == Status.DELETED && xid == Xid.NONE;
    }

    /** A commit ended a version that is in the archive now. */
    void setArchived(ArchivedVersions version) {
        boolean updated = (version.flags() & TupleLayout.UPDATED) != 0;
        set(updated ? Status.UPDATED : Status.DELETED, version.xmax(), version.ctid());
    }

    void set(Status newStatus, long otherXid, long tid) {
        status = newStatus;
        xid = otherXid;
        nextTid = tid;
        hot = false;
        holder = null;
        outOfTurn = false;
    }

    /** Wait for whom {@link #conflict} tells of. Caller holds the page's latch, so the holder is in the life that it was met in. */
    void waitForHolder(boolean isOutOfTurn) {
        set(Status.WAIT, Xid.NONE, Tid.NONE);
        holder = conflict.holder();
        holderNumber = conflict.holderNumber();
        holderSub = conflict.holderSub();
        outOfTurn = isOutOfTurn;
    }

    void waitForXid(long otherXid, boolean isOutOfTurn) {
        set(Status.WAIT, otherXid, Tid.NONE);
        outOfTurn = isOutOfTurn;
    }

    public Status status() {
        return status;
    }

    /** The other transaction, for WAIT, UPDATED and DELETED. */
    public long xid() {
        return xid;
    }

    /** WAIT: who has locked the row; null if {@link #xid} has ended it. */
    public LockOwner holder() {
        return holder;
    }

    /** Which life of the holder it was met in. */
    public long holderNumber() {
        return holderNumber;
    }

    /** The holder's subtransaction. */
    public int holderSub() {
        return holderSub;
    }

    /**
     * WAIT: without a place in the row's queue. The caller has a weaker lock on it, for whose end those in the queue may wait; or what
     * stands in the way stands further up the row's chain.
     */
    public boolean isOutOfTurn() {
        return outOfTurn;
    }

    /** UPDATED: where the next version is. DONE: where the new version is, {@link Tid#NONE} after a delete. */
    public long nextTid() {
        return nextTid;
    }

    /** DONE: the new version needs no index entries. */
    public boolean isHot() {
        return hot;
    }
}
