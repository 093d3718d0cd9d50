package dev.palimpsest.table;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.tuple.BigValueWriter;
import dev.palimpsest.tuple.Datums;
import dev.palimpsest.tuple.TupleFormer;
import java.util.Iterator;
import java.util.function.Consumer;

/** New rows: values checked and completed, tuples formed, heap and indexes filled. One statement's; not thread-safe. */
final class RowInserter {
    private final UserTransaction t;
    private final TableInfo table;
    private final TupleFormer former;
    private final IndexEntries entries;
    private final BigValueWriter bigValues;
    private final Scratch scratch;

    /** The row's first NOT NULL column without a value; -1 for none. */
    private int missing;

    RowInserter(UserTransaction t, TableInfo table, Scratch scratch) {
        this.t = t;
        this.table = table;
        this.scratch = scratch;
        this.former = scratch.of(table).former();
        this.bigValues = table.heap().bigValues().writer(t.tx());
        this.entries = new IndexEntries(t, table, scratch);
    }

    /** The tuple that {@link #form} has formed; valid until the next one. */
    byte[] bytes() {
        return former.bytes();
    }

    void insert(Object[] values) {
        int length = form(values);
        long tid = table.heap().insert(t.tx(), former.bytes(), length);
        t.counts(table).inserted(1);
        entries.insert(former.bytes(), tid);
        if (table.hasForeignKeys()) {
            scratch.events().inserted(table, former.bytes(), 0, tid);
        }
    }

    /**
     * In batches of bounded size, whatever the iterator brings.
     *
     * @param returning told each new row once its batch is in; null for nobody
     */
    long insertAll(Iterator<Object[]> rows, Consumer<Row> returning) {
        RowBatch batch = new RowBatch();
        long total = 0;
        while (rows.hasNext()) {
            t.tx().checkInterrupts();
            int length = form(rows.next());
            batch.add(former.bytes(), length);
            if (batch.isFull()) {
                total += flush(batch, returning);
            }
        }
        return total + flush(batch, returning);
    }

    private int flush(RowBatch batch, Consumer<Row> returning) {
        int count = batch.size();
        if (count > 0) {
            batch.insertInto(table.heap(), t.tx());
            t.counts(table).inserted(count);
            entries.insertAll(batch);
            for (int row = 0; table.hasForeignKeys() && row < count; row++) {
                scratch.events().inserted(table, batch.bytes(), batch.start(row), batch.tid(row));
            }
            for (int row = 0; returning != null && row < count; row++) {
                returning.accept(
                        WrittenRow.written(t, table, batch.bytes(), batch.start(row), batch.end(row), batch.tid(row)));
            }
            batch.clear();
        }
        return count;
    }

    /** @return length of the tuple in {@link #bytes} */
    int form(Object[] values) {
        int columns = table.descriptor().columnCount();
        if (values == null || values.length != columns) {
            throw new UsageException(
                    SqlState.SYNTAX_ERROR,
                    "INSERT needs a value for each column",
                    "table=" + table.name() + " columns=" + columns + " values="
                            + (values == null ? "null" : values.length));
        }
        former.start();
        missing = -1;
        for (int i = 0; i < columns; i++) {
            set(i, values[i]);
        }
        int length = former.form(bigValues);
        if (missing >= 0) {
            throw RowChecks.nullIn(t, table, missing, former.bytes(), length);
        }
        RowChecks.check(t, table, former.bytes(), length);
        return length;
    }

    private void set(int column, Object given) {
        Column definition = table.descriptor().column(column);
        if (given == Table.DEFAULT) {
            Object value = Defaults.of(t, table, column);
            if (value == null) {
                missing(definition, column);
            }
            former.set(column, value);
        } else if (given == null) {
            missing(definition, column);
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

    /** What fails is the whole row, which the error shows. */
    private void missing(Column definition, int column) {
        if (definition.notNull() && missing < 0) {
            missing = column;
        }
    }
}
