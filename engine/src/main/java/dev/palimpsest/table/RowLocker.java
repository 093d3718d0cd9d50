package dev.palimpsest.table;

import dev.palimpsest.api.ErrorSubject;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.SerializationException;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.Heap;
import dev.palimpsest.heap.HeapTuple;
import dev.palimpsest.heap.ModifyResult;
import dev.palimpsest.heap.Visibility;
import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;

/**
 * Locks existing rows, one at a time. REPEATABLE READ: a row that others have changed is 40001. READ COMMITTED: its newest version is
 * locked, and then whoever asked decides whether that one is still meant.
 *
 * <p>Principal entry points: {@link #lock} for locking reads, {@link #lockNewest} for writers that found a row changed,
 * {@link #tryVersion} for who looks for rows by himself. The row's queue is left when a call returns. One statement's; not thread-safe.
 *
 * <p>Source: PostgreSQL, {@code heapam.c} heap_lock_tuple, {@code heapam_handler.c} heapam_tuple_lock, {@code nodeLockRows.c}.
 */
final class RowLocker {
    private final UserTransaction t;
    private final TableInfo table;
    private final Heap heap;
    private final ModifyResult result;
    private final HeapTuple newest;
    private final RowQueue queue;

    RowLocker(UserTransaction t, TableInfo table) {
        this(t, table, new ModifyResult(), new HeapTuple());
    }

    /** @param newest filled with what is locked where that isn't what was asked for */
    RowLocker(UserTransaction t, TableInfo table, ModifyResult result, HeapTuple newest) {
        this.t = t;
        this.table = table;
        this.heap = table.heap();
        this.result = result;
        this.newest = newest;
        this.queue = new RowQueue(t, table);
    }

    /**
     * Locks one row for a read.
     *
     * @param seen a version that the statement's snapshot sees, for which the qualification holds; the snapshot still protects it, and at
     *     READ COMMITTED it is an open one
     * @return {@code seen}, or the newer version that was locked; null if the row is gone, is one that the qualification doesn't hold for
     *     any more, was changed by a later command of this transaction, or is skipped
     * @throws SerializationException at REPEATABLE READ
     */
    HeapTuple lock(HeapTuple seen, RowLockMode mode, WaitPolicy policy, Qualification which, TableScratch scratch) {
        switch (tryVersion(seen, mode, policy)) {
            case DONE -> {
                return seen;
            }
            case UPDATED -> {
                HeapTuple locked = lockNewest(seen.tid(), mode, policy);
                boolean wanted = locked != null
                        && which.holds(table, scratch, new TupleRow(table, t, locked.bytes(), locked.tid()));
                return wanted ? locked : null;
            }
            default -> {
                return null;
            }
        }
    }

    /**
     * READ COMMITTED: locks the newest version of a row that others have updated.
     *
     * @param start a version of the row that the statement's open snapshot protects: so is the chain from it on
     * @return null if the row is gone, was changed by this transaction, or is skipped
     */
    HeapTuple lockNewest(long start, RowLockMode mode, WaitPolicy policy) {
        while (settle(start, policy)) {
            switch (tryVersion(newest, mode, policy)) {
                case DONE -> {
                    return newest;
                }
                case UPDATED -> {} // again, from the start
                default -> {
                    return null;
                }
            }
        }
        return null;
    }

    /**
     * Locks exactly this version, waiting for whoever stands in the way.
     *
     * @param version protected, by a snapshot or because it is live and the caller can do with DELETED
     * @return DONE; OWN_LATER; UPDATED or DELETED by somebody else's commit (at READ COMMITTED only); WAIT if it is skipped
     * @throws SerializationException at REPEATABLE READ
     */
    ModifyResult.Status tryVersion(HeapTuple version, RowLockMode mode, WaitPolicy policy) {
        long tid = version.tid();
        long xmin = version.xmin();
        try {
            while (true) {
                heap.lock(t.tx(), tid, xmin, mode, result);
                switch (result.status()) {
                    case WAIT -> {
                        if (!queue.await(result, tid, mode, policy)) {
                            return ModifyResult.Status.WAIT;
                        }
                    }
                    case UPDATED, DELETED -> {
                        if (!t.isReadCommitted()) {
                            // deleted or not: PostgreSQL, nodeLockRows.c
                            throw concurrent("update", t, table, result, version);
                        }
                        return result.status();
                    }
                    default -> {
                        return result.status();
                    }
                }
            }
        } finally {
            queue.leave();
        }
    }

    /**
     * Finds the newest version of a row, once nobody else is about to change it.
     *
     * @return false if the row was deleted, or is skipped
     */
    private boolean settle(long start, WaitPolicy policy) {
        long tid = start;
        long from = Xid.NONE;
        while (true) {
            if (!heap.fetchVersion(tid, newest) || from != Xid.NONE && newest.xmin() != from) {
                return false;
            }
            long xmax = newest.xmax();
            if (xmax == Xid.NONE || t.tx().isOwn(xmax)) {
                return true;
            }
            long end = heap.visibility().endCsn(xmax, newest.flags());
            if (end == Visibility.ABORTED) {
                return true;
            }
            if (end > t.engine().transactions().published()) {
                if (!queue.mayWait(tid, policy, xmax)) {
                    return false;
                }
                RowWaits.forEnd(t, xmax, table, tid);
                tid = start; // nothing but the start is sure to be in place after a wait
                from = Xid.NONE;
            } else if (!newest.isUpdated()) {
                return false;
            } else {
                from = xmax;
                tid = newest.ctid();
            }
        }
    }

    /** REPEATABLE READ: somebody else's commit ended the version that the snapshot sees. */
    static SerializationException concurrentChange(
            UserTransaction t, TableInfo table, ModifyResult result, HeapTuple version) {
        boolean updated = result.status() == ModifyResult.Status.UPDATED;
        return concurrent(updated ? "update" : "delete", t, table, result, version);
    }

    private static SerializationException concurrent(
            String what, UserTransaction t, TableInfo table, ModifyResult result, HeapTuple version) {
        return new SerializationException(
                "could not serialize access due to concurrent " + what,
                "table=" + table.name() + " row=" + Tid.toString(version.tid()) + " transaction=" + result.xid(),
                "Roll the transaction back and run it again.",
                new ErrorSubject(table.name(), null, RowName.of(t, table, version), result.xid()));
    }
}
