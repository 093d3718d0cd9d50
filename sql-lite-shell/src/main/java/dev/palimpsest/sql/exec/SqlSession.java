package dev.palimpsest.sql.exec;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.Session;
import dev.palimpsest.api.TableLockMode;
import dev.palimpsest.api.Timeouts;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.WaitListener;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.sql.parser.Definition;
import dev.palimpsest.sql.parser.ParsedStatement;
import dev.palimpsest.sql.parser.QualifiedName;
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
import java.util.function.BiFunction;

/**
 * One SQL session, which is a session of the engine: settings, an open transaction or none, and statements run one after the other.
 *
 * <p>{@link #execute(String, ResultHandler)} makes every statement outside of BEGIN … COMMIT a transaction of its own, as psql does that sends them one by
 * one; {@link #executeMessage} takes them as one message of PostgreSQL's protocol.
 *
 * <p>A failed statement ends the engine's transaction at once, or what was done since the last savepoint, so that nobody waits for it any
 * more; the session then answers 25P02 until ROLLBACK or ROLLBACK TO. Used by one thread at a time; {@link #cancel} by any.
 */
public final class SqlSession implements AutoCloseable {
    private final Database database;
    private final Session session;
    private final SessionDirectory directory;
    private final SessionSettings settings;
    private final TransactionBlock block;
    private final UtilityExecutor utilities;
    private final Interrupts interrupts = new StatementInterrupts();

    /** Guards what decides whether a cancel meets a statement. */
    private final Object cancelLock = new Object();

    /** Written under {@link #cancelLock}; read by any. */
    private volatile boolean running;

    /** Set by any thread under {@link #cancelLock} while a statement runs. */
    private volatile boolean cancelRequested;

    /** When the running statement has to end, by the system's nano clock; 0 for never. */
    private long deadlineNanos;

    private volatile String query = "";
    private volatile Instant queryStart;

    /** The running statement's own part of {@link #query}: where a snapshot is opened. Null if it isn't SQL. */
    private String statementText;

    public SqlSession(Database database, WaitListener waitListener) {
        this.database = database;
        this.session = database.openSession();
        this.directory = SessionDirectory.of(database);
        this.settings = new SessionSettings(Settings.initial(database.options()));
        this.session.waitListener(waitListener);
        this.block = new TransactionBlock(session, settings);
        this.utilities = new UtilityExecutor(block, settings);
        directory.add(this);
    }

    /** What pg_backend_pid() says. */
    public long id() {
        return session.id();
    }

    public TransactionState state() {
        return block.state();
    }

    /** The transaction's id, 0 while it has none. */
    public long xidIfAssigned() {
        Transaction current = block.transaction();
        return current == null ? 0 : current.xidIfAssigned();
    }

    /** A setting as SHOW prints it. */
    public String setting(String name) {
        return settings.current().show(name);
    }

    /** Ids of the sessions that this one waits for now, as pg_blocking_pids. Any thread. */
    public List<Long> blockers() {
        return session.blockers();
    }

    /** PostgreSQL's word for what it does: {@code active}, {@code idle}, {@code idle in transaction}, with {@code (aborted)}. Any thread. */
    public String activity() {
        if (running) {
            return "active";
        }
        switch (block.state()) {
            case IN_TRANSACTION:
                return "idle in transaction";
            case FAILED:
                return "idle in transaction (aborted)";
            default:
                return "idle";
        }
    }

    /** The running statement's text, or the last one's. Any thread. */
    public String query() {
        return query;
    }

    /** When that began, null before the first. Any thread. */
    Instant queryStart() {
        return queryStart;
    }

    /** Makes the running statement fail with 57014; without one, no effect. Any thread. */
    public void cancel() {
        synchronized (cancelLock) {
            Transaction current = block.transaction();
            cancelRequested = running;
            if (running && current != null) {
                current.cancel();
            } else if (running) {
                session.cancel(); // of a VACUUM, which is outside of a transaction
            }
        }
    }

    /** Whether its statement has been cancelled and is about to fail. Any thread. */
    public boolean isBeingCancelled() {
        return running && cancelRequested;
    }

    /** Rolls back what is open, and gives up all locks. */
    @Override
    public void close() {
        directory.remove(this);
        try (session) {
            block.end(false);
        }
    }

    /**
     * Runs the statements of a text, each for itself, up to the first that fails.
     *
     * @throws SqlError what failed
     */
    public void execute(String sql, ResultHandler handler) {
        List<ParsedStatement> statements = parse(sql);
        for (ParsedStatement statement : statements) {
            execute(statement.statement(), textOf(statement, statements, sql), handler);
        }
    }

    private static String textOf(ParsedStatement statement, List<ParsedStatement> all, String sql) {
        return all.size() == 1 ? sql : sql.substring(statement.start(), statement.end());
    }

    /**
     * Runs the statements of a text as one message of PostgreSQL's simple protocol: where there are several, those outside of BEGIN … COMMIT
     * are one transaction. What follows an error isn't run.
     *
     * @throws SqlError what failed
     */
    public void executeMessage(String sql, ResultHandler handler) {
        List<ParsedStatement> statements = parse(sql);
        for (ParsedStatement statement : statements) {
            boolean several = statements.size() > 1;
            if (several && block.kind() == TransactionBlock.Kind.NONE) {
                block.open(TransactionBlock.Kind.IMPLICIT);
            }
            boolean last = statement == statements.get(statements.size() - 1);
            statementText = textOf(statement, statements, sql);
            guarded(handler, () -> {
                String tag = run(statement.statement(), handler);
                if (last && block.kind() == TransactionBlock.Kind.IMPLICIT) {
                    block.end(true);
                }
                return tag;
            });
        }
    }

    private List<ParsedStatement> parse(String sql) {
        query = sql;
        queryStart = Instant.now();
        try {
            return SqlParser.parse(sql);
        } catch (SqlSyntaxException e) {
            block.fail();
            throw SqlError.of(e, sql);
        }
    }

    /**
     * @param text what it was parsed from
     * @throws SqlError if it fails; then so has an open transaction
     */
    public void execute(Statement statement, String text, ResultHandler handler) {
        statementText = text;
        guarded(handler, () -> run(statement, handler));
    }

    /**
     * Runs something else as one statement, as COPY does: in the open transaction, or in one of its own.
     *
     * @throws SqlError if it fails; then so has an open transaction
     */
    public void executeInTransaction(BiFunction<Database, Transaction, String> work, ResultHandler handler) {
        statementText = null;
        guarded(handler, () -> {
            checkNotFailed();
            return inTransaction(handler, (tx, context) -> work.apply(database, tx));
        });
    }

    /** Something that gives a command tag. */
    private interface Work {
        String run();
    }

    private void guarded(ResultHandler handler, Work work) {
        startStatement();
        try {
            String tag = work.run();
            settle();
            handler.complete(tag);
        } catch (EngineException e) {
            block.fail();
            throw SqlError.of(e);
        } catch (StackOverflowError e) {
            block.fail();
            throw SqlError.of("54001", "stack depth limit exceeded");
        } catch (RuntimeException | Error e) {
            block.fail();
            throw e;
        } finally {
            running = false;
        }
    }

    private void startStatement() {
        long limit = settings.current().timeouts().statementNanos();
        deadlineNanos = limit == 0 ? 0 : nonZero(System.nanoTime() + limit);
        synchronized (cancelLock) {
            cancelRequested = false;
            running = true;
        }
    }

    /** The statement has done its work. A cancel that came before this still meets it, if anything is left to undo; a later one has no effect. */
    private void settle() {
        synchronized (cancelLock) {
            if (!cancelRequested || block.transaction() == null) {
                running = false;
            }
        }
        if (running) {
            interrupts.check(); // else the engine's transaction would answer the cancel in the next statement
        }
    }

    private static long nonZero(long nanos) {
        return nanos == 0 ? 1 : nanos;
    }

    /** What is left of the statement's time, at least 1; 0 for no limit. */
    private long remainingNanos() {
        return deadlineNanos == 0 ? 0 : Math.max(1, deadlineNanos - System.nanoTime());
    }

    private final class StatementInterrupts implements Interrupts {
        @Override
        public void check() {
            if (cancelRequested) {
                throw SqlError.of("57014", "canceling statement due to user request");
            }
            if (deadlineNanos != 0 && System.nanoTime() - deadlineNanos >= 0) {
                throw SqlError.of("57014", "canceling statement due to statement timeout");
            }
        }

        @Override
        public void beforeWait() {
            check();
            if (deadlineNanos != 0) {
                block.limit(remainingNanos());
            }
        }
    }

    private void checkNotFailed() {
        if (block.kind() == TransactionBlock.Kind.FAILED) {
            throw SqlError.of(
                    "25P02", "current transaction is aborted, commands ignored until end of transaction block");
        }
    }

    private String run(Statement statement, ResultHandler handler) {
        if (!UtilityExecutor.endsFailure(statement)) {
            checkNotFailed();
        }
        if (statement instanceof Utility.LockTable lock) {
            if (!block.isOpen()) {
                throw UtilityExecutor.notInBlock("LOCK TABLE");
            }
            return inTransaction(handler, (tx, context) -> lock(lock, tx));
        }
        if (statement instanceof Utility.Vacuum vacuum) {
            VacuumCommand command = VacuumCommand.of(vacuum);
            return vacuum.vacuum()
                    ? vacuum(command, vacuum, handler)
                    : inTransaction(handler, (tx, context) -> vacuums(handler).analyze(tx, vacuum.targets()));
        }
        if (statement instanceof Utility utility && !(utility instanceof Utility.Explain)) {
            return utilities.run(utility, handler);
        }
        return inTransaction(handler, (tx, context) -> runInTransaction(statement, tx, context, handler));
    }

    private VacuumExecutor vacuums(ResultHandler handler) {
        return new VacuumExecutor(database, session, settings.current(), interrupts, handler);
    }

    private String vacuum(VacuumCommand command, Utility.Vacuum statement, ResultHandler handler) {
        if (block.kind() != TransactionBlock.Kind.NONE) {
            throw SqlError.of("25001", "VACUUM cannot run inside a transaction block");
        }
        Timeouts set = settings.current().timeouts();
        session.timeouts(new Timeouts(set.lockNanos(), remainingNanos(), set.deadlockNanos()));
        try {
            return vacuums(handler).run(command, statement.targets());
        } finally {
            session.timeouts(Timeouts.NONE); // a block's transaction brings its own
        }
    }

    private String inTransaction(ResultHandler handler, BiFunction<Transaction, StatementContext, String> work) {
        boolean alone = block.kind() == TransactionBlock.Kind.NONE;
        if (alone) {
            block.open(TransactionBlock.Kind.STATEMENT);
        }
        Transaction tx = block.forStatement(remainingNanos(), statementText);
        Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
        EngineCalls calls = new EngineCalls(session, tx, settings, directory, interrupts, handler);
        String tag = work.apply(tx, new StatementContext(block.start(), now, calls));
        interrupts.check(); // a cancel that came too late for the statement must not hit the next one
        if (alone) {
            block.end(true);
        }
        return tag;
    }

    private String lock(Utility.LockTable lock, Transaction tx) {
        TableLockMode mode = TableLockMode.valueOf(lock.mode().name());
        for (QualifiedName table : lock.tables()) {
            interrupts.beforeWait();
            tx.lockTable(
                    DefinitionExecutor.checkSchema(table), mode, lock.nowait() ? WaitPolicy.NOWAIT : WaitPolicy.BLOCK);
        }
        return "LOCK TABLE";
    }

    private String runInTransaction(
            Statement statement, Transaction tx, StatementContext context, ResultHandler handler) {
        SystemRelations relations = new SystemRelations(database, tx, settings.current());
        QueryPlanner planner = new QueryPlanner(relations, context);
        QueryExecutor queries = new QueryExecutor(
                database, tx, new MemoryBudget(settings.current().workMemoryBytes()), interrupts);
        if (statement instanceof Query select) {
            return select(planner.plan(select), queries, handler);
        }
        if (statement instanceof Definition definition) {
            return new DefinitionExecutor(tx, context, relations, handler).run(definition);
        }
        ChangeExecutor changes = new ChangeExecutor(database, tx, context, planner, queries, interrupts);
        if (statement instanceof Utility.Explain explain) {
            if (explain.visibility()) {
                new ExplainVisibility(database, tx, planner).run(explain, handler);
                return "EXPLAIN";
            }
            handler.columns(List.of(new ResultColumn("QUERY PLAN", SqlType.TEXT)));
            new Explain(planner, changes).lines(explain).forEach(line -> handler.row(new Object[] {line}));
            return "EXPLAIN";
        }
        return changes.run(statement, handler);
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
}
