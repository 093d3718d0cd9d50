package dev.palimpsest.sql.exec;

import dev.palimpsest.api.ConditionCompiler;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.sql.parser.Expression;
import dev.palimpsest.sql.parser.SqlParser;
import dev.palimpsest.sql.parser.SqlSyntaxException;
import dev.palimpsest.sql.plan.Binder;
import dev.palimpsest.sql.plan.Bound;
import dev.palimpsest.sql.plan.ExpressionTree;
import dev.palimpsest.sql.plan.RowTuple;
import dev.palimpsest.sql.plan.SqlError;
import dev.palimpsest.sql.plan.StatementContext;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Conditions of CHECK constraints for the engine, which finds this by ServiceLoader. Thread-safe, and so is what it makes: what a bound
 * expression computes with is its tuple alone.
 */
public final class SqlConditionCompiler implements ConditionCompiler {
    /** Their values belong to a transaction or statement; a condition is bound once for many. */
    private static final Set<String> TIMES = Set.of("now", "transaction_timestamp", "statement_timestamp");

    private static final Set<String> SYSTEM_COLUMNS = Set.of("ctid", "xmin", "xmax", "cmin", "cmax");

    /** For the literal {@code 'now'} only, which means the time of the definition in PostgreSQL too. */
    private final StatementContext context = new StatementContext(Instant.now(), Instant.now(), null);

    @Override
    public Condition compile(TableSchema table, String condition) {
        try {
            Expression expression = SqlParser.parseExpression(condition);
            Bound bound = bind(table, expression, context);
            Set<String> columns = new TreeSet<>();
            ExpressionTree.collectColumns(expression, columns);
            return new Condition(
                    row -> {
                        try {
                            return !Boolean.FALSE.equals(bound.eval(new RowTuple(row)));
                        } catch (SqlError e) {
                            throw engineException(e);
                        }
                    },
                    List.copyOf(columns));
        } catch (SqlSyntaxException e) {
            throw engineException(SqlError.of(e, condition));
        } catch (SqlError e) {
            throw engineException(e);
        }
    }

    /** @throws SqlError with its place */
    static Bound bind(TableSchema table, Expression condition, StatementContext context) {
        checkAllowed(condition);
        return Binder.of(ConstraintPlanner.columns(table), context, "check constraints")
                .bindCondition(condition, "CHECK");
    }

    private static void checkAllowed(Expression e) {
        if (e instanceof Expression.ColumnRef ref && SYSTEM_COLUMNS.contains(ref.name())) {
            throw SqlError.at(
                    ref.location(),
                    "42P10",
                    "system column \"" + ref.name() + "\" reference in check constraint is invalid");
        }
        boolean time = e instanceof Expression.SpecialValue special
                        && special.kind() == Expression.SpecialValue.Kind.CURRENT_TIMESTAMP
                || e instanceof Expression.FunctionCall call
                        && TIMES.contains(call.name().name());
        if (time) {
            throw SqlError.unsupported(e.location(), "the current time in a check constraint");
        }
        ExpressionTree.children(e).forEach(SqlConditionCompiler::checkAllowed);
    }

    private static EngineException engineException(SqlError e) {
        if (e.getCause() instanceof EngineException original) {
            return original;
        }
        SqlState state = SqlState.INVALID_PARAMETER_VALUE;
        for (SqlState known : SqlState.values()) {
            if (known.code().equals(e.sqlState())) {
                state = known;
            }
        }
        return new UsageException(state, e.getMessage(), e.detail(), e.hint(), e);
    }
}
