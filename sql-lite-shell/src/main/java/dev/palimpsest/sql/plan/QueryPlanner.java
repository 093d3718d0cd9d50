package dev.palimpsest.sql.plan;

import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.RowLock;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.sql.parser.Expression;
import dev.palimpsest.sql.parser.QualifiedName;
import dev.palimpsest.sql.parser.Query;
import dev.palimpsest.sql.parser.SqlPrinter;
import java.util.ArrayList;
import java.util.List;

/** Plans queries. Immutable. Source of the rules for names: PG parse_clause.c, findTargetlistEntrySQL92. */
public final class QueryPlanner {
    private final Relations relations;
    private final StatementContext context;

    public QueryPlanner(Relations relations, StatementContext context) {
        this.relations = relations;
        this.context = context;
    }

    /** Where rows come from. */
    private record Source(Scope scope, TableSchema table, Relations.Computed computed, boolean function) {}

    public QueryPlan plan(Query query) {
        return query instanceof Query.Select select ? plan(select) : plan((Query.Values) query);
    }

    /** @throws SqlError 42P01 if there is no such table, 42809 or 55000 if it is something else */
    public TableSchema table(QualifiedName name) {
        TableSchema table = relations.table(name);
        if (table != null) {
            return table;
        }
        if (relations.view(name) != null) {
            throw SqlError.at(name.location(), "55000", "cannot change view \"" + name.name() + "\"");
        }
        if (relations.isSequence(name)) {
            throw SqlError.of("42809", "cannot change sequence \"" + name.name() + "\"");
        }
        throw notReadable(name);
    }

    private SqlError notReadable(QualifiedName name) {
        if (relations.isIndex(name)) {
            return SqlError.at(name.location(), "42809", "\"" + name.name() + "\" is an index");
        }
        if (relations.isSequence(name)) {
            return SqlError.unsupported(name.location(), "a sequence in FROM");
        }
        return SqlError.at(name.location(), "42P01", "relation \"" + name.text() + "\" does not exist");
    }

    private Source source(Query.FromItem from) {
        if (from == null) {
            return new Source(Scope.EMPTY, null, null, false);
        }
        if (from instanceof Query.FromTable item) {
            TableSchema table = relations.table(item.table());
            if (table != null) {
                return new Source(Scope.of(table, item.alias()), table, null, false);
            }
            Relations.Computed view = relations.view(item.table());
            if (view == null) {
                throw notReadable(item.table());
            }
            return computed(view, item.alias(), false);
        }
        Query.FromFunction item = (Query.FromFunction) from;
        Binder binder = Binder.of(Scope.EMPTY, context, "functions in FROM");
        List<Bound> arguments =
                item.call().arguments().stream().map(binder::bind).toList();
        return computed(relations.function(item.call(), arguments), item.alias(), true);
    }

    /** A function with one column gives it its alias. */
    private static Source computed(Relations.Computed computed, String alias, boolean function) {
        String name = alias == null ? computed.name() : alias;
        List<Scope.ScopeColumn> columns = computed.columns();
        if (function && alias != null && columns.size() == 1) {
            columns = List.of(new Scope.ScopeColumn(alias, columns.get(0).type()));
        }
        Scope scope = new Scope(name, alias == null ? null : computed.name(), columns, false);
        return new Source(scope, null, computed, function);
    }

    private QueryPlan plan(Query.Select select) {
        Source source = source(select.from());
        List<Query.Output> items = expand(select.items(), source.scope());
        Binder input = Binder.of(source.scope(), context, "WHERE");
        Bound where = select.where() == null ? null : input.bindCondition(select.where(), "WHERE");
        Grouping grouping = isGrouped(select, items) ? grouping(select, items, source) : null;
        Binder binder = grouping == null ? Binder.of(source.scope(), context, "SELECT") : input.grouped(grouping);
        List<Bound> outputs =
                items.stream().map(item -> binder.bindOutput(item.expression())).toList();
        Bound having = select.having() == null ? null : binder.bindCondition(select.having(), "HAVING");
        List<QueryPlan.SortKey> sort = sortKeys(select.ordering().orderBy(), items, outputs, binder, select.distinct());
        AccessPath path = null;
        if (source.table() != null) {
            List<IndexSchema> indexes = relations.indexes(source.table().name());
            path = AccessPath.choose(source.table(), indexes, select.where(), input);
            if (!sort.isEmpty() && grouping == null && !select.distinct()) {
                AccessPath ordered = path.index() == null && select.ordering().limit() == null
                        ? null
                        : ordered(source.table(), indexes, path, sort, outputs);
                path = ordered == null ? path : ordered;
                sort = ordered == null ? sort : List.of();
            }
        }
        return new QueryPlan(
                source.table(),
                path,
                source.computed(),
                null,
                where,
                grouping,
                having,
                outputs,
                columns(items, outputs),
                sort,
                select.distinct(),
                count(select.ordering().limit(), source.scope(), "LIMIT"),
                count(select.ordering().offset(), source.scope(), "OFFSET"),
                lock(select, items, source));
    }

    /**
     * What the locking clauses come to: of several, the strongest, and the least patient. Where there is no table to lock they mean nothing.
     * Source of the rules: PG analyze.c, transformLockingClause.
     */
    private static RowLock lock(Query.Select select, List<Query.Output> items, Source source) {
        Query.LockStrength strength = null;
        Query.LockWait wait = Query.LockWait.BLOCK;
        for (Query.Locking clause : select.ordering().locking()) {
            checkLockable(select, items, clause);
            clause.of().forEach(name -> checkLocked(name, clause, source));
            strength = strength == null || clause.strength().compareTo(strength) > 0 ? clause.strength() : strength;
            wait = clause.waiting().compareTo(wait) > 0 ? clause.waiting() : wait;
        }
        return strength == null || source.table() == null
                ? null
                : new RowLock(RowLockMode.valueOf(strength.name()), WaitPolicy.valueOf(wait.name()), false);
    }

    private static void checkLockable(Query.Select select, List<Query.Output> items, Query.Locking clause) {
        String with = select.distinct()
                ? "DISTINCT clause"
                : !select.groupBy().isEmpty()
                        ? "GROUP BY clause"
                        : select.having() != null
                                ? "HAVING clause"
                                : isGrouped(select, items) ? "aggregate functions" : null;
        if (with != null) {
            throw SqlError.of("0A000", clause.strength().sql() + " is not allowed with " + with);
        }
    }

    private static void checkLocked(QualifiedName name, Query.Locking clause, Source source) {
        String sql = clause.strength().sql();
        if (name.schema() != null) {
            throw SqlError.at(name.location(), "42601", sql + " must specify unqualified relation names");
        }
        if (!name.name().equals(source.scope().name())) {
            throw SqlError.at(
                    name.location(),
                    "42P01",
                    "relation \"" + name.name() + "\" in " + sql + " clause not found in FROM clause");
        }
        if (source.function()) {
            throw SqlError.at(name.location(), "0A000", sql + " cannot be applied to a function");
        }
    }

    /** @param items empty for nothing */
    public Returning returning(List<Query.SelectItem> items, TableSchema table, String alias) {
        if (items.isEmpty()) {
            return Returning.NONE;
        }
        Scope scope = Scope.of(table, alias);
        Binder binder = Binder.of(scope, context, "RETURNING");
        List<Query.Output> outputs = expand(items, scope);
        List<Bound> bound = outputs.stream()
                .map(item -> binder.bindOutput(item.expression()))
                .toList();
        return new Returning(bound, columns(outputs, bound));
    }

    private static AccessPath ordered(
            TableSchema table,
            List<IndexSchema> indexes,
            AccessPath path,
            List<QueryPlan.SortKey> sort,
            List<Bound> outputs) {
        List<Integer> columns = new ArrayList<>();
        List<Boolean> descending = new ArrayList<>();
        for (QueryPlan.SortKey key : sort) {
            Bound value = key.output() >= 0 ? outputs.get(key.output()) : key.value();
            if (value.column() < 0 || key.nullsFirst() != key.descending()) {
                return null;
            }
            columns.add(value.column());
            descending.add(key.descending());
        }
        return path.ordered(table, indexes, columns, descending);
    }

    private Bound count(Expression expression, Scope scope, String name) {
        return expression == null ? null : Binder.of(scope, context, name).bindCount(expression, name);
    }

    private static List<ResultColumn> columns(List<Query.Output> items, List<Bound> outputs) {
        List<ResultColumn> columns = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            columns.add(new ResultColumn(items.get(i).label(), outputs.get(i).type()));
        }
        return List.copyOf(columns);
    }

    private static List<Query.Output> expand(List<Query.SelectItem> items, Scope scope) {
        List<Query.Output> outputs = new ArrayList<>();
        for (Query.SelectItem item : items) {
            if (item instanceof Query.Output output) {
                outputs.add(output);
                continue;
            }
            Query.Star star = (Query.Star) item;
            if (star.relation() != null) {
                scope.checkRelation(star.relation().name(), star.location());
            } else if (scope.name() == null) {
                throw SqlError.at(star.location(), "42601", "SELECT * with no tables specified is not valid");
            }
            for (Scope.ScopeColumn column : scope.columns()) {
                Expression ref = new Expression.ColumnRef(null, column.name(), star.location());
                outputs.add(new Query.Output(ref, null, star.location()));
            }
        }
        return outputs;
    }

    private static boolean isGrouped(Query.Select select, List<Query.Output> items) {
        return !select.groupBy().isEmpty()
                || select.having() != null
                || items.stream().anyMatch(item -> ExpressionTree.findAggregate(item.expression()) != null)
                || select.ordering().orderBy().stream()
                        .anyMatch(item -> ExpressionTree.findAggregate(item.expression()) != null);
    }

    private Grouping grouping(Query.Select select, List<Query.Output> items, Source source) {
        Binder binder = Binder.of(source.scope(), context, "GROUP BY");
        List<Bound> keys = new ArrayList<>();
        for (Expression expression : select.groupBy()) {
            keys.add(binder.bindOutput(groupExpression(expression, items, source.scope())));
        }
        TableSchema table = source.table();
        boolean keyed = table != null
                && !table.primaryKey().isEmpty()
                && table.primaryKey().stream()
                        .allMatch(name -> keys.stream().anyMatch(key -> key.column() == table.indexOf(name)));
        return Binder.grouping(keys, keyed);
    }

    private static Expression groupExpression(Expression expression, List<Query.Output> items, Scope scope) {
        if (expression instanceof Expression.IntegerLiteral position) {
            return items.get(position(position, items.size(), "GROUP BY")).expression();
        }
        if (expression instanceof Expression.ColumnRef ref
                && ref.relation() == null
                && scope.indexOf(ref.name()) == Bound.NO_COLUMN) {
            int output = findOutput(ref, items, "GROUP BY");
            return output < 0 ? expression : items.get(output).expression();
        }
        return expression;
    }

    private static int position(Expression.IntegerLiteral literal, int columns, String clause) {
        if (literal.value() < 1 || literal.value() > columns) {
            throw SqlError.at(
                    literal.location(), "42P10", clause + " position " + literal.value() + " is not in select list");
        }
        return (int) literal.value() - 1;
    }

    private static int findOutput(Expression.ColumnRef ref, List<Query.Output> items, String clause) {
        int found = -1;
        for (int i = 0; i < items.size(); i++) {
            if (items.get(i).label().equals(ref.name())) {
                boolean same = found < 0
                        || SqlPrinter.print(items.get(found).expression())
                                .equals(SqlPrinter.print(items.get(i).expression()));
                if (!same) {
                    throw SqlError.at(ref.location(), "42702", clause + " \"" + ref.name() + "\" is ambiguous");
                }
                found = found < 0 ? i : found;
            }
        }
        return found;
    }

    private static List<QueryPlan.SortKey> sortKeys(
            List<Query.OrderItem> orderBy,
            List<Query.Output> items,
            List<Bound> outputs,
            Binder binder,
            boolean distinct) {
        List<QueryPlan.SortKey> keys = new ArrayList<>();
        for (Query.OrderItem item : orderBy) {
            Expression e = item.expression();
            int output = orderOutput(e, items);
            if (output < 0 && distinct) {
                throw SqlError.at(
                        e.start(), "42P10", "for SELECT DISTINCT, ORDER BY expressions must appear in select list");
            }
            Bound value = output < 0 ? binder.bindOutput(e) : null;
            keys.add(new QueryPlan.SortKey(
                    output,
                    value,
                    item.descending(),
                    item.nullsFirst(),
                    output < 0 ? e : items.get(output).expression()));
        }
        return keys;
    }

    private static int orderOutput(Expression e, List<Query.Output> items) {
        if (e instanceof Expression.IntegerLiteral position) {
            return position(position, items.size(), "ORDER BY");
        }
        boolean constant = e instanceof Expression.StringLiteral
                || e instanceof Expression.NumericLiteral
                || e instanceof Expression.BooleanLiteral;
        if (constant) {
            throw SqlError.at(e.location(), "42601", "non-integer constant in ORDER BY");
        }
        if (e instanceof Expression.ColumnRef ref && ref.relation() == null) {
            int output = findOutput(ref, items, "ORDER BY");
            if (output >= 0) {
                return output;
            }
        }
        String printed = SqlPrinter.print(e);
        for (int i = 0; i < items.size(); i++) {
            if (SqlPrinter.print(items.get(i).expression()).equals(printed)) {
                return i;
            }
        }
        return -1;
    }

    private QueryPlan plan(Query.Values query) {
        if (!query.ordering().locking().isEmpty()) {
            String sql = query.ordering().locking().get(0).strength().sql();
            throw SqlError.of("0A000", sql + " cannot be applied to VALUES");
        }
        Binder binder = Binder.of(Scope.EMPTY, context, "VALUES");
        int width = query.rows().get(0).size();
        List<List<Bound>> byColumn = new ArrayList<>();
        List<Query.Output> items = new ArrayList<>();
        for (int i = 0; i < width; i++) {
            int column = i;
            byColumn.add(binder.bindAlike(
                    query.rows().stream().map(row -> row.get(column)).toList(), "VALUES"));
            Expression ref = new Expression.ColumnRef(null, "column" + (i + 1), query.location());
            items.add(new Query.Output(ref, null, query.location()));
        }
        List<List<Bound>> rows = new ArrayList<>();
        for (int r = 0; r < query.rows().size(); r++) {
            int row = r;
            rows.add(byColumn.stream().map(column -> column.get(row)).toList());
        }
        List<Scope.ScopeColumn> columns = new ArrayList<>();
        for (int i = 0; i < width; i++) {
            columns.add(new Scope.ScopeColumn(
                    "column" + (i + 1), byColumn.get(i).get(0).type()));
        }
        Binder output = Binder.of(new Scope("*VALUES*", null, columns, false), context, "ORDER BY");
        List<Bound> outputs =
                items.stream().map(item -> output.bind(item.expression())).toList();
        List<QueryPlan.SortKey> sort = sortKeys(query.ordering().orderBy(), items, outputs, output, false);
        return new QueryPlan(
                null,
                null,
                null,
                rows,
                null,
                null,
                null,
                outputs,
                columns(items, outputs),
                sort,
                false,
                count(query.ordering().limit(), Scope.EMPTY, "LIMIT"),
                count(query.ordering().offset(), Scope.EMPTY, "OFFSET"),
                null);
    }
}
