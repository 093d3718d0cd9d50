package dev.palimpsest.table;

import dev.palimpsest.api.OnConflict;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which unique indexes decide whether a row is in conflict. Stateless.
 *
 * <p>Source: PostgreSQL, {@code infer_arbiter_indexes}; indexes here have no expressions and no conditions.
 */
final class Arbiters {
    private Arbiters() {}

    /**
     * @return for each of the table's indexes whether it decides
     * @throws UsageException 42703, 42704, 42809, 42P10, 42601
     */
    static boolean[] of(TableInfo table, OnConflict conflict) {
        if (conflict.constraint() != null) {
            return named(table, conflict);
        }
        if (!conflict.columns().isEmpty()) {
            return inferred(table, conflict.columns());
        }
        if (conflict.change() != null) {
            throw new UsageException(
                    SqlState.SYNTAX_ERROR,
                    "ON CONFLICT DO UPDATE requires inference specification or constraint name",
                    null,
                    "For example, ON CONFLICT (column_name).",
                    null);
        }
        boolean[] all = new boolean[table.indexes().size()];
        for (int i = 0; i < all.length; i++) {
            all[i] = table.indexes().get(i).unique();
        }
        return all;
    }

    private static boolean[] named(TableInfo table, OnConflict conflict) {
        if (!conflict.columns().isEmpty()) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE, "ON CONFLICT takes columns or a constraint, not both");
        }
        boolean[] arbiter = new boolean[table.indexes().size()];
        for (int i = 0; i < arbiter.length; i++) {
            IndexInfo index = table.indexes().get(i);
            if (index.constraint() && index.name().equals(conflict.constraint())) {
                arbiter[i] = true;
                return arbiter;
            }
        }
        throw new UsageException(
                SqlState.UNDEFINED_OBJECT,
                "constraint \"" + conflict.constraint() + "\" for table \"" + table.name() + "\" does not exist");
    }

    /** Every unique index over exactly these columns, in whatever order. */
    private static boolean[] inferred(TableInfo table, List<String> columns) {
        Set<Integer> wanted = new TreeSet<>();
        for (String column : columns) {
            int number = table.schema().indexOf(column);
            if (number < 0) {
                throw new UsageException(SqlState.UNDEFINED_COLUMN, "column \"" + column + "\" does not exist");
            }
            wanted.add(number);
        }
        boolean[] arbiter = new boolean[table.indexes().size()];
        boolean any = false;
        for (int i = 0; i < arbiter.length; i++) {
            IndexInfo index = table.indexes().get(i);
            arbiter[i] = index.unique() && wanted.equals(new TreeSet<>(index.columns()));
            any |= arbiter[i];
        }
        if (!any) {
            throw new UsageException(
                    SqlState.INVALID_COLUMN_REFERENCE,
                    "there is no unique or exclusion constraint matching the ON CONFLICT specification");
        }
        return arbiter;
    }
}
