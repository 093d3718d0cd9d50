package dev.palimpsest.tx;

import dev.palimpsest.id.Xid;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;

/**
 * A transaction's open savepoints, and the xids of its live subtransactions.
 *
 * <pre>
 *   savepoints   s1 ─ s2 ─ s3          each with the subtransaction that runs under it, ids growing
 *   xids         105  107  112  130    ascending, of open subtransactions and of those released into them
 *   their subs     1    2    4    5    ascending
 * </pre>
 *
 * A savepoint's xid is younger than those of the ones around it, so what a rollback takes is the end of both lists.
 *
 * <p>Used by the transaction's thread. Others look xids up: for a hint at any time, exactly while they hold LOCK_TABLE, since xids are
 * added at the end, before they are written anywhere, and taken away only under it.
 */
final class Subtransactions {
    /** One open savepoint and the subtransaction under it. */
    static final class Savepoint {
        final String name;

        /** What was planned for the end of the transaction before it. */
        final int filesDroppedAtCommit;

        final int filesDroppedAtAbort;

        /** Changes with each rollback to the savepoint. */
        int subId;

        /** 0 until it writes. */
        long xid;

        Savepoint(String name, int filesDroppedAtCommit, int filesDroppedAtAbort) {
            this.name = name;
            this.filesDroppedAtCommit = filesDroppedAtCommit;
            this.filesDroppedAtAbort = filesDroppedAtAbort;
        }
    }

    private static final VarHandle XID = MethodHandles.arrayElementVarHandle(long[].class);

    /** Replaced when it grows; its first {@link #xidCount} elements count. Elements release/acquire. */
    private record Xids(long[] xids, int[] subs) {}

    private final ArrayList<Savepoint> savepoints = new ArrayList<>();
    private volatile Xids xids = new Xids(new long[4], new int[4]);

    /** Raised by the transaction's thread, lowered by it under LOCK_TABLE. */
    private volatile int xidCount;

    // ---- savepoints

    void push(Savepoint savepoint) {
        savepoints.add(savepoint);
    }

    int depth() {
        return savepoints.size();
    }

    Savepoint at(int index) {
        return savepoints.get(index);
    }

    /** The innermost with this name, -1 if there is none. */
    int indexOf(String name) {
        for (int i = savepoints.size() - 1; i >= 0; i--) {
            if (savepoints.get(i).name.equals(name)) {
                return i;
            }
        }
        return -1;
    }

    /** Leaves the first {@code depth} ones. */
    void truncate(int depth) {
        savepoints.subList(depth, savepoints.size()).clear();
    }

    /** The subtransaction under the innermost one, 0 if there is none. */
    int currentSub() {
        return savepoints.isEmpty() ? 0 : savepoints.get(savepoints.size() - 1).subId;
    }

    // ---- xids

    /** Before the xid is written anywhere. */
    void add(long xid, int subId) {
        int count = xidCount;
        Xids current = xids;
        if (count == current.xids.length) {
            current = new Xids(Arrays.copyOf(current.xids, 2 * count), Arrays.copyOf(current.subs, 2 * count));
            xids = current;
        }
        current.subs[count] = subId;
        XID.setRelease(current.xids, count, xid);
        xidCount = count + 1;
    }

    /** The live subtransaction with this xid, -1 if there is none. */
    int subOf(long xid) {
        Xids current = xids;
        int at = find(current, xid);
        return at < 0 ? -1 : current.subs[at];
    }

    /** The xid of a live subtransaction, 0 if it has none. */
    long xidOf(int subId) {
        Xids current = xids;
        int at = Arrays.binarySearch(current.subs, 0, Math.min(xidCount, current.subs.length), subId);
        return at < 0 ? Xid.NONE : current.xids[at];
    }

    /** Binary search where the end may change meanwhile: what comes after a live xid is always higher. */
    private int find(Xids in, long xid) {
        int low = 0;
        int high = Math.min(xidCount, in.xids.length) - 1;
        while (low <= high) {
            int middle = low + high >>> 1;
            long there = (long) XID.getAcquire(in.xids, middle);
            if (there == xid) {
                return middle;
            }
            if (there < xid) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    int xidCount() {
        return xidCount;
    }

    /** By another thread it may be one that took the place of one rolled back. */
    long xid(int index) {
        return (long) XID.getAcquire(xids.xids, index);
    }

    /** How many xids are those of subtransactions before this one. */
    int countBefore(int firstSub) {
        int count = xidCount;
        int[] subs = xids.subs;
        while (count > 0 && subs[count - 1] >= firstSub) {
            count--;
        }
        return count;
    }

    /** The first so many stay. Caller holds LOCK_TABLE, or nobody can look any more. */
    void keepXids(int count) {
        xidCount = count;
    }
}
