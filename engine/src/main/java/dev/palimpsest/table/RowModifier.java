package dev.palimpsest.table;

import dev.palimpsest.api.RetryException;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowChange;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.btree.KeyEncoder;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.Heap;
import dev.palimpsest.heap.HeapTuple;
import dev.palimpsest.heap.ModifyResult;
import dev.palimpsest.heap.Visibility;
import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import dev.palimpsest.lock.LockMode;
import dev.palimpsest.lock.LockTag;
import dev.palimpsest.lock.WaitContext;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Updates and deletes of existing rows, one at a time: what PostgreSQL does in {@code nodeModifyTable.c} and EvalPlanQual.
 *
 * <p>REPEATABLE READ: the first updater wins, everybody else gets 40001. READ COMMITTED: who finds the row changed goes to its newest
 * settled version, asks the whole qualification again there, and tries that. The walk starts each time from the version that the
 * statement's snapshot protects, because after a wait nothing else is sure to be there any more (README.md).
 *
 * <p>One statement's; not thread-safe.
 */
final class RowModifier {
    private final UserTransaction t;
    private final TableInfo table;
    private final Heap heap;
    private final Scratch scratch;
    private final TableScratch tableScratch;
    private final Qualification which;

    /** Null for deletes. */
    private final Consumer<RowChange> change;

    private final TupleChange newVersion;
    private final ModifyResult result;
    private IndexEntries entries;

    /** Told what was written; null for nobody. */
    private Consumer<Row> returning;

    /** The place in the queue for a row, while held. */
    private LockTag turn;

    RowModifier(UserTransaction t, TableInfo table, Scratch scratch, Qualification which, Consumer<RowChange> change) {
        this.t = t;
        this.table = table;
        this.heap = table.heap();
        this.scratch = scratch;
        this.tableScratch = scratch.of(table);
        this.which = which;
        this.change = change;
        this.newVersion = change == null ? null : new TupleChange(t, table, tableScratch);
        this.result = scratch.result;
    }

    /** From now on tells what it writes: new versions, or the deleted ones. */
    RowModifier returning(Consumer<Row> consumer) {
        returning = consumer;
        return this;
    }

    /**
     * Changes one row.
     *
     * @param seen the version that the statement's snapshot sees, for which the qualification holds
     * @return false if the row was left alone: changed by this statement before, or gone, or the qualification no longer holds
     */
    boolean modify(HeapTuple seen) {
        try {
            return modifyInTurn(seen);
        } finally {
            leaveTurn();
        }
    }

    /** One try on a version that was live a moment ago: waits for nobody, follows nothing. */
    ModifyResult modifyOnce(HeapTuple version) {
        attempt(version.bytes(), version.tid());
        return result;
    }

    private boolean modifyInTurn(HeapTuple seen) {
        long start = seen.tid();
        byte[] version = seen.bytes();
        long tid = start;
        while (true) {
            attempt(version, tid);
            if (result.status() != ModifyResult.Status.WAIT) {
                leaveTurn();
            }
            switch (result.status()) {
                case DONE -> {
                    return true;
                }
                case OWN_LATER -> {
                    return false;
                }
                case WAIT -> {
                    long xid = result.xid();
                    awaitTurn(tid);
                    t.waitFor(xid, table, tid);
                }
                case UPDATED, DELETED -> {
                    if (!t.isReadCommitted()) {
                        throw concurrentChange(tid);
                    }
                }
            }
            if (t.isReadCommitted()) {
                HeapTuple newest = settle(start);
                if (newest == null || !stillQualifies(newest)) {
                    return false;
                }
                version = newest.bytes();
                tid = newest.tid();
            }
        }
    }

    /** Queues up with those who want this version, so that the longest waiter is the next. Not twice. */
    private void awaitTurn(long tid) {
        if (turn == null) {
            LockTag wanted = LockTag.tuple(table.oid(), tid);
            t.engine()
                    .locks()
                    .lock(
                            t.tx(),
                            wanted,
                            LockMode.ACCESS_EXCLUSIVE,
                            WaitPolicy.BLOCK,
                            new WaitContext(table.name(), tid));
            turn = wanted;
        }
    }

    private void leaveTurn() {
        if (turn != null) {
            t.engine().locks().unlock(t.tx(), turn, LockMode.ACCESS_EXCLUSIVE);
            turn = null;
        }
    }

    private boolean stillQualifies(HeapTuple newest) {
        return which.holds(table, tableScratch, new TupleRow(table, t, newest.bytes(), newest.tid()));
    }

    private void attempt(byte[] version, long tid) {
        if (change == null) {
            heap.delete(t.tx(), tid, result);
            if (returning != null && result.status() == ModifyResult.Status.DONE) {
                returning.accept(WrittenRow.deleted(t, table, version, tid));
            }
            return;
        }
        newVersion.begin(new TupleRow(table, t, version, tid));
        change.accept(newVersion);
        newVersion.finish();
        byte[] bytes = newVersion.newBytes();
        int length = newVersion.newLength();
        heap.update(t.tx(), tid, bytes, length, keysStay(version, bytes), result);
        if (result.status() != ModifyResult.Status.DONE) {
            return;
        }
        long newTid = result.nextTid();
        if (!result.isHot()) {
            entries = entries != null ? entries : new IndexEntries(t, table, scratch);
            entries.insert(bytes, newTid);
        }
        if (returning != null) {
            returning.accept(WrittenRow.written(t, table, bytes, 0, length, newTid));
        }
    }

    /** HOT is allowed if no index would get another key. */
    private boolean keysStay(byte[] before, byte[] after) {
        for (int i = 0; i < table.indexes().size(); i++) {
            IndexInfo index = table.indexes().get(i);
            if (touches(index) && !isSameKey(tableScratch.encoder(i), index, before, after)) {
                return false;
            }
        }
        return true;
    }

    private boolean touches(IndexInfo index) {
        for (int i = 0; i < index.columns().size(); i++) {
            if (newVersion.isChanged(index.columns().get(i))) {
                return true;
            }
        }
        return false;
    }

    private boolean isSameKey(KeyEncoder encoder, IndexInfo index, byte[] before, byte[] after) {
        byte[] old = Keys.ofTuple(encoder, table, index, before, 0).toBytes();
        Keys.ofTuple(encoder, table, index, after, 0);
        return Arrays.equals(old, 0, old.length, encoder.bytes(), 0, encoder.length());
    }

    /**
     * The newest version of a row, once nobody else is about to change it.
     *
     * @param start a version that the statement's open snapshot protects: so is the chain from it on
     * @return null if the row was deleted
     */
    private HeapTuple settle(long start) {
        HeapTuple version = scratch.settled;
        long tid = start;
        long from = Xid.NONE;
        while (true) {
            if (!heap.fetchVersion(tid, version) || from != Xid.NONE && version.xmin() != from) {
                return null;
            }
            long xmax = version.xmax();
            if (xmax == Xid.NONE || t.tx().isOwn(xmax)) {
                return version;
            }
            long end = heap.visibility().endCsn(xmax, version.flags());
            if (end == Visibility.ABORTED) {
                return version;
            }
            if (end > t.engine().transactions().published()) {
                t.waitFor(xmax, table, tid);
                tid = start; // nothing but the start is sure to be in place after a wait
                from = Xid.NONE;
            } else if (!version.isUpdated()) {
                return null;
            } else {
                from = xmax;
                tid = version.ctid();
            }
        }
    }

    private RetryException concurrentChange(long tid) {
        boolean updated = result.status() == ModifyResult.Status.UPDATED;
        return new RetryException(
                SqlState.SERIALIZATION_FAILURE,
                "could not serialize access due to concurrent " + (updated ? "update" : "delete"),
                "table=" + table.name() + " row=" + Tid.toString(tid) + " transaction=" + result.xid(),
                "Roll the transaction back and run it again.",
                null);
    }
}
