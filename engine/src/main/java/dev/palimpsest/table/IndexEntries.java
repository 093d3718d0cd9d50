package dev.palimpsest.table;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.btree.BtreeBatch;
import dev.palimpsest.btree.BtreeWriter;
import dev.palimpsest.btree.KeyEncoder;
import dev.palimpsest.btree.LiveTupleCheck;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.HeapTuple;
import dev.palimpsest.id.Tid;
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
                throw duplicate(index, tid);
            }
            t.waitFor(answer, table, writer.conflictTid());
        }
    }

    /** Entries for many versions of one batch, in key order. */
    void insertAll(byte[] packed, int[] offsets, int count, long[] tids) {
        for (int i = 0; i < table.indexes().size(); i++) {
            IndexInfo index = table.indexes().get(i);
            BtreeBatch batch = scratch.batch();
            batch.clear();
            for (int row = 0; row < count; row++) {
                add(batch, index, Keys.ofTuple(tableScratch.encoder(i), table, index, packed, offsets[row]), tids[row]);
            }
            long conflict = insert(batch, index);
            if (conflict != Tid.NONE) {
                throw duplicateOfTheRowAt(index, conflict);
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

    /** @return {@link Tid#NONE}, or the live row that has a key of the batch */
    long insert(BtreeBatch batch, IndexInfo index) {
        batch.sort();
        BtreeWriter writer = scratch.writer();
        LiveTupleCheck check = index.unique() ? liveTuples : null;
        for (int done = 0; ; ) {
            done = writer.insertBatch(index.btree(), batch, done, t.tx().xid(), check);
            if (done == batch.size()) {
                return Tid.NONE;
            }
            if (writer.verdict() == BtreeWriter.CONFLICT) {
                return writer.conflictTid();
            }
            t.waitFor(writer.verdict(), table, writer.conflictTid());
        }
    }

    private UsageException duplicate(IndexInfo index, long tid) {
        return new UsageException(
                SqlState.UNIQUE_VIOLATION,
                "duplicate key value violates unique constraint \"" + index.name() + "\"",
                "Key " + describeKey(index, tid) + " already exists.");
    }

    /** In a batch only the other row is known; it has the same key. */
    private UsageException duplicateOfTheRowAt(IndexInfo index, long rootTid) {
        return duplicate(index, rootTid);
    }

    /** {@code (a, b)=(1, x)}: the key of the row at a place, which may be a root whose body has moved on. */
    String describeKey(IndexInfo index, long tid) {
        HeapTuple version = new HeapTuple();
        StringBuilder names = new StringBuilder();
        StringBuilder values = new StringBuilder();
        TupleRow row = table.heap().fetchVersion(tid, version) ? new TupleRow(table, t, version.bytes(), tid) : null;
        for (int column : index.columns()) {
            names.append(names.length() == 0 ? "" : ", ")
                    .append(table.schema().columns().get(column).name());
            boolean big = row != null && isLong(row, column);
            values.append(values.length() == 0 ? "" : ", ")
                    .append(row == null ? "?" : big ? "…" : Values.text(row.value(column)));
        }
        return "(" + names + ")=(" + values + ")";
    }

    private boolean isLong(TupleRow row, int column) {
        ColumnType.Kind kind = table.descriptor().kind(column);
        boolean byteString =
                kind == ColumnType.Kind.TEXT || kind == ColumnType.Kind.VARCHAR || kind == ColumnType.Kind.BYTEA;
        return byteString && row.lengthBytes(column) > 1000;
    }
}
