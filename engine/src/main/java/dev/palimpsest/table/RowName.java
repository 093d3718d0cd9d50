package dev.palimpsest.table;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.Heap;
import dev.palimpsest.heap.HeapTuple;
import dev.palimpsest.id.Tid;

/** How errors name a row. Stateless. */
final class RowName {
    private static final int LONGEST_BYTES = 1000;

    private RowName() {}

    /** By its primary key; by its place, {@code (0,7)}, where there is none or the row has left. Caller holds no latch. */
    static String of(UserTransaction t, TableInfo table, long tid) {
        IndexInfo primaryKey = table.primaryKey();
        TupleRow row = primaryKey == null ? null : rowAt(t, table, tid);
        return row == null ? Tid.toString(tid) : key(table, primaryKey, row);
    }

    /** The same for a version that was read, wherever it is by now. */
    static String of(UserTransaction t, TableInfo table, HeapTuple version) {
        IndexInfo primaryKey = table.primaryKey();
        return primaryKey == null
                ? Tid.toString(version.tid())
                : key(table, primaryKey, new TupleRow(table, t, version.bytes(), version.tid()));
    }

    /** {@code (a, b)=(1, x)}: the key of the row at a place, which may be a root whose body has moved on. */
    static String key(UserTransaction t, TableInfo table, IndexInfo index, long tid) {
        return key(table, index, rowAt(t, table, tid));
    }

    private static TupleRow rowAt(UserTransaction t, TableInfo table, long tid) {
        HeapTuple version = new HeapTuple();
        boolean found = find(t, table, tid, version);
        if (found && t.mustLookAgain(table, version)) {
            found = find(t, table, tid, version);
        }
        return found ? new TupleRow(table, t, version.bytes(), tid) : null;
    }

    private static boolean find(UserTransaction t, TableInfo table, long tid, HeapTuple out) {
        return table.heap().fetchVersion(tid, out) || table.heap().findLive(tid, t.tx(), out) == Heap.CONFLICT;
    }

    static String key(TableInfo table, IndexInfo index, TupleRow row) {
        StringBuilder names = new StringBuilder();
        StringBuilder values = new StringBuilder();
        for (int column : index.columns()) {
            names.append(names.length() == 0 ? "" : ", ")
                    .append(table.schema().columns().get(column).name());
            boolean big = row != null && isLong(table, row, column);
            values.append(values.length() == 0 ? "" : ", ")
                    .append(row == null ? "?" : big ? "…" : Values.text(row.value(column)));
        }
        return "(" + names + ")=(" + values + ")";
    }

    private static boolean isLong(TableInfo table, TupleRow row, int column) {
        ColumnType.Kind kind = table.descriptor().kind(column);
        boolean byteString =
                kind == ColumnType.Kind.TEXT || kind == ColumnType.Kind.VARCHAR || kind == ColumnType.Kind.BYTEA;
        return byteString && row.lengthBytes(column) > LONGEST_BYTES;
    }
}
