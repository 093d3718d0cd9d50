package dev.palimpsest.table;

import dev.palimpsest.api.OnConflict;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.api.WaitPolicy;
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
 * <p>PostgreSQL locks the row, asks the condition and changes it. Here a change that nobody stands in the way of does without the lock: that
 * the version still is the newest when it is replaced says that the condition was asked of the right one.
 *
 * <p>One statement's; not thread-safe. Source: PostgreSQL, {@code nodeModifyTable.c}, ExecOnConflictUpdate.
 */
final class ConflictUpdate {
    /** What became of it. */
    enum Outcome {
        CHANGED,
        /** The condition doesn't hold: locked, not changed. */
        LEFT_ALONE,
        /** Somebody else has changed the row: look again. */
        AGAIN
    }

    private final UserTransaction t;
    private final TableInfo table;
    private final OnConflict action;
    private final RowModifier modifier;

    /** Null until somebody is in the way, or the condition doesn't hold. */
    private RowLocker locker;

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
            throw Upsert.invisible(t, table, existing);
        }
        proposed = new TupleRow(table, t, tuple, Tid.NONE);
        if (action.where() != null
                && !action.where().test(new TupleRow(table, t, existing.bytes(), existing.tid()), proposed)) {
            return lock(existing, RowLockMode.NO_KEY_UPDATE) ? Outcome.LEFT_ALONE : Outcome.AGAIN;
        }
        while (true) {
            ModifyResult result = modifier.modifyOnce(existing);
            switch (result.status()) {
                case DONE -> {
                    return Outcome.CHANGED;
                }
                case WAIT -> {
                    if (!lock(existing, modifier.strength())) {
                        return Outcome.AGAIN;
                    }
                }
                default -> {
                    if (!t.isReadCommitted()) {
                        throw RowLocker.concurrentChange(t, table, result, existing);
                    }
                    return Outcome.AGAIN;
                }
            }
        }
    }

    /** Waits its turn for the row. @return false if that version isn't the newest any more */
    private boolean lock(HeapTuple existing, RowLockMode mode) {
        locker = locker != null ? locker : new RowLocker(t, table);
        return locker.tryVersion(existing, mode, WaitPolicy.BLOCK) == ModifyResult.Status.DONE;
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
}
