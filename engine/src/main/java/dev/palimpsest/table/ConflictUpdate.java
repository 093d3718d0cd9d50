package dev.palimpsest.table;

import dev.palimpsest.api.ErrorSubject;
import dev.palimpsest.api.OnConflict;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.SerializationException;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.HeapTuple;
import dev.palimpsest.heap.ModifyResult;
import dev.palimpsest.id.Tid;
import dev.palimpsest.tuple.LittleEndian;
import dev.palimpsest.tuple.TupleLayout;
import java.util.function.Consumer;

/**
 * DO UPDATE: changes the version that stands in the way, whether the READ COMMITTED snapshot sees it or not. Follows no chain: if the
 * version is outdated, the caller looks again which row is in conflict now, if any.
 *
 * <p>One statement's; not thread-safe. Source: PostgreSQL, {@code nodeModifyTable.c}, ExecOnConflictUpdate.
 */
final class ConflictUpdate {
    /** What became of it. */
    enum Outcome {
        CHANGED,
        /** The condition doesn't hold. */
        LEFT_ALONE,
        /** Somebody else was changing the row: look again. */
        AGAIN
    }

    private final UserTransaction t;
    private final TableInfo table;
    private final OnConflict action;
    private final RowModifier modifier;

    /** What the statement wanted to insert: EXCLUDED. */
    private TupleRow proposed;

    ConflictUpdate(UserTransaction t, TableInfo table, Scratch scratch, OnConflict action, Consumer<Row> returning) {
        this.t = t;
        this.table = table;
        this.action = action;
        this.modifier = new RowModifier(
                        t, table, scratch, null, change -> action.change().accept(change, proposed))
                .returning(returning);
    }

    /**
     * @param existing a version that was live a moment ago
     * @param tuple the row that is in conflict with it; kept
     */
    Outcome apply(HeapTuple existing, byte[] tuple) {
        checkOnlyOnce(existing);
        if (!t.isReadCommitted() && !Upsert.isVisible(t, table, existing)) {
            throw Upsert.invisible(table, existing);
        }
        proposed = new TupleRow(table, t, tuple, Tid.NONE);
        if (action.where() != null
                && !action.where().test(new TupleRow(table, t, existing.bytes(), existing.tid()), proposed)) {
            return Outcome.LEFT_ALONE;
        }
        ModifyResult result = modifier.modifyOnce(existing);
        return switch (result.status()) {
            case DONE -> Outcome.CHANGED;
            case OWN_LATER -> throw secondTime();
            case WAIT -> {
                t.waitFor(result, table, existing.tid());
                yield Outcome.AGAIN;
            }
            case UPDATED, DELETED -> {
                if (!t.isReadCommitted()) {
                    throw concurrentChange(existing, result);
                }
                yield Outcome.AGAIN;
            }
        };
    }

    private void checkOnlyOnce(HeapTuple existing) {
        int cmin = LittleEndian.intAt(existing.bytes(), TupleLayout.CMIN);
        if (t.tx().isOwn(existing.xmin()) && Integer.compareUnsigned(cmin, t.tx().commandId()) >= 0) {
            throw secondTime();
        }
    }

    private static UsageException secondTime() {
        return new UsageException(
                SqlState.CARDINALITY_VIOLATION,
                "ON CONFLICT DO UPDATE command cannot affect row a second time",
                null,
                "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.",
                null);
    }

    private SerializationException concurrentChange(HeapTuple existing, ModifyResult result) {
        boolean updated = result.status() == ModifyResult.Status.UPDATED;
        String row = Tid.toString(existing.tid());
        return new SerializationException(
                "could not serialize access due to concurrent " + (updated ? "update" : "delete"),
                "table=" + table.name() + " row=" + row + " transaction=" + result.xid(),
                "Roll the transaction back and run it again.",
                new ErrorSubject(table.name(), null, row, result.xid()));
    }
}
