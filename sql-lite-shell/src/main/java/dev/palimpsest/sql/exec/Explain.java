package dev.palimpsest.sql.exec;

import dev.palimpsest.api.TableSchema;
import dev.palimpsest.sql.parser.Expression;
import dev.palimpsest.sql.parser.Query;
import dev.palimpsest.sql.parser.SqlPrinter;
import dev.palimpsest.sql.parser.Statement;
import dev.palimpsest.sql.parser.Utility;
import dev.palimpsest.sql.plan.AccessPath;
import dev.palimpsest.sql.plan.Binder;
import dev.palimpsest.sql.plan.Bound;
import dev.palimpsest.sql.plan.ExpressionTree;
import dev.palimpsest.sql.plan.QueryPlan;
import dev.palimpsest.sql.plan.QueryPlanner;
import dev.palimpsest.sql.plan.SqlError;
import java.util.ArrayList;
import java.util.List;

/** A plan as text, in PostgreSQL's form without costs. One for each statement. */
final class Explain {
    private final QueryPlanner planner;
    private final ChangeExecutor changes;
    private final List<String> lines = new ArrayList<>();

    /** How many nodes are above. */
    private int depth;

    Explain(QueryPlanner planner, ChangeExecutor changes) {
        this.planner = planner;
        this.changes = changes;
    }

    List<String> lines(Utility.Explain explain) {
        if (explain.analyze()) {
            throw SqlError.unsupported(explain.location(), "EXPLAIN ANALYZE");
        }
        Statement statement = explain.statement();
        if (statement instanceof Query query) {
            query(planner.plan(query));
        } else if (statement instanceof Statement.Insert insert) {
            node("Insert on " + planner.table(insert.table()).name());
            if (insert.source() != null) {
                query(planner.plan(withoutDefaults(insert)));
            }
        } else if (statement instanceof Statement.Update update) {
            change("Update on ", planner.table(update.table()), update.alias(), update.where());
        } else if (statement instanceof Statement.Delete delete) {
            change("Delete on ", planner.table(delete.table()), delete.alias(), delete.where());
        } else {
            throw SqlError.unsupported(explain.location(), "EXPLAIN of this statement");
        }
        return lines;
    }

    /** DEFAULT may stand in the rows of an INSERT only. */
    private static Query withoutDefaults(Statement.Insert insert) {
        if (!(insert.source() instanceof Query.Values values)) {
            return insert.source();
        }
        List<List<Expression>> rows = values.rows().stream()
                .map(row -> row.stream()
                        .map(e -> e instanceof Expression.Default ? new Expression.NullLiteral(e.location()) : e)
                        .toList())
                .toList();
        return new Query.Values(rows, values.ordering(), values.location());
    }

    private void node(String text) {
        lines.add(depth == 0 ? text : " ".repeat(depth * 6 - 4) + "->  " + text);
        depth++;
    }

    private void property(String name, String value) {
        lines.add(" ".repeat(depth == 1 ? 2 : depth * 6 - 4) + name + ": " + value);
    }

    private void change(String verb, TableSchema schema, String alias, Expression where) {
        node(verb + schema.name());
        Binder binder = changes.binder(schema, alias, "WHERE");
        if (where != null) {
            binder.bindCondition(where, "WHERE");
        }
        scan(changes.path(schema, where, binder), schema.name(), where);
    }

    private void query(QueryPlan plan) {
        if (plan.limit() != null || plan.offset() != null) {
            node("Limit");
        }
        if (plan.lock() != null) {
            node("LockRows");
        }
        if (!plan.sort().isEmpty()) {
            node("Sort");
            property(
                    "Sort Key",
                    String.join(", ", plan.sort().stream().map(Explain::sortKey).toList()));
        }
        if (plan.distinct()) {
            node("HashAggregate");
            property("Group Key", keys(plan.outputs()));
        }
        if (plan.grouping() != null) {
            node(plan.grouping().keys().isEmpty() ? "Aggregate" : "HashAggregate");
            if (!plan.grouping().keys().isEmpty()) {
                property("Group Key", keys(plan.grouping().keys()));
            }
            if (plan.having() != null) {
                property("Filter", condition(plan.having().source()));
            }
        }
        Expression where = plan.where() == null ? null : plan.where().source();
        if (plan.table() != null) {
            scan(plan.path(), plan.table().name(), where);
            return;
        }
        node(
                plan.values() != null
                        ? "Values Scan on \"*VALUES*\""
                        : plan.computed() != null
                                ? "Function Scan on " + plan.computed().name()
                                : "Result");
        if (where != null) {
            property("Filter", condition(where));
        }
    }

    private static String keys(List<Bound> keys) {
        return String.join(
                ", ", keys.stream().map(key -> SqlPrinter.print(key.source())).toList());
    }

    private static String sortKey(QueryPlan.SortKey key) {
        String nulls = key.nullsFirst() == key.descending() ? "" : key.nullsFirst() ? " NULLS FIRST" : " NULLS LAST";
        return SqlPrinter.print(key.source()) + (key.descending() ? " DESC" : "") + nulls;
    }

    private void scan(AccessPath path, String table, Expression where) {
        List<Expression> rest = new ArrayList<>(ExpressionTree.conjuncts(where));
        if (path.index() == null) {
            node("Seq Scan on " + table);
        } else {
            String backward = path.scan().reverse() ? "Backward " : "";
            node("Index Scan " + backward + "using " + path.index().name() + " on " + table);
            if (path.condition() != null) {
                property("Index Cond", path.condition());
            }
        }
        if (path.condition() != null) {
            rest.removeIf(e -> path.condition().contains(condition(e)));
        }
        if (!rest.isEmpty()) {
            property("Filter", rest.size() == 1 ? condition(rest.get(0)) : condition(new Expression.And(rest, 0)));
        }
    }

    private static String condition(Expression e) {
        if (e instanceof Expression.And and) {
            return "("
                    + String.join(
                            " AND ",
                            and.operands().stream().map(Explain::condition).toList()) + ")";
        }
        return "(" + SqlPrinter.print(e) + ")";
    }
}
