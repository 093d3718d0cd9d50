package dev.palimpsest.sql.exec;

import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.OnConflict;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.sql.parser.Statement;
import dev.palimpsest.sql.plan.Binder;
import dev.palimpsest.sql.plan.Bound;
import dev.palimpsest.sql.plan.RowTuple;
import dev.palimpsest.sql.plan.Scope;
import dev.palimpsest.sql.plan.SqlError;
import dev.palimpsest.sql.plan.Tuple;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** ON CONFLICT made ready for the engine. One for each statement. Source of the rules: PG parse_clause.c, transformOnConflictArbiter. */
final class ConflictPlanner {
    private final ChangeExecutor changes;
    private final Statement.Insert insert;
    private final TableSchema schema;

    ConflictPlanner(ChangeExecutor changes, Statement.Insert insert, TableSchema schema) {
        this.changes = changes;
        this.insert = insert;
        this.schema = schema;
    }

    OnConflict plan() {
        Statement.OnConflict written = insert.onConflict();
        boolean update = !written.assignments().isEmpty();
        if (update && written.columns().isEmpty() && written.constraint() == null) {
            throw SqlError.at(
                            written.location(),
                            "42601",
                            "ON CONFLICT DO UPDATE requires inference specification or constraint name")
                    .withHint("For example, ON CONFLICT (column_name).");
        }
        List<String> columns = columns(written);
        if (!update) {
            return new OnConflict(columns, written.constraint(), null, null);
        }
        Scope scope = Scope.of(schema, insert.alias()).withExcluded();
        List<ChangeExecutor.Setter> setters =
                changes.setters(written.assignments(), schema, changes.binder(scope, "UPDATE"));
        Binder conditions = changes.binder(scope, "WHERE");
        Bound where = written.where() == null ? null : conditions.bindCondition(written.where(), "WHERE");
        return new OnConflict(
                columns,
                written.constraint(),
                (change, excluded) -> ChangeExecutor.apply(setters, change, both(change.row(), excluded)),
                where == null ? null : (row, excluded) -> where.isTrue(both(row, excluded)));
    }

    /** The existing row's columns, then the proposed one's. */
    private static Tuple both(Row existing, Row excluded) {
        Tuple first = new RowTuple(existing);
        Tuple second = new RowTuple(excluded);
        int width = existing.schema().columns().size();
        return column -> column < width ? first.get(column) : second.get(column - width);
    }

    private List<String> columns(Statement.OnConflict written) {
        if (written.constraint() != null && !isUnique(index -> index.name().equals(written.constraint()))) {
            throw SqlError.of(
                    "42704",
                    "constraint \"" + written.constraint() + "\" for table \"" + schema.name() + "\" does not exist");
        }
        Set<String> columns = new HashSet<>();
        for (Statement.ColumnName column : written.columns()) {
            if (schema.indexOf(column.name()) < 0) {
                throw SqlError.at(column.location(), "42703", "column \"" + column.name() + "\" does not exist");
            }
            columns.add(column.name());
        }
        boolean fits = columns.isEmpty() || isUnique(index -> columns.equals(Set.copyOf(index.columns())));
        if (!fits) {
            throw SqlError.of(
                    "42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification");
        }
        return List.copyOf(columns);
    }

    private boolean isUnique(java.util.function.Predicate<IndexSchema> condition) {
        return changes.indexes(schema).stream().anyMatch(index -> index.unique() && condition.test(index));
    }
}
