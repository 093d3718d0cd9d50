package dev.palimpsest.heap;

import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;

/** How an attempt to update or delete a version ended. Filled in by the heap, reused by its caller; not thread-safe. */
public final class ModifyResult {
    /** What the caller does next. */
    public enum Status {
        /** The version is ended by the caller's transaction. */
        DONE,
        /** This or a later command of the same transaction ended it already: leave it alone. */
        OWN_LATER,
        /** {@link #xid} has ended it but is undecided: wait for its end, then try the same version again. */
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

    void done(long newTid, boolean isHot) {
        set(Status.DONE, Xid.NONE, newTid);
        hot = isHot;
    }

    void set(Status newStatus, long otherXid, long tid) {
        status = newStatus;
        xid = otherXid;
        nextTid = tid;
        hot = false;
    }

    public Status status() {
        return status;
    }

    /** The other transaction, for WAIT, UPDATED and DELETED. */
    public long xid() {
        return xid;
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
