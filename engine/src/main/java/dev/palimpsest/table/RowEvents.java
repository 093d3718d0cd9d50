package dev.palimpsest.table;

import dev.palimpsest.catalog.ForeignKeyInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.id.Tid;
import dev.palimpsest.tuple.TupleReader;
import java.util.Arrays;

/**
 * The rows of tables with foreign keys, at either end, that a statement has changed so that something is to be checked or done when it is
 * over: in order of the changes, old and new places only, since both versions are this transaction's to keep. Changes that leave the keys as
 * they are don't get in.
 *
 * <p>One statement's, cascades included; not thread-safe. Source: PostgreSQL, {@code trigger.c}, AfterTriggerSaveEvent.
 */
final class RowEvents {
    private TableInfo[] tables = new TableInfo[16];
    private long[] oldTids = new long[16];
    private long[] newTids = new long[16];
    private int count;

    /** The next one to be looked at. */
    private int position;

    void inserted(TableInfo table, byte[] tuple, int base, long tid) {
        for (ForeignKeyInfo key : table.foreignKeys()) {
            if (!hasNull(table, key, tuple, base)) {
                add(table, Tid.NONE, tid);
                return;
            }
        }
    }

    void deleted(TableInfo table, long tid) {
        if (!table.referencedBy().isEmpty()) {
            add(table, tid, Tid.NONE);
        }
    }

    void updated(UserTransaction t, TableInfo table, byte[] before, long oldTid, byte[] after, long newTid) {
        TupleRow old = new TupleRow(table, t, before, oldTid);
        TupleRow changed = new TupleRow(table, t, after, newTid);
        for (ForeignKeyInfo key : table.foreignKeys()) {
            if (isCheckNeeded(t, key, old, changed)) {
                add(table, oldTid, newTid);
                return;
            }
        }
        for (ForeignKeyInfo key : table.referencedBy()) {
            if (!KeyValues.of(old, key.referencedColumns())
                    .isIdentical(KeyValues.of(changed, key.referencedColumns()))) {
                add(table, oldTid, newTid);
                return;
            }
        }
    }

    /**
     * Another key, or the old version is this transaction's own: then its check may not have come yet, and will find that it isn't the newest
     * any more. Source: PostgreSQL, RI_FKey_fk_upd_check_required.
     */
    static boolean isCheckNeeded(UserTransaction t, ForeignKeyInfo key, TupleRow old, TupleRow changed) {
        KeyValues values = KeyValues.of(changed, key.columns());
        if (values.hasNull()) {
            return false;
        }
        return t.tx().isOwn(old.xmin()) || !values.isEqual(KeyValues.of(old, key.columns()));
    }

    private static boolean hasNull(TableInfo table, ForeignKeyInfo key, byte[] tuple, int base) {
        for (int i = 0; i < key.columns().size(); i++) {
            if (TupleReader.attributeOffset(
                            table.descriptor(), tuple, base, key.columns().get(i))
                    < 0) {
                return true;
            }
        }
        return false;
    }

    private void add(TableInfo table, long oldTid, long newTid) {
        if (count == tables.length) {
            tables = Arrays.copyOf(tables, 2 * count);
            oldTids = Arrays.copyOf(oldTids, 2 * count);
            newTids = Arrays.copyOf(newTids, 2 * count);
        }
        tables[count] = table;
        oldTids[count] = oldTid;
        newTids[count++] = newTid;
    }

    /** Goes to the next event; false at the end. */
    boolean next() {
        return ++position <= count;
    }

    TableInfo table() {
        return tables[position - 1];
    }

    /** {@link Tid#NONE} for an insert. */
    long oldTid() {
        return oldTids[position - 1];
    }

    /** {@link Tid#NONE} for a delete. */
    long newTid() {
        return newTids[position - 1];
    }

    boolean isEmpty() {
        return count == 0;
    }
}
