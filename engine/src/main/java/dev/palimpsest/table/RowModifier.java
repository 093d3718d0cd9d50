package dev.palimpsest.table;

import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowChange;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.btree.KeyEncoder;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.Heap;
import dev.palimpsest.heap.HeapTuple;
import dev.palimpsest.heap.ModifyResult;
import dev.palimpsest.tuple.TupleReader;
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

    /** Null until somebody stands in the way. */
    private RowQueue queue;

    // of the row at hand

    /** No index gets another key. */
    private boolean keysStay;

    /** Another key in a unique index, or a delete. */
    private boolean keysUpdated;

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
            leaveQueue();
        }
    }

    /** One try on a version that was live a moment ago: waits for nobody, follows nothing. */
    ModifyResult modifyOnce(HeapTuple version) {
        form(version.bytes(), version.tid());
        attempt(version.tid(), version.xmin());
        if (result.status() == ModifyResult.Status.DONE) {
            written(version.bytes(), version.tid());
        }
        return result;
    }

    /** After {@link #modifyOnce}: the lock that its change needs. */
    RowLockMode strength() {
        return strength(keysUpdated);
    }

    private boolean modifyInTurn(HeapTuple seen) {
        byte[] version = seen.bytes();
        long tid = seen.tid();
        form(version, tid);
        while (true) {
            attempt(tid, TupleReader.xmin(version, 0));
            switch (result.status()) {
                case DONE -> {
                    written(version, tid);
                    return true;
                }
                case OWN_LATER -> {
                    return false;
                }
                case WAIT -> {
                    queue = queue != null ? queue : new RowQueue(t, table);
                    queue.await(result, tid, strength(keysUpdated), WaitPolicy.BLOCK);
                }
                case UPDATED, DELETED -> {
                    leaveQueue();
                    if (!t.isReadCommitted()) {
                        throw RowLocker.concurrentChange(t, table, result, seen);
                    }
                    boolean deleted = result.status() == ModifyResult.Status.DELETED;
                    HeapTuple newest = deleted ? null : lockNewest(seen.tid());
                    if (newest == null || !stillQualifies(newest)) {
                        return false;
                    }
                    version = newest.bytes();
                    tid = newest.tid();
                    form(version, tid);
                }
            }
        }
    }

    private void leaveQueue() {
        if (queue != null) {
            queue.leave();
        }
    }

    /** Before it is asked again, as in EvalPlanQual: so the row stays locked even if it isn't meant any more. */
    private HeapTuple lockNewest(long start) {
        RowLocker locker = new RowLocker(t, table, result, scratch.settled);
        return locker.lockNewest(start, strength(mayUpdateKeys()), WaitPolicy.BLOCK);
    }

    private static RowLockMode strength(boolean keys) {
        return keys ? RowLockMode.UPDATE : RowLockMode.NO_KEY_UPDATE;
    }

    /** Is a column of a unique index set, whatever to? */
    private boolean mayUpdateKeys() {
        for (int i = 0; change != null && i < table.indexes().size(); i++) {
            if (table.indexes().get(i).unique() && touches(table.indexes().get(i))) {
                return true;
            }
        }
        return change == null;
    }

    private boolean stillQualifies(HeapTuple newest) {
        return which.holds(table, tableScratch, new TupleRow(table, t, newest.bytes(), newest.tid()));
    }

    /** The new version, from this one. */
    private void form(byte[] version, long tid) {
        if (change == null) {
            keysUpdated = true;
            return;
        }
        newVersion.begin(new TupleRow(table, t, version, tid));
        change.accept(newVersion);
        newVersion.finish();
        compareKeys(version, newVersion.newBytes());
    }

    private void attempt(long tid, long xmin) {
        if (change == null) {
            heap.delete(t.tx(), tid, xmin, result);
        } else {
            byte[] bytes = newVersion.newBytes();
            heap.update(t.tx(), tid, xmin, bytes, newVersion.newLength(), keysStay, keysUpdated, result);
        }
    }

    /** The heap is changed: now the indexes, and whoever wants to know. */
    private void written(byte[] version, long tid) {
        if (change == null) {
            t.counts(table).deleted();
            if (table.hasForeignKeys()) {
                scratch.events().deleted(table, tid);
            }
            if (returning != null) {
                returning.accept(WrittenRow.deleted(t, table, version, tid));
            }
            return;
        }
        byte[] bytes = newVersion.newBytes();
        long newTid = result.nextTid();
        t.counts(table).updated(result.isHot());
        if (!result.isHot()) {
            entries = entries != null ? entries : new IndexEntries(t, table, scratch);
            entries.insert(bytes, newTid);
        }
        if (table.hasForeignKeys()) {
            scratch.events().updated(t, table, version, tid, bytes, newTid);
        }
        if (returning != null) {
            returning.accept(WrittenRow.written(t, table, bytes, 0, newVersion.newLength(), newTid));
        }
    }

    /** HOT is allowed if no index would get another key; KEY SHARE lockers mind those of unique indexes. */
    private void compareKeys(byte[] before, byte[] after) {
        keysStay = true;
        keysUpdated = false;
        for (int i = 0; i < table.indexes().size() && !keysUpdated; i++) {
            IndexInfo index = table.indexes().get(i);
            if (touches(index) && !isSameKey(tableScratch.encoder(i), index, before, after)) {
                keysStay = false;
                keysUpdated = index.unique();
            }
        }
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
}
