package dev.palimpsest.sql.exec;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.OnConflict;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowChange;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.sql.parser.Expression;
import dev.palimpsest.sql.parser.Query;
import dev.palimpsest.sql.parser.Statement;
import dev.palimpsest.sql.plan.AccessPath;
import dev.palimpsest.sql.plan.Binder;
import dev.palimpsest.sql.plan.Bound;
import dev.palimpsest.sql.plan.QueryPlan;
import dev.palimpsest.sql.plan.QueryPlanner;
import dev.palimpsest.sql.plan.Returning;
import dev.palimpsest.sql.plan.RowTuple;
import dev.palimpsest.sql.plan.Scope;
import dev.palimpsest.sql.plan.SqlError;
import dev.palimpsest.sql.plan.SqlType;
import dev.palimpsest.sql.plan.StatementContext;
import dev.palimpsest.sql.plan.Tuple;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** INSERT, UPDATE and DELETE. One for each statement; not thread-safe. */
final class ChangeExecutor {
    private final Database database;
    private final Transaction transaction;
    private final StatementContext context;
    private final QueryPlanner planner;
    private final QueryExecutor queries;
    private final Interrupts interrupts;

    ChangeExecutor(
            Database database,
            Transaction transaction,
            StatementContext context,
            QueryPlanner planner,
            QueryExecutor queries,
            Interrupts interrupts) {
        this.database = database;
        this.transaction = transaction;
        this.context = context;
        this.planner = planner;
        this.queries = queries;
        this.interrupts = interrupts;
    }

    /** What to set a column to; {@code value} is null for its default. */
    record Setter(int column, boolean integer, Bound value) {}

    /** Results come when all is done: a handler never sees a row of a statement that fails. */
    String run(Statement statement, ResultHandler handler) {
        Results results = new Results(handler);
        String tag;
        if (statement instanceof Statement.Insert insert) {
            tag = "INSERT 0 " + insert(insert, results);
        } else if (statement instanceof Statement.Update update) {
            tag = "UPDATE " + update(update, results);
        } else {
            tag = "DELETE " + delete((Statement.Delete) statement, results);
        }
        results.give();
        return tag;
    }

    /** What RETURNING collects. */
    private final class Results {
        private final ResultHandler handler;
        private final List<Object[]> rows = new ArrayList<>();
        private Returning returning = Returning.NONE;

        Results(ResultHandler handler) {
            this.handler = handler;
        }

        /** For the engine: null where nothing is to be returned. */
        Consumer<Row> collector(List<Query.SelectItem> items, TableSchema schema, String alias) {
            returning = planner.returning(items, schema, alias);
            if (returning.isNone()) {
                return null;
            }
            return row -> {
                Object[] values = returning.values(new RowTuple(row));
                queries.charge(values);
                rows.add(values);
            };
        }

        void give() {
            if (!returning.isNone()) {
                handler.columns(returning.columns());
                rows.forEach(handler::row);
            }
        }
    }

    private long insert(Statement.Insert insert, Results results) {
        TableSchema schema = planner.table(insert.table());
        if (insert.overriding() == Statement.Overriding.SYSTEM) {
            throw SqlError.unsupported(insert.location(), "OVERRIDING SYSTEM VALUE");
        }
        int[] targets = targets(insert, schema);
        boolean userValues = insert.overriding() == Statement.Overriding.USER;
        Consumer<Row> returning = results.collector(insert.returning(), schema, insert.alias());
        OnConflict conflict = insert.onConflict() == null ? null : new ConflictPlanner(this, insert, schema).plan();
        if (insert.source() == null) {
            return write(schema, Collections.singletonList(defaults(schema)).iterator(), conflict, returning);
        }
        boolean plain = insert.source() instanceof Query.Values values
                && values.ordering().orderBy().isEmpty()
                && values.ordering().limit() == null
                && values.ordering().offset() == null;
        if (!plain) {
            return insertQuery(insert, schema, targets, userValues, conflict, returning);
        }
        List<List<Expression>> rows = ((Query.Values) insert.source()).rows();
        Binder binder = Binder.of(Scope.EMPTY, context, "VALUES");
        List<Object[]> made = new ArrayList<>();
        for (List<Expression> row : rows) {
            checkWidth(
                    insert, targets.length, row.size(), row.size() > targets.length ? row.get(targets.length) : null);
            Object[] values = defaults(schema);
            for (int i = 0; i < row.size(); i++) {
                Column column = schema.columns().get(targets[i]);
                boolean keepDefault = row.get(i) instanceof Expression.Default
                        || userValues && column.identity() != Column.Identity.NONE;
                values[targets[i]] = keepDefault
                        ? Table.DEFAULT
                        : binder.bindAssignment(row.get(i), column).constantValue();
            }
            made.add(values);
        }
        return write(schema, made.iterator(), conflict, returning);
    }

    private long write(TableSchema schema, Iterator<Object[]> rows, OnConflict conflict, Consumer<Row> returning) {
        Table table = database.table(schema.name());
        return conflict == null && returning == null
                ? table.insertAll(transaction, rows)
                : table.insertAll(transaction, rows, conflict, returning);
    }

    private static Object[] defaults(TableSchema schema) {
        Object[] values = new Object[schema.columns().size()];
        Arrays.fill(values, Table.DEFAULT);
        return values;
    }

    private static int[] targets(Statement.Insert insert, TableSchema schema) {
        if (insert.columns().isEmpty()) {
            int[] all = new int[width(insert, schema)];
            Arrays.setAll(all, i -> i);
            return all;
        }
        int[] targets = new int[insert.columns().size()];
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < targets.length; i++) {
            Statement.ColumnName name = insert.columns().get(i);
            targets[i] = column(schema, name.name(), name.location());
            if (!seen.add(name.name())) {
                throw SqlError.at(name.location(), "42701", "column \"" + name.name() + "\" specified more than once");
            }
        }
        return targets;
    }

    /** Without a list of columns, fewer values than columns are allowed: the rest gets its defaults. */
    private static int width(Statement.Insert insert, TableSchema schema) {
        int columns = schema.columns().size();
        return insert.source() instanceof Query.Values values
                ? Math.min(columns, values.rows().get(0).size())
                : columns;
    }

    static int column(TableSchema schema, String name, int location) {
        int column = schema.indexOf(name);
        if (column < 0) {
            throw SqlError.at(
                    location, "42703", "column \"" + name + "\" of relation \"" + schema.name() + "\" does not exist");
        }
        return column;
    }

    private static void checkWidth(Statement.Insert insert, int targets, int values, Expression surplus) {
        if (values > targets) {
            throw SqlError.at(
                    surplus == null ? -1 : surplus.start(), "42601", "INSERT has more expressions than target columns");
        }
        if (values < targets && !insert.columns().isEmpty()) {
            throw SqlError.at(
                    insert.columns().get(values).location(),
                    "42601",
                    "INSERT has more target columns than expressions");
        }
    }

    private long insertQuery(
            Statement.Insert insert,
            TableSchema schema,
            int[] targets,
            boolean userValues,
            OnConflict conflict,
            Consumer<Row> returning) {
        QueryPlan plan = planner.plan(insert.source());
        checkWidth(insert, targets.length, plan.outputs().size(), null);
        Binder binder = Binder.of(Scope.EMPTY, context, "SELECT");
        List<Bound> converted = new ArrayList<>();
        for (int i = 0; i < plan.outputs().size(); i++) {
            Bound output = plan.outputs().get(i);
            int index = i;
            Bound reader = new Bound(output.type(), false, i, tuple -> tuple.get(index), output.source());
            converted.add(binder.assign(reader, schema.columns().get(targets[i])));
        }
        try (QueryExecutor.Rows rows = queries.run(plan)) {
            Iterator<Object[]> made = new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return rows.hasNext();
                }

                @Override
                public Object[] next() {
                    Object[] row = rows.next();
                    Tuple tuple = column -> row[column];
                    Object[] values = defaults(schema);
                    for (int i = 0; i < row.length; i++) {
                        boolean generated = schema.columns().get(targets[i]).identity() != Column.Identity.NONE;
                        values[targets[i]] = userValues && generated
                                ? Table.DEFAULT
                                : converted.get(i).eval(tuple);
                    }
                    return values;
                }
            };
            return write(schema, made, conflict, returning);
        }
    }

    List<IndexSchema> indexes(TableSchema schema) {
        return database.table(schema.name()).indexes(transaction);
    }

    Binder binder(Scope scope, String clause) {
        return Binder.of(scope, context, clause);
    }

    private Scan scan(AccessPath path, Bound where) {
        return path.scan().where(row -> {
            interrupts.check();
            return where == null || where.isTrue(new RowTuple(row));
        });
    }

    /** How UPDATE or DELETE reach their rows. */
    AccessPath path(TableSchema schema, Expression where, Binder binder) {
        return AccessPath.choose(schema, indexes(schema), where, binder);
    }

    Binder binder(TableSchema schema, String alias, String clause) {
        return binder(Scope.of(schema, alias), clause);
    }

    private long update(Statement.Update update, Results results) {
        TableSchema schema = planner.table(update.table());
        Binder binder = binder(schema, update.alias(), "UPDATE");
        List<Setter> setters = setters(update.assignments(), schema, binder);
        Binder whereBinder = binder(schema, update.alias(), "WHERE");
        Bound where = update.where() == null ? null : whereBinder.bindCondition(update.where(), "WHERE");
        Scan scan = scan(path(schema, update.where(), whereBinder), where);
        Consumer<Row> returning = results.collector(update.returning(), schema, update.alias());
        Consumer<RowChange> change = row -> apply(setters, row, new RowTuple(row.row()));
        Table table = database.table(schema.name());
        return returning == null
                ? table.updateAll(transaction, scan, change)
                : table.updateAll(transaction, scan, change, returning);
    }

    /** @param old what the new values are computed from */
    static void apply(List<Setter> setters, RowChange change, Tuple old) {
        for (Setter setter : setters) {
            Object value = setter.value().eval(old);
            if (setter.integer() && value != null) {
                change.setLong(setter.column(), (Long) value);
            } else {
                change.set(setter.column(), value);
            }
        }
    }

    List<Setter> setters(List<Statement.Assignment> assignments, TableSchema schema, Binder binder) {
        List<Setter> setters = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (Statement.Assignment assignment : assignments) {
            int index = column(schema, assignment.column(), assignment.location());
            Column column = schema.columns().get(index);
            if (!seen.add(column.name())) {
                throw SqlError.of("42601", "multiple assignments to same column \"" + column.name() + "\"");
            }
            if (column.identity() == Column.Identity.ALWAYS && !(assignment.value() instanceof Expression.Default)) {
                throw SqlError.of("428C9", "column \"" + column.name() + "\" can only be updated to DEFAULT")
                        .withDetail(
                                "Column \"" + column.name() + "\" is an identity column defined as GENERATED ALWAYS.");
            }
            Bound value = assignment.value() instanceof Expression.Default
                    ? defaultOf(column, assignment, binder)
                    : binder.bindAssignment(assignment.value(), column);
            setters.add(new Setter(index, SqlType.of(column.type()).isInteger(), value));
        }
        return setters;
    }

    private Bound defaultOf(Column column, Statement.Assignment assignment, Binder binder) {
        if (column.identity() != Column.Identity.NONE) {
            throw SqlError.unsupported(assignment.location(), "SET an identity column to DEFAULT");
        }
        if (column.defaultValue() instanceof Column.NextValue next) {
            return new Bound(
                    SqlType.of(column.type()),
                    false,
                    Bound.NO_COLUMN,
                    tuple -> context.session().nextValue(next.sequence()),
                    assignment.value());
        }
        Object value = column.defaultValue() instanceof Column.Constant constant
                ? constant.value()
                : column.defaultValue() == null ? null : context.now();
        Object inSql =
                value instanceof Integer || value instanceof Short ? (Object) ((Number) value).longValue() : value;
        return new Bound(SqlType.of(column.type()), true, Bound.NO_COLUMN, tuple -> inSql, assignment.value());
    }

    private long delete(Statement.Delete delete, Results results) {
        TableSchema schema = planner.table(delete.table());
        Binder binder = binder(schema, delete.alias(), "WHERE");
        Bound where = delete.where() == null ? null : binder.bindCondition(delete.where(), "WHERE");
        Scan scan = scan(path(schema, delete.where(), binder), where);
        Consumer<Row> returning = results.collector(delete.returning(), schema, delete.alias());
        Table table = database.table(schema.name());
        return returning == null ? table.deleteAll(transaction, scan) : table.deleteAll(transaction, scan, returning);
    }
}
