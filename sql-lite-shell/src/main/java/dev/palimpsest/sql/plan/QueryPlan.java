package dev.palimpsest.sql.plan;

import dev.palimpsest.api.RowLock;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.sql.parser.Expression;
import java.util.List;

/**
 * A query ready to run. Immutable.
 *
 * @param table the table read, or null
 * @param path how it is read, null without a table
 * @param computed what else is read, or null; without both there is one row without columns
 * @param values the rows of VALUES, or null
 * @param where null for none; so are grouping, having, limit and offset
 * @param sort empty if the rows come in order anyway
 * @param lock how the table's rows are locked, in the order of output; null for not at all
 */
public record QueryPlan(
        TableSchema table,
        AccessPath path,
        Relations.Computed computed,
        List<List<Bound>> values,
        Bound where,
        Grouping grouping,
        Bound having,
        List<Bound> outputs,
        List<ResultColumn> columns,
        List<SortKey> sort,
        boolean distinct,
        Bound limit,
        Bound offset,
        RowLock lock) {
    /**
     * One key of an order.
     *
     * @param output the position of the output column that it is, or -1
     * @param value otherwise what it is
     */
    public record SortKey(int output, Bound value, boolean descending, boolean nullsFirst, Expression source) {}

    /** Compares two values of this key. */
    public static int compare(SortKey key, Object a, Object b) {
        if (a == null || b == null) {
            return a == b ? 0 : (a == null) == key.nullsFirst() ? -1 : 1;
        }
        int order = Values.compare(a, b);
        return key.descending() ? -order : order;
    }
}
