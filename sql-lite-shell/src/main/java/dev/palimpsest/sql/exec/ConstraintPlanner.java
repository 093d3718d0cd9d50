package dev.palimpsest.sql.exec;

import dev.palimpsest.api.Check;
import dev.palimpsest.api.ForeignKey;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.sql.parser.Definition;
import dev.palimpsest.sql.parser.SqlPrinter;
import dev.palimpsest.sql.parser.Statement;
import dev.palimpsest.sql.plan.Scope;
import dev.palimpsest.sql.plan.SqlError;
import dev.palimpsest.sql.plan.StatementContext;
import java.util.ArrayList;
import java.util.List;

/** CHECK and FOREIGN KEY as the engine takes them. Stateless. */
final class ConstraintPlanner {
    private ConstraintPlanner() {}

    /**
     * The conditions, checked against the table's columns. The engine names those without a name.
     *
     * @param table without constraints
     */
    static List<Check> checks(Definition.CreateTable create, TableSchema table, StatementContext context) {
        List<Check> checks = new ArrayList<>();
        for (Definition.Check check : create.checks()) {
            SqlConditionCompiler.bind(table, check.condition(), context); // again in the engine, which knows no places
            checks.add(new Check(check.name(), SqlPrinter.print(check.condition())));
        }
        return checks;
    }

    /** What a condition may name: no system columns. */
    static Scope columns(TableSchema table) {
        Scope scope = Scope.of(table, null);
        return new Scope(scope.name(), null, scope.columns(), false);
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
