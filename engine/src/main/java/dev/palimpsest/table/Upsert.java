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
import java.util.ArrayDeque;
import java.util.Arrays;
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
    private final Scratch scratch;
    private final RowInserter former;
    private final ConflictProbe probe;
    private final SpeculativeInsertion insertion;

    /** Null: DO NOTHING. */
    private final ConflictUpdate update;

    private final Consumer<Row> returning;

    /** Rows without a conflict so far, to be inserted together. */
    private final RowBatch pending = new RowBatch();

    /** Formed rows to be looked at again, in order; they come after the pending ones and before those that are still to be formed. */
    private final ArrayDeque<byte[]> again = new ArrayDeque<>(0);

    private long written;

    /** @param returning told what is written; null for nobody */
    Upsert(UserTransaction t, TableInfo table, Scratch scratch, OnConflict conflict, Consumer<Row> returning) {
        this.t = t;
        this.table = table;
        this.scratch = scratch;
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
            t.tx().checkInterrupts();
            add(rows.next());
        }
        finish();
        return written;
    }

    /** One row. @return false if nothing was written */
    boolean insert(Object[] values) {
        add(values);
        finish();
        return written != 0;
    }

    private void add(Object[] values) {
        int length = former.form(values);
        process(former.bytes(), length);
        while (!again.isEmpty()) {
            byte[] tuple = again.pollFirst();
            process(tuple, tuple.length);
        }
    }

    private void finish() {
        flush();
        while (!again.isEmpty()) {
            byte[] tuple = again.pollFirst();
            process(tuple, tuple.length);
            if (again.isEmpty()) {
                flush();
            }
        }
    }

    /** The next row in order. */
    private void process(byte[] bytes, int length) {
        long answer = probe.look(bytes, 0);
        if (answer == ConflictProbe.FREE && probe.addPending(bytes, 0)) {
            pending.add(bytes, length);
            if (pending.isFull()) {
                flush();
            }
        } else if (answer == ConflictProbe.CONFLICT && update == null) {
            checkVisible(probe.found()); // writes nothing, so the pending ones needn't come first
        } else {
            byte[] tuple = Arrays.copyOf(bytes, length);
            again.addFirst(tuple);
            flush();
            if (again.peekFirst() == tuple) { // else others are to be looked at first
                again.removeFirst();
                resolve(tuple);
            }
        }
    }

    /** Inserts what is pending; what gave way goes to the front of the queue. */
    private void flush() {
        int count = pending.size();
        if (count == 0) {
            return;
        }
        probe.clearPending();
        int in = insertion.insert(pending);
        for (int row = 0; row < in; row++) {
            written++;
            if (table.hasForeignKeys()) {
                scratch.events().inserted(table, pending.bytes(), pending.start(row), pending.tid(row));
            }
            if (returning != null) {
                returning.accept(WrittenRow.written(
                        t, table, pending.bytes(), pending.start(row), pending.end(row), pending.tid(row)));
            }
        }
        for (int row = count - 1; row >= in; row--) {
            again.addFirst(Arrays.copyOfRange(pending.bytes(), pending.start(row), pending.end(row)));
        }
        pending.clear();
        if (in < count && insertion.obstacleXid() != Xid.NONE) { // the probe may not look at that index
            RowWaits.forInserter(t, insertion.obstacleXid(), table, insertion.obstacleTid());
        }
    }

    /** Nothing is pending. Waits, does what is to be done about a conflict, or leaves the row pending if there is none any more. */
    private void resolve(byte[] tuple) {
        while (true) {
            if (probe.isFree(tuple, 0)) {
                probe.addPending(tuple, 0);
                pending.add(tuple, tuple.length);
                return;
            }
            if (update == null) {
                checkVisible(probe.found());
                return;
            }
            ConflictUpdate.Outcome outcome = update.apply(probe.found(), tuple);
            if (outcome != ConflictUpdate.Outcome.AGAIN) {
                written += outcome == ConflictUpdate.Outcome.CHANGED ? 1 : 0;
                return;
            }
        }
    }

    /**
     * DO NOTHING because of a row that the snapshot doesn't see: above READ COMMITTED the transaction couldn't explain it by any order.
     * Source: PostgreSQL, ExecCheckTIDVisible.
     */
    private void checkVisible(HeapTuple existing) {
        if (!t.isReadCommitted() && !t.tx().isOwn(existing.xmin()) && !isVisible(t, table, existing)) {
            throw invisible(t, table, existing);
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

    static SerializationException invisible(UserTransaction t, TableInfo table, HeapTuple existing) {
        return new SerializationException(
                "could not serialize access due to concurrent update",
                "table=" + table.name() + " row=" + Tid.toString(existing.tid()) + " transaction=" + existing.xmin(),
                "Roll the transaction back and run it again.",
                new ErrorSubject(table.name(), null, RowName.of(t, table, existing), existing.xmin()));
    }
}
