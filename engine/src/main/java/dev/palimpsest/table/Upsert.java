package dev.palimpsest.table;

import dev.palimpsest.api.ErrorSubject;
import dev.palimpsest.api.OnConflict;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.SerializationException;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.HeapTuple;
import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import dev.palimpsest.tuple.LittleEndian;
import dev.palimpsest.tuple.TupleLayout;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Iterator;
import java.util.function.Consumer;

/**
 * INSERT … ON CONFLICT: each row is inserted, or, where the arbiter indexes have a live row with its key, leaves that row alone or changes
 * it. Rows that are in no conflict are collected and inserted together. README.md has the rules and why they are safe.
 *
 * <p>One statement's; not thread-safe. Source: PostgreSQL, {@code nodeModifyTable.c}, ExecInsert.
 */
final class Upsert {
    private final UserTransaction t;
    private final TableInfo table;
    private final RowInserter former;
    private final ConflictProbe probe;
    private final SpeculativeInsertion insertion;

    /** Null: DO NOTHING. */
    private final ConflictUpdate update;

    private final Consumer<Row> returning;

    /** Rows without a conflict so far, to be inserted together. */
    private final RowBatch pending = new RowBatch();

    /** One row that is inserted by itself. */
    private RowBatch single;

    private long written;

    /** @param returning told what is written; null for nobody */
    Upsert(UserTransaction t, TableInfo table, Scratch scratch, OnConflict conflict, Consumer<Row> returning) {
        this.t = t;
        this.table = table;
        this.returning = returning;
        boolean[] arbiter = Arbiters.of(table, conflict);
        former = new RowInserter(t, table, scratch);
        probe = new ConflictProbe(t, table, scratch, arbiter);
        insertion = new SpeculativeInsertion(t, table, scratch, arbiter);
        update = conflict.change() == null ? null : new ConflictUpdate(t, table, scratch, conflict, returning);
    }

    /** @return how many rows were inserted or changed */
    long insertAll(Iterator<Object[]> rows) {
        while (rows.hasNext()) {
            add(rows.next());
        }
        flush();
        return written;
    }

    /** One row. @return false if nothing was written */
    boolean insert(Object[] values) {
        add(values);
        flush();
        return written != 0;
    }

    private void add(Object[] values) {
        int length = former.form(values);
        long answer = probe.look(former.bytes(), 0);
        if (answer == ConflictProbe.FREE && probe.addPending(former.bytes(), 0)) {
            pending.add(former.bytes(), length);
            if (pending.isFull()) {
                flush();
            }
            return;
        }
        if (answer == ConflictProbe.CONFLICT && update == null) { // writes nothing, so the others needn't come first
            checkVisible(probe.found());
            return;
        }
        byte[] tuple = Arrays.copyOf(former.bytes(), length);
        flush();
        insertOrResolve(tuple);
    }

    private void flush() {
        int count = pending.size();
        if (count == 0) {
            return;
        }
        probe.clearPending();
        BitSet gaveWay = (BitSet) insertion.insert(pending).clone();
        for (int row = 0; row < count; row++) {
            if (gaveWay.get(row)) {
                insertOrResolve(Arrays.copyOfRange(pending.bytes(), pending.start(row), pending.end(row)));
            } else {
                inserted(pending, row);
            }
        }
        pending.clear();
    }

    private void inserted(RowBatch rows, int row) {
        written++;
        if (returning != null) {
            returning.accept(WrittenRow.written(t, table, rows.bytes(), rows.start(row), rows.end(row), rows.tid(row)));
        }
    }

    /** One row, until it is in or its conflict is dealt with. */
    private void insertOrResolve(byte[] tuple) {
        while (true) {
            if (probe.isFree(tuple, 0)) {
                if (insertAlone(tuple)) {
                    return;
                }
            } else if (update == null) {
                checkVisible(probe.found());
                return;
            } else {
                ConflictUpdate.Outcome outcome = update.apply(probe.found(), tuple);
                if (outcome != ConflictUpdate.Outcome.AGAIN) {
                    written += outcome == ConflictUpdate.Outcome.CHANGED ? 1 : 0;
                    return;
                }
            }
        }
    }

    /** @return false if another row was faster: who that was is decided on return */
    private boolean insertAlone(byte[] tuple) {
        single = single != null ? single : new RowBatch();
        single.clear();
        single.add(tuple, tuple.length);
        if (insertion.insert(single).isEmpty()) {
            inserted(single, 0);
            return true;
        }
        if (insertion.obstacleXid() != Xid.NONE) { // in an index that the probe doesn't look at, perhaps
            t.waitForInserter(insertion.obstacleXid(), table, insertion.obstacleTid());
        }
        return false;
    }

    /**
     * DO NOTHING because of a row that the snapshot doesn't see: above READ COMMITTED the transaction couldn't explain it by any order.
     * Source: PostgreSQL, ExecCheckTIDVisible.
     */
    private void checkVisible(HeapTuple existing) {
        if (!t.isReadCommitted() && !t.tx().isOwn(existing.xmin()) && !isVisible(t, table, existing)) {
            throw invisible(table, existing);
        }
    }

    static boolean isVisible(UserTransaction t, TableInfo table, HeapTuple version) {
        byte[] tuple = version.bytes();
        return table.heap()
                .visibility()
                .isVisible(
                        t.tx().snapshot(),
                        version.xmin(),
                        version.xmax(),
                        version.flags(),
                        LittleEndian.intAt(tuple, TupleLayout.CMIN),
                        LittleEndian.intAt(tuple, TupleLayout.CMAX));
    }

    static SerializationException invisible(TableInfo table, HeapTuple existing) {
        return new SerializationException(
                "could not serialize access due to concurrent update",
                "table=" + table.name() + " row=" + Tid.toString(existing.tid()) + " transaction=" + existing.xmin(),
                "Roll the transaction back and run it again.",
                new ErrorSubject(table.name(), null, Tid.toString(existing.tid()), existing.xmin()));
    }
}
