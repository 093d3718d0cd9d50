package dev.palimpsest.table;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What one session has done to one table's rows: nobody else writes these numbers, so counting costs nothing that threads would meet at. What
 * the open transaction did is apart until its end says whether rows came to live or died.
 */
final class RowCounts {
    static final int INSERTED = 0;
    static final int UPDATED = 1;
    static final int HOT_UPDATED = 2;
    static final int DELETED = 3;

    /** Rows, gone ones subtracted. */
    static final int LIVE = 4;

    /** Versions that died, removed or not. */
    static final int DEAD = 5;

    static final int FIELDS = 6;

    private static final VarHandle VALUE = MethodHandles.arrayElementVarHandle(long[].class);

    final int oid;

    /** Single-writer, opaque. */
    private final long[] values = new long[FIELDS];

    // of the open transaction; owner's thread
    long inserts;
    long updates;
    long deletes;

    RowCounts(int oid) {
        this.oid = oid;
    }

    /** Did the open transaction do anything yet? */
    boolean isTouched() {
        return inserts + updates + deletes != 0;
    }

    void inserted(int rows) {
        add(INSERTED, rows);
        inserts += rows;
    }

    void updated(boolean hot) {
        add(UPDATED, 1);
        if (hot) {
            add(HOT_UPDATED, 1);
        }
        updates++;
    }

    void deleted() {
        add(DELETED, 1);
        deletes++;
    }

    /** Rows that were inserted and taken back. */
    void killed(int rows) {
        add(INSERTED, rows);
        add(DEAD, rows);
    }

    void commit() {
        add(LIVE, inserts - deletes);
        add(DEAD, updates + deletes);
        clear();
    }

    void abort() {
        add(DEAD, inserts + updates);
        clear();
    }

    /** Back to what they were at a savepoint: what was done since is rolled back. */
    void abortTo(long insertsThen, long updatesThen, long deletesThen) {
        add(DEAD, inserts - insertsThen + updates - updatesThen);
        inserts = insertsThen;
        updates = updatesThen;
        deletes = deletesThen;
    }

    private void clear() {
        inserts = 0;
        updates = 0;
        deletes = 0;
    }

    private void add(int field, long amount) {
        VALUE.setOpaque(values, field, values[field] + amount);
    }

    /** Any thread. */
    void addTo(long[] sums) {
        for (int field = 0; field < FIELDS; field++) {
            sums[field] += (long) VALUE.getOpaque(values, field);
        }
    }
}
