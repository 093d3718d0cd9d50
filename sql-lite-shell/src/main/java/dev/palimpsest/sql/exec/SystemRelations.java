package dev.palimpsest.sql.exec;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.sql.parser.Expression;
import dev.palimpsest.sql.parser.QualifiedName;
import dev.palimpsest.sql.parser.SqlPrinter;
import dev.palimpsest.sql.plan.Bound;
import dev.palimpsest.sql.plan.RelationText;
import dev.palimpsest.sql.plan.Relations;
import dev.palimpsest.sql.plan.Scope.ScopeColumn;
import dev.palimpsest.sql.plan.SqlError;
import dev.palimpsest.sql.plan.SqlType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;

/** Tables, system views and functions that FROM takes, as one transaction sees them. One for each statement. */
final class SystemRelations implements Relations {
    private final Database database;
    private final Transaction transaction;
    private final Settings settings;

    SystemRelations(Database database, Transaction transaction, Settings settings) {
        this.database = database;
        this.transaction = transaction;
        this.settings = settings;
    }

    @Override
    public TableSchema table(QualifiedName name) {
        return isOurs(name) ? transaction.tableSchema(name.name()) : null;
    }

    private static boolean isOurs(QualifiedName name) {
        return name.schema() == null || name.schema().equals("public");
    }

    @Override
    public boolean isIndex(QualifiedName name) {
        return isOurs(name) && RelationText.isIndex(database, transaction, name.name());
    }

    @Override
    public boolean isSequence(QualifiedName name) {
        return isOurs(name) && transaction.sequenceSchema(name.name()) != null;
    }

    @Override
    public List<IndexSchema> indexes(String table) {
        return database.table(table).indexes(transaction);
    }

    @Override
    public Computed view(QualifiedName name) {
        if (name.schema() != null && !name.schema().equals("pg_catalog")) {
            return null;
        }
        switch (name.name()) {
            case "pg_stat_activity":
                return new SessionViews(database).activity();
            case "pg_locks":
                return new SessionViews(database).locks();
            case "pg_stat_progress_vacuum":
                return new VacuumViews(database).progress();
            case "pg_stat_user_tables":
                return new VacuumViews(database).tables(transaction.tableNames());
            case "mvcc_pins":
                return new SnapshotViews(database, transaction).pins();
            case "mvcc_statistics":
                return statistics();
            case "pg_tables":
                return tables();
            case "pg_indexes":
                return indexes();
            case "pg_settings":
                return settings();
            default:
                return null;
        }
    }

    @Override
    public Computed function(Expression.FunctionCall call, List<Bound> arguments) {
        switch (call.name().name()) {
            case "mvcc_versions":
                if (arguments.size() == 1 && (arguments.get(0).type().isString() || isUnknown(arguments.get(0)))) {
                    return versions((String) arguments.get(0).constantValue(), call);
                }
                break;
            case "generate_series":
                boolean integers = arguments.stream().allMatch(a -> a.type().isInteger());
                if (integers && (arguments.size() == 2 || arguments.size() == 3)) {
                    return series(arguments);
                }
                break;
            default:
        }
        String types = String.join(
                ", ", arguments.stream().map(a -> a.type().sqlName()).toList());
        throw SqlError.at(call.location(), "42883", "function " + call.name() + "(" + types + ") does not exist")
                .withHint("No function matches the given name and argument types."
                        + " You might need to add explicit type casts.");
    }

    private static boolean isUnknown(Bound bound) {
        return bound.type() == SqlType.UNKNOWN;
    }

    private Computed statistics() {
        List<ScopeColumn> columns =
                List.of(new ScopeColumn("name", SqlType.TEXT), new ScopeColumn("value", SqlType.BIGINT));
        return new Computed("mvcc_statistics", columns, () -> {
            Object statistics = database.statistics();
            List<Object[]> rows = new ArrayList<>();
            for (RecordComponent component : statistics.getClass().getRecordComponents()) {
                rows.add(new Object[] {snakeCase(component.getName()), read(component, statistics)});
            }
            return rows.iterator();
        });
    }

    private static Object read(RecordComponent component, Object from) {
        try {
            return component.getAccessor().invoke(from);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError("a public record's accessor can be called", e);
        }
    }

    private static String snakeCase(String name) {
        return name.replaceAll("([A-Z])", "_$1").toLowerCase(java.util.Locale.ROOT);
    }

    private Computed tables() {
        List<ScopeColumn> columns = List.of(
                new ScopeColumn("schemaname", SqlType.TEXT),
                new ScopeColumn("tablename", SqlType.TEXT),
                new ScopeColumn("hasindexes", SqlType.BOOLEAN));
        return new Computed(
                "pg_tables",
                columns,
                () -> transaction.tableNames().stream()
                        .map(name ->
                                new Object[] {"public", name, !indexes(name).isEmpty()})
                        .iterator());
    }

    private Computed indexes() {
        List<ScopeColumn> columns = List.of(
                new ScopeColumn("schemaname", SqlType.TEXT),
                new ScopeColumn("tablename", SqlType.TEXT),
                new ScopeColumn("indexname", SqlType.TEXT),
                new ScopeColumn("indexdef", SqlType.TEXT));
        return new Computed(
                "pg_indexes",
                columns,
                () -> transaction.tableNames().stream()
                        .flatMap(table -> indexes(table).stream())
                        .map(index -> new Object[] {"public", index.table(), index.name(), definition(index)})
                        .iterator());
    }

    /** As pg_get_indexdef. */
    static String definition(IndexSchema index) {
        StringBuilder columns = new StringBuilder();
        for (int i = 0; i < index.columns().size(); i++) {
            boolean descending =
                    !index.descending().isEmpty() && index.descending().get(i);
            columns.append(i > 0 ? ", " : "")
                    .append(SqlPrinter.identifier(index.columns().get(i)));
            columns.append(descending ? " DESC" : "");
        }
        return "CREATE " + (index.unique() ? "UNIQUE " : "") + "INDEX " + SqlPrinter.identifier(index.name())
                + " ON public." + SqlPrinter.identifier(index.table()) + " USING btree (" + columns + ")";
    }

    private Computed settings() {
        List<ScopeColumn> columns =
                List.of(new ScopeColumn("name", SqlType.TEXT), new ScopeColumn("setting", SqlType.TEXT));
        return new Computed(
                "pg_settings",
                columns,
                () -> settings.all().entrySet().stream()
                        .map((Map.Entry<String, String> e) -> new Object[] {e.getKey(), e.getValue()})
                        .iterator());
    }

    private Computed versions(String name, Expression.FunctionCall call) {
        try {
            TableSchema table = RelationText.table(database, transaction, name);
            return new SnapshotViews(database, transaction).versions(table);
        } catch (SqlError e) {
            throw e.withLocation(call.arguments().get(0).location());
        }
    }

    private static Computed series(List<Bound> arguments) {
        boolean big = arguments.stream().anyMatch(a -> a.type() == SqlType.BIGINT);
        List<ScopeColumn> columns = List.of(new ScopeColumn("generate_series", big ? SqlType.BIGINT : SqlType.INTEGER));
        return new Computed("generate_series", columns, () -> {
            List<Object> values = new ArrayList<>();
            arguments.forEach(argument -> values.add(argument.constantValue()));
            if (values.stream().anyMatch(Objects::isNull)) {
                return List.<Object[]>of().iterator();
            }
            long step = values.size() == 3 ? (Long) values.get(2) : 1;
            if (step == 0) {
                throw SqlError.of("22023", "step size cannot equal zero");
            }
            return series((Long) values.get(0), (Long) values.get(1), step);
        });
    }

    private static Iterator<Object[]> series(long first, long last, long step) {
        boolean empty = step > 0 ? first > last : first < last;
        if (empty) {
            return List.<Object[]>of().iterator();
        }
        long steps = Long.divideUnsigned(step > 0 ? last - first : first - last, Math.abs(step));
        LongUnaryOperator value = i -> first + i * step;
        return LongStream.rangeClosed(0, steps)
                .mapToObj(i -> new Object[] {value.applyAsLong(i)})
                .iterator();
    }
}
