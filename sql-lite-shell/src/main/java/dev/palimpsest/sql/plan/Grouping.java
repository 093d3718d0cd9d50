package dev.palimpsest.sql.plan;

import dev.palimpsest.sql.parser.Expression;
import dev.palimpsest.sql.parser.SqlPrinter;
import java.util.ArrayList;
import java.util.List;

/** The keys and aggregates of a grouped query; both grow while its expressions are bound. Not thread-safe. */
public final class Grouping {
    private final List<Bound> keys = new ArrayList<>();
    private final List<Aggregate> aggregates = new ArrayList<>();
    private final boolean keyed;

    /** @param keyed whether the keys hold the table's primary key: then every column follows from them */
    Grouping(List<Bound> keys, boolean keyed) {
        this.keys.addAll(keys);
        this.keyed = keyed;
    }

    /** A group's values: keys first, then aggregates; what a grouped query's expressions read. */
    public record GroupTuple(Object[] keys, Object[] aggregates) implements Tuple {
        @Override
        public Object get(int column) {
            return keys[column];
        }
    }

    public List<Bound> keys() {
        return keys;
    }

    public List<Aggregate> aggregates() {
        return aggregates;
    }

    /** The key that an expression is, or null. */
    Bound find(Expression expression, Bound column) {
        for (int i = 0; i < keys.size(); i++) {
            Bound key = keys.get(i);
            boolean same = column != null
                    ? key.column() == column.column()
                    : key.column() == Bound.NO_COLUMN
                            && SqlPrinter.print(key.source()).equals(SqlPrinter.print(expression));
            if (same) {
                return key(i, expression);
            }
        }
        return null;
    }

    private Bound key(int index, Expression source) {
        return Bound.computed(keys.get(index).type(), false, tuple -> ((GroupTuple) tuple).keys()[index], source);
    }

    /** A column that isn't a key itself. */
    Bound addColumn(Bound column, Expression.ColumnRef ref, Scope scope) {
        if (!keyed) {
            throw SqlError.at(
                    ref.location(),
                    "42803",
                    "column \"" + scope.name() + "." + ref.name()
                            + "\" must appear in the GROUP BY clause or be used in an aggregate function");
        }
        keys.add(column);
        return key(keys.size() - 1, ref);
    }

    Bound add(Aggregate aggregate, Expression source) {
        int index = aggregates.size();
        aggregates.add(aggregate);
        return Bound.computed(aggregate.type(), false, tuple -> ((GroupTuple) tuple).aggregates()[index], source);
    }
}
