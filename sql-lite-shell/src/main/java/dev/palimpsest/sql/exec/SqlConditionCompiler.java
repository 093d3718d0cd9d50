package dev.palimpsest.sql.exec;

import dev.palimpsest.api.ConditionCompiler;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.sql.parser.SqlParser;
import dev.palimpsest.sql.plan.Binder;
import dev.palimpsest.sql.plan.Bound;
import dev.palimpsest.sql.plan.RowTuple;
import dev.palimpsest.sql.plan.StatementContext;
import java.time.Instant;
import java.util.function.Predicate;

/**
 * Conditions of CHECK constraints for the engine, which finds this by ServiceLoader. Thread-safe: what a bound expression computes with
 * is its tuple alone.
 */
public final class SqlConditionCompiler implements ConditionCompiler {
    /** For the literal {@code 'now'} only, which means the time of the definition in PostgreSQL too. */
    private final StatementContext context = new StatementContext(Instant.now(), Instant.now(), null);

    @Override
    public Predicate<Row> compile(TableSchema table, String condition) {
        Bound bound = Binder.of(ConstraintPlanner.columns(table), context, "check constraints")
                .bindCondition(SqlParser.parseExpression(condition), "CHECK");
        return row -> !Boolean.FALSE.equals(bound.eval(new RowTuple(row)));
    }
}
