package dev.palimpsest.sql.exec;

import dev.palimpsest.api.Check;
import dev.palimpsest.api.ForeignKey;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.sql.parser.Definition;
import dev.palimpsest.sql.parser.Expression;
import dev.palimpsest.sql.parser.SqlPrinter;
import dev.palimpsest.sql.parser.Statement;
import dev.palimpsest.sql.plan.Binder;
import dev.palimpsest.sql.plan.ExpressionTree;
import dev.palimpsest.sql.plan.Scope;
import dev.palimpsest.sql.plan.SqlError;
import dev.palimpsest.sql.plan.StatementContext;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** CHECK and FOREIGN KEY as the engine takes them. Stateless. Source of the rules: PG heap.c, AddRelationNewConstraints. */
final class ConstraintPlanner {
    private ConstraintPlanner() {}

    /**
     * The conditions, checked against the table's columns; unnamed ones are named after the column that they are about, or the table.
     *
     * @param table without constraints
     */
    static List<Check> checks(Definition.CreateTable create, TableSchema table, StatementContext context) {
        List<Check> checks = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Definition.Check check : create.checks()) {
            if (check.name() != null && !names.add(check.name())) {
                throw SqlError.of("42710", "check constraint \"" + check.name() + "\" already exists");
            }
        }
        for (Definition.Check check : create.checks()) {
            Binder.of(columns(table), context, "check constraints").bindCondition(check.condition(), "CHECK");
            String name = check.name() == null ? name(check.condition(), table, names) : check.name();
            checks.add(new Check(name, SqlPrinter.print(check.condition())));
        }
        return checks;
    }

    /** What a condition may name: no system columns. */
    static Scope columns(TableSchema table) {
        Scope scope = Scope.of(table, null);
        return new Scope(scope.name(), null, scope.columns(), false);
    }

    private static String name(Expression condition, TableSchema table, Set<String> taken) {
        Set<String> columns = new HashSet<>();
        ExpressionTree.collectColumns(condition, columns);
        String column = columns.size() == 1 ? "_" + columns.iterator().next() : "";
        String base = table.name() + column + "_check";
        String name = base;
        for (int i = 1; !taken.add(name); i++) {
            name = base + i;
        }
        return name;
    }

    static List<ForeignKey> foreignKeys(Definition.CreateTable create) {
        List<ForeignKey> keys = new ArrayList<>();
        for (Definition.ForeignKey key : create.foreignKeys()) {
            for (Statement.ColumnName column : key.columns()) {
                boolean exists =
                        create.columns().stream().anyMatch(c -> c.name().equals(column.name()));
                if (!exists) {
                    throw SqlError.of(
                            "42703",
                            "column \"" + column.name() + "\" referenced in foreign key constraint does not exist");
                }
            }
            keys.add(new ForeignKey(
                    key.name(),
                    names(key.columns()),
                    DefinitionExecutor.checkSchema(key.referencedTable()),
                    names(key.referencedColumns()),
                    ForeignKey.Action.valueOf(key.onDelete().name()),
                    ForeignKey.Action.valueOf(key.onUpdate().name())));
        }
        return keys;
    }

    static List<String> names(List<Statement.ColumnName> columns) {
        return columns.stream().map(Statement.ColumnName::name).toList();
    }
}
