package dev.palimpsest.sql.exec;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.WaitListener;
import dev.palimpsest.sql.parser.Definition;
import dev.palimpsest.sql.parser.ParsedStatement;
import dev.palimpsest.sql.parser.Query;
import dev.palimpsest.sql.parser.SqlParser;
import dev.palimpsest.sql.parser.SqlSyntaxException;
import dev.palimpsest.sql.parser.Statement;
import dev.palimpsest.sql.parser.Utility;
import dev.palimpsest.sql.plan.QueryPlan;
import dev.palimpsest.sql.plan.QueryPlanner;
import dev.palimpsest.sql.plan.ResultColumn;
import dev.palimpsest.sql.plan.SqlError;
import dev.palimpsest.sql.plan.SqlType;
import dev.palimpsest.sql.plan.StatementContext;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;

/**
 * One SQL session: settings, an open transaction or none, and statements run one after the other. Outside of BEGIN … COMMIT every
 * statement is a transaction of its own.
 *
 * <p>A failed statement ends the engine's transaction at once, so that nobody waits for it any more; the session then answers 25P02
 * until ROLLBACK. Used by one thread at a time; {@link #cancel} by any.
 */
public final class SqlSession implements AutoCloseable {
    private static final AtomicInteger NEXT_ID = new AtomicInteger(1);

    private final Database database;
    private final WaitListener waitListener;
    private final int id = NEXT_ID.getAndIncrement();
    private Settings settings = new Settings();
    private TransactionState state = TransactionState.IDLE;

    /** The settings when the transaction began, for when it is rolled back, and without what SET LOCAL changed. */
    private Settings settingsBefore;

    private Settings settingsAfter;
    private IsolationLevel isolation;
    private boolean readOnly;
    private Instant transactionStart;

    /** The engine's transaction, or null: it begins with the first statement that needs it. Written by the session's thread. */
    private volatile Transaction transaction;

    /** Set by any thread, taken by the session's. */
    private volatile boolean cancelRequested;

    public SqlSession(Database database, WaitListener waitListener) {
        this.database = database;
        this.waitListener = waitListener;
    }

    public int id() {
        return id;
    }

    public TransactionState state() {
        return state;
    }

    /** The transaction's id, 0 while it has none. */
    public long xidIfAssigned() {
        Transaction current = transaction;
        return current == null ? 0 : current.xidIfAssigned();
    }

    /** A setting as SHOW prints it. */
    public String setting(String name) {
        return settings.show(name);
    }

    /** Makes the running statement fail with 57014; no effect on the next one. Thread-safe. */
    public void cancel() {
        cancelRequested = true;
        Transaction current = transaction;
        if (current != null) {
            current.cancel();
        }
    }

    /** Rolls back what is open. */
    @Override
    public void close() {
        endTransaction(false);
    }

    /**
     * Runs the statements of a text, each for itself, up to the first that fails.
     *
     * @throws SqlError what failed
     */
    public void execute(String sql, ResultHandler handler) {
        List<ParsedStatement> statements;
        try {
            statements = SqlParser.parse(sql);
        } catch (SqlSyntaxException e) {
            fail();
            throw SqlError.of(e, sql);
        }
        for (ParsedStatement statement : statements) {
            execute(statement.statement(), handler);
        }
    }

    /** @throws SqlError if it fails; then so has an open transaction */
    public void execute(Statement statement, ResultHandler handler) {
        cancelRequested = false;
        try {
            handler.complete(run(statement, handler));
        } catch (EngineException e) {
            fail();
            throw SqlError.of(e);
        } catch (SqlError e) {
            fail();
            throw e;
        } catch (StackOverflowError e) {
            fail();
            throw SqlError.of("54001", "stack depth limit exceeded");
        } catch (RuntimeException | Error e) {
            fail();
            throw e;
        }
    }

    private void fail() {
        boolean explicit = state != TransactionState.IDLE;
        endTransaction(false);
        if (explicit) {
            state = TransactionState.FAILED;
        }
    }

    private void endTransaction(boolean commit) {
        Transaction current = transaction;
        transaction = null;
        state = TransactionState.IDLE;
        if (settingsBefore != null) {
            settings = commit ? settingsAfter : settingsBefore;
            settingsBefore = null;
            settingsAfter = null;
        }
        if (current == null) {
            return;
        }
        try (current) {
            if (commit) {
                current.commit();
            }
        }
    }

    private String run(Statement statement, ResultHandler handler) {
        if (state == TransactionState.FAILED
                && !(statement instanceof Utility.Commit)
                && !(statement instanceof Utility.Rollback)) {
            throw SqlError.of(
                    "25P02", "current transaction is aborted, commands ignored until end of transaction block");
        }
        if (statement instanceof Utility utility && !(utility instanceof Utility.Explain)) {
            return runUtility(utility, handler);
        }
        return inTransaction((tx, context) -> runInTransaction(statement, tx, context, handler));
    }

    private String inTransaction(BiFunction<Transaction, StatementContext, String> work) {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
        if (state == TransactionState.IN_TRANSACTION) {
            if (transaction == null) {
                transaction = begin(isolation, readOnly);
            }
            return work.apply(transaction, context(transactionStart, now, transaction));
        }
        Transaction own = begin(settings.defaultIsolation(), settings.defaultReadOnly());
        transaction = own;
        String tag = work.apply(own, context(now, now, own));
        own.commit();
        transaction = null;
        return tag;
    }

    private Transaction begin(IsolationLevel level, boolean readOnlyTransaction) {
        return database.begin(TransactionOptions.DEFAULT
                .withIsolation(level)
                .withReadOnly(readOnlyTransaction)
                .withSynchronousCommit(settings.synchronousCommit())
                .withLockTimeoutNanos(settings.lockTimeoutNanos())
                .withWaitListener(waitListener));
    }

    private StatementContext context(Instant start, Instant now, Transaction tx) {
        return new StatementContext(start, now, tx::xidIfAssigned, id);
    }

    private void checkCancelled() {
        if (cancelRequested) {
            throw SqlError.of("57014", "canceling statement due to user request");
        }
    }

    private String runInTransaction(
            Statement statement, Transaction tx, StatementContext context, ResultHandler handler) {
        SystemRelations relations = new SystemRelations(database, tx, settings);
        QueryPlanner planner = new QueryPlanner(relations, context);
        QueryExecutor queries =
                new QueryExecutor(database, tx, new MemoryBudget(settings.workMemoryBytes()), this::checkCancelled);
        if (statement instanceof Query query) {
            return select(planner.plan(query), queries, handler);
        }
        if (statement instanceof Definition definition) {
            return new DefinitionExecutor(tx, context, relations, handler).run(definition);
        }
        ChangeExecutor changes = new ChangeExecutor(database, tx, context, planner, queries, this::checkCancelled);
        if (statement instanceof Utility.Explain explain) {
            handler.columns(List.of(new ResultColumn("QUERY PLAN", SqlType.TEXT)));
            new Explain(planner, changes).lines(explain).forEach(line -> handler.row(new Object[] {line}));
            return "EXPLAIN";
        }
        return changes.run(statement);
    }

    private static String select(QueryPlan plan, QueryExecutor queries, ResultHandler handler) {
        long count = 0;
        try (QueryExecutor.Rows rows = queries.run(plan)) {
            handler.columns(plan.columns());
            while (rows.hasNext()) {
                handler.row(rows.next());
                count++;
            }
        }
        return "SELECT " + count;
    }

    /**
     * Runs something else as one statement, as COPY does: in the open transaction, or in one of its own.
     *
     * @throws SqlError if it fails; then so has an open transaction
     */
    public void executeInTransaction(BiFunction<Database, Transaction, String> work, ResultHandler handler) {
        cancelRequested = false;
        try {
            if (state == TransactionState.FAILED) {
                throw SqlError.of(
                        "25P02", "current transaction is aborted, commands ignored until end of transaction block");
            }
            handler.complete(inTransaction((tx, context) -> work.apply(database, tx)));
        } catch (EngineException e) {
            fail();
            throw SqlError.of(e);
        } catch (RuntimeException | Error e) {
            fail();
            throw e;
        }
    }

    private String runUtility(Utility statement, ResultHandler handler) {
        if (statement instanceof Utility.Begin begin) {
            return begin(begin, handler);
        }
        if (statement instanceof Utility.Commit) {
            return end(true, "COMMIT", handler);
        }
        if (statement instanceof Utility.Rollback) {
            return end(false, "ROLLBACK", handler);
        }
        if (statement instanceof Utility.SetTransaction set) {
            return setTransaction(set, handler);
        }
        if (statement instanceof Utility.SetVariable set) {
            return set(set, handler);
        }
        if (statement instanceof Utility.Reset reset) {
            if (reset.name() == null) {
                settings.resetAll();
            } else {
                settings.reset(reset.name());
            }
            copyToAfter();
            return "RESET";
        }
        return show((Utility.Show) statement, handler);
    }

    private String begin(Utility.Begin begin, ResultHandler handler) {
        if (state == TransactionState.IN_TRANSACTION) {
            handler.notice("WARNING", "25001", "there is already a transaction in progress");
            return "BEGIN";
        }
        IsolationLevel level = level(begin.modes().isolation(), settings.defaultIsolation());
        isolation = level;
        readOnly = begin.modes().readOnly() == null
                ? settings.defaultReadOnly()
                : begin.modes().readOnly();
        transactionStart = Instant.now().truncatedTo(ChronoUnit.MICROS);
        settingsBefore = settings.copy();
        settingsAfter = settings.copy();
        state = TransactionState.IN_TRANSACTION;
        return "BEGIN";
    }

    private static IsolationLevel level(Utility.IsolationLevel written, IsolationLevel otherwise) {
        if (written == null) {
            return otherwise;
        }
        switch (written) {
            case REPEATABLE_READ:
                return IsolationLevel.REPEATABLE_READ;
            case SERIALIZABLE:
                throw Settings.serializable();
            default:
                return IsolationLevel.READ_COMMITTED;
        }
    }

    private String end(boolean commit, String tag, ResultHandler handler) {
        if (state == TransactionState.IDLE) {
            handler.notice("WARNING", "25P01", "there is no transaction in progress");
            return tag;
        }
        boolean failed = state == TransactionState.FAILED;
        endTransaction(commit && !failed);
        return failed ? "ROLLBACK" : tag;
    }

    private String setTransaction(Utility.SetTransaction set, ResultHandler handler) {
        Utility.TransactionModes modes = set.modes();
        if (set.session()) {
            if (modes.isolation() != null) {
                IsolationLevel level = level(modes.isolation(), null);
                settings.set("default_transaction_isolation", List.of(level.sqlName()));
            }
            if (modes.readOnly() != null) {
                settings.set("default_transaction_read_only", List.of(modes.readOnly() ? "on" : "off"));
            }
            copyToAfter();
            return "SET";
        }
        if (state == TransactionState.IDLE) {
            handler.notice("WARNING", "25P01", "SET TRANSACTION can only be used in transaction blocks");
            return "SET";
        }
        if (modes.isolation() != null) {
            setIsolation(level(modes.isolation(), isolation));
        }
        if (modes.readOnly() != null) {
            setReadOnly(modes.readOnly());
        }
        return "SET";
    }

    private void setIsolation(IsolationLevel level) {
        if (level != isolation && transaction != null) {
            throw SqlError.of("25001", "SET TRANSACTION ISOLATION LEVEL must be called before any query");
        }
        isolation = level;
    }

    private void setReadOnly(boolean value) {
        if (value != readOnly && transaction != null) {
            throw value
                    ? SqlError.unsupported(-1, "SET TRANSACTION READ ONLY after the first query")
                    : SqlError.of("25001", "transaction read-write mode must be set before any query");
        }
        readOnly = value;
    }

    private String set(Utility.SetVariable set, ResultHandler handler) {
        String name = set.name().toLowerCase(java.util.Locale.ROOT);
        if (name.equals("transaction_isolation") || name.equals("transaction_read_only")) {
            setCurrent(name, set.values());
            return "SET";
        }
        if (set.local() && state == TransactionState.IDLE) {
            settings.copy().set(set.name(), set.values());
            handler.notice("WARNING", "25P01", "SET LOCAL can only be used in transaction blocks");
            return "SET";
        }
        settings.set(set.name(), set.values());
        if (!set.local()) {
            if (settingsAfter != null) {
                settingsAfter.set(set.name(), set.values());
            }
        }
        return "SET";
    }

    private void copyToAfter() {
        if (settingsAfter != null) {
            settingsAfter = settings.copy();
        }
    }

    private void setCurrent(String name, List<String> values) {
        if (state == TransactionState.IDLE || values.isEmpty()) {
            return;
        }
        if (name.equals("transaction_isolation")) {
            setIsolation(Settings.isolation(name, values.get(0)));
            return;
        }
        Settings parsed = new Settings();
        parsed.set("default_transaction_read_only", values);
        setReadOnly(parsed.defaultReadOnly());
    }

    private String show(Utility.Show show, ResultHandler handler) {
        if (show.name() == null) {
            handler.columns(List.of(new ResultColumn("name", SqlType.TEXT), new ResultColumn("setting", SqlType.TEXT)));
            for (Map.Entry<String, String> entry : settings.all().entrySet()) {
                handler.row(new Object[] {entry.getKey(), entry.getValue()});
            }
            return "SHOW";
        }
        String value = showCurrent(show.name());
        String shown = value == null ? settings.show(show.name()) : value;
        handler.columns(List.of(new ResultColumn(displayName(show.name()), SqlType.TEXT)));
        handler.row(new Object[] {shown});
        return "SHOW";
    }

    private static String displayName(String name) {
        return name.equals("timezone") ? "TimeZone" : name.equals("datestyle") ? "DateStyle" : name;
    }

    private String showCurrent(String name) {
        boolean open = state == TransactionState.IN_TRANSACTION;
        switch (name) {
            case "transaction_isolation":
                return (open ? isolation : settings.defaultIsolation()).sqlName();
            case "transaction_read_only":
                return (open ? readOnly : settings.defaultReadOnly()) ? "on" : "off";
            default:
                return null;
        }
    }
}
