package dev.palimpsest.table;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.tuple.Datums;
import dev.palimpsest.tuple.TupleFormer;
import java.util.Arrays;
import java.util.Iterator;

/** New rows: values checked and completed, tuples formed, heap and indexes filled. One statement's; not thread-safe. */
final class RowInserter {
    private static final int BATCH_ROWS = 1024;
    private static final int BATCH_BYTES = 256 << 10;

    private final UserTransaction t;
    private final TableInfo table;
    private final TupleFormer former;
    private final IndexEntries entries;

    RowInserter(UserTransaction t, TableInfo table, Scratch scratch) {
        this.t = t;
        this.table = table;
        this.former = scratch.of(table).former();
        this.entries = new IndexEntries(t, table, scratch);
    }

    void insert(Object[] values) {
        int length = form(values);
        long tid = table.heap().insert(t.tx(), former.bytes(), length);
        entries.insert(former.bytes(), tid);
    }

    /** In batches of bounded size, whatever the iterator brings. */
    long insertAll(Iterator<Object[]> rows) {
        byte[] packed = new byte[BATCH_BYTES + BATCH_BYTES / 8];
        int[] offsets = new int[BATCH_ROWS + 1];
        long[] tids = new long[BATCH_ROWS];
        long total = 0;
        int count = 0;
        while (rows.hasNext()) {
            int length = form(rows.next());
            int end = offsets[count] + length;
            if (end > packed.length) {
                packed = Arrays.copyOf(packed, end);
            }
            System.arraycopy(former.bytes(), 0, packed, offsets[count], length);
            offsets[++count] = end;
            if (count == BATCH_ROWS || end >= BATCH_BYTES) {
                flush(packed, offsets, count, tids);
                total += count;
                count = 0;
            }
        }
        flush(packed, offsets, count, tids);
        return total + count;
    }

    private void flush(byte[] packed, int[] offsets, int count, long[] tids) {
        if (count > 0) {
            table.heap().insertAll(t.tx(), packed, offsets, count, tids);
            entries.insertAll(packed, offsets, count, tids);
        }
    }

    private int form(Object[] values) {
        int columns = table.descriptor().columnCount();
        if (values == null || values.length != columns) {
            throw new UsageException(
                    SqlState.SYNTAX_ERROR,
                    "INSERT needs a value for each column",
                    "table=" + table.name() + " columns=" + columns + " values="
                            + (values == null ? "null" : values.length));
        }
        former.start();
        for (int i = 0; i < columns; i++) {
            set(i, values[i]);
        }
        return former.form(table.heap().bigValues());
    }

    private void set(int column, Object given) {
        Column definition = table.descriptor().column(column);
        if (given == Table.DEFAULT) {
            Object value = Defaults.of(t, table, column);
            if (value == null) {
                Defaults.checkNull(table, column);
            }
            former.set(column, value);
        } else if (given == null) {
            Defaults.checkNull(table, column);
        } else if (definition.identity() == Column.Identity.ALWAYS) {
            throw new UsageException(
                    SqlState.GENERATED_ALWAYS,
                    "cannot insert a non-DEFAULT value into column \"" + definition.name() + "\"",
                    "Column \"" + definition.name() + "\" is an identity column defined as GENERATED ALWAYS.",
                    "Pass Table.DEFAULT.",
                    null);
        } else {
            former.set(column, Datums.coerce(definition, given));
        }
    }
}
