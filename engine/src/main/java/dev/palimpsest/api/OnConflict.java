package dev.palimpsest.api;

import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.BiPredicate;

/**
 * What an insert does where a row with the same unique key exists: nothing, or a change of that row. Immutable. For example a counter:
 *
 * <pre>{@code
 * OnConflict add = OnConflict.doUpdate(
 *         List.of("id"), (change, excluded) -> change.setLong("n", change.row().longValue("n") + excluded.longValue("n")));
 * counters.insert(tx, add, new Object[] {42L, 1L});
 * }</pre>
 *
 * <p>The functions may be called again for another version of the row, so they must not have side effects; they may read through the
 * same transaction.
 *
 * @param columns the unique index to look at, by its columns in any order; empty for all unique indexes (only without a change) or
 *     where {@code constraint} names it
 * @param constraint the name of that index, or null
 * @param change changes the existing row, given the row proposed for insertion (EXCLUDED); null does nothing
 * @param where of the existing row and the proposed one: rows for which it is false are locked and left alone; null for none
 */
public record OnConflict(
        List<String> columns, String constraint, BiConsumer<RowChange, Row> change, BiPredicate<Row, Row> where) {
    public OnConflict {
        UsageException.required(columns, "the columns");
        columns = List.copyOf(columns);
    }

    /** ON CONFLICT [(columns)] DO NOTHING. */
    public static OnConflict doNothing(String... columns) {
        return new OnConflict(List.of(columns), null, null, null);
    }

    /** ON CONFLICT (columns) DO UPDATE. */
    public static OnConflict doUpdate(List<String> columns, BiConsumer<RowChange, Row> change) {
        return new OnConflict(columns, null, UsageException.required(change, "the change"), null);
    }

    /** ON CONFLICT ON CONSTRAINT: of a primary key or unique constraint, in place of columns. */
    public OnConflict onConstraint(String name) {
        return new OnConflict(columns, name, change, where);
    }

    /** DO UPDATE … WHERE. */
    public OnConflict where(BiPredicate<Row, Row> condition) {
        return new OnConflict(columns, constraint, change, condition);
    }
}
