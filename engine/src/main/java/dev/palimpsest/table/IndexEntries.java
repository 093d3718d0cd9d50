package dev.palimpsest.table;

import dev.palimpsest.api.ErrorSubject;
import dev.palimpsest.api.UniqueViolationException;
import dev.palimpsest.btree.BtreeBatch;
import dev.palimpsest.btree.BtreeWriter;
import dev.palimpsest.btree.KeyEncoder;
import dev.palimpsest.btree.LiveTupleCheck;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.Heap;
import dev.palimpsest.heap.HeapTuple;
import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import java.util.List;

/**
 * Index entries of new versions, with the unique check: an inserter of a key that an undecided transaction has waits for its end and asks
 * again. One statement's; not thread-safe.
 */
final class IndexEntries {
    private final UserTransaction t;
    private final TableInfo table;
    private final Scratch scratch;
    private final TableScratch tableScratch;
    private final LiveTupleCheck liveTuples;

    IndexEntries(UserTransaction t, TableInfo table, Scratch scratch) {
        this.t = t;
        this.table = table;
        this.scratch = scratch;
        this.tableScratch = scratch.of(table);
        this.liveTuples = tid -> table.heap().checkLive(tid, t.tx());
    }

    /** Entries for a version that is no HOT successor, in every index. */
    void insert(byte[] tuple, long tid) {
        List<IndexInfo> indexes = table.indexes();
        for (int i = 0; i < indexes.size(); i++) {
            IndexInfo index = indexes.get(i);
            KeyEncoder key = Keys.ofTuple(tableScratch.encoder(i), table, index, tuple, 0);
            insert(index, key, tid);
        }
    }

    private void insert(IndexInfo index, KeyEncoder key, long tid) {
        BtreeWriter writer = scratch.writer();
        long xid = t.tx().xid();
        if (!index.unique() || key.hasNull()) {
            writer.insert(index.btree(), key.bytes(), key.length(), tid, xid);
            return;
        }
        while (true) {
            long answer = writer.insertUnique(index.btree(), key.bytes(), key.length(), tid, xid, liveTuples);
            if (answer == BtreeWriter.INSERTED) {
                return;
            }
            if (answer == BtreeWriter.CONFLICT) {
                throw duplicate(index, tid, writer.conflictTid());
            }
            RowWaits.forInserter(t, answer, table, writer.conflictTid());
        }
    }

    /** Entries for many versions of one batch, in key order. */
    void insertAll(RowBatch rows) {
        for (int i = 0; i < table.indexes().size(); i++) {
            IndexInfo index = table.indexes().get(i);
            BtreeBatch batch = scratch.batch();
            batch.clear();
            for (int row = 0; row < rows.size(); row++) {
                KeyEncoder key = Keys.ofTuple(tableScratch.encoder(i), table, index, rows.bytes(), rows.start(row));
                add(batch, index, key, rows.tid(row));
            }
            long conflict = insert(batch, index);
            if (conflict != Tid.NONE) {
                throw duplicate(index, conflict, conflictTid());
            }
        }
    }

    /** Keys with NULLs are in no conflict, so they go around the unique check. */
    void add(BtreeBatch batch, IndexInfo index, KeyEncoder key, long tid) {
        if (index.unique() && key.hasNull()) {
            scratch.writer().insert(index.btree(), key.bytes(), key.length(), tid, t.tx().xid());
        } else {
            batch.add(key.bytes(), key.length(), tid);
        }
    }

    /** @return {@link Tid#NONE}, or the row of the batch whose key a live row has; that one is at {@link #conflictTid} */
    long insert(BtreeBatch batch, IndexInfo index) {
        batch.sort();
        for (int done = 0; ; ) {
            done = insertWithoutWaiting(batch, done, index);
            if (done == batch.size()) {
                return Tid.NONE;
            }
            if (verdict() == BtreeWriter.CONFLICT) {
                return batch.tid(done);
            }
            RowWaits.forInserter(t, verdict(), table, conflictTid());
        }
    }

    /** @return the first entry of the sorted batch that isn't in: {@link #verdict} says why; its size if all are */
    int insertWithoutWaiting(BtreeBatch batch, int from, IndexInfo index) {
        return scratch.writer()
                .insertBatch(index.btree(), batch, from, t.tx().xid(), index.unique() ? liveTuples : null);
    }

    /** {@link BtreeWriter#CONFLICT}, or whose end decides. */
    long verdict() {
        return scratch.writer().verdict();
    }

    /** The row that stands, or may stand, in the way. */
    long conflictTid() {
        return scratch.writer().conflictTid();
    }

    private boolean findLive(long rootTid, HeapTuple out) {
        return table.heap().findLive(rootTid, t.tx(), out) == Heap.CONFLICT;
    }

    /**
     * 23505.
     *
     * @param tid the new row
     * @param rootTid the row that has its key already
     */
    UniqueViolationException duplicate(IndexInfo index, long tid, long rootTid) {
        HeapTuple other = new HeapTuple();
        String key = RowName.key(t, table, index, tid);
        // its root may have become another row's since the index was asked
        boolean found = findLive(rootTid, other)
                && (!t.mustLookAgain(table, other) || findLive(rootTid, other))
                && key.equals(RowName.key(table, index, new TupleRow(table, t, other.bytes(), other.tid())));
        return new UniqueViolationException(
                "duplicate key value violates unique constraint \"" + index.name() + "\"",
                "Key " + key + " already exists.",
                null,
                new ErrorSubject(
                        table.name(),
                        index.name(),
                        key,
                        found && !t.tx().isOwn(other.xmin()) ? other.xmin() : Xid.NONE));
    }
}
