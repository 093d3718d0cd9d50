package dev.palimpsest.table;

import dev.palimpsest.api.AdvisoryKey;
import dev.palimpsest.api.FailedTransactionException;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.SequenceSchema;
import dev.palimpsest.api.SessionInfo;
import dev.palimpsest.api.SnapshotInfo;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.TableLockMode;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Timeouts;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.catalog.CatalogSnapshot;
import dev.palimpsest.catalog.DdlTransaction;
import dev.palimpsest.catalog.SequenceInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.HeapTuple;
import dev.palimpsest.id.Xid;
import dev.palimpsest.lock.LockMode;
import dev.palimpsest.lock.LockTag;
import dev.palimpsest.lock.WaitContext;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tx.Origins;
import dev.palimpsest.tx.SessionOwner;
import dev.palimpsest.tx.Snapshot;
import dev.palimpsest.tx.SnapshotHandle;
import dev.palimpsest.tx.SnapshotKind;
import dev.palimpsest.tx.Transaction;
import java.lang.reflect.UndeclaredThrowableException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A transaction as its user holds it, and the protocol that every statement follows: come in ({@link #enter}), look the table up and lock
 * it, take the statement's snapshot, work, count the command if it wrote, fail the transaction on any error, go out.
 *
 * <p>Used by one thread at a time; {@link #cancel} by any. The thread that closes the database may end it, while nobody is inside.
 */
public final class UserTransaction implements dev.palimpsest.api.Transaction {
    private static final int[] NO_TABLES = {};

    private final TableEngine engine;
    private final TransactionOptions options;
    private final Session session;
    private final Transaction tx;

    /** The session that it is part of, null if it is one of its own. */
    private final UserSession user;

    private final int attempt;

    /** How many of its calls are on the stack: more than one when a callback calls in again. */
    private int depth;

    /** Null until its first DDL. */
    private DdlTransaction ddl;

    /** Tables, by oid, of which it was shown rows with big values. */
    private int[] bigValuesHeld = NO_TABLES;

    private final List<ScanStream> streams = new ArrayList<>(0);

    /** A statement reads by the transaction's snapshot object now. */
    private boolean snapshotInUse;

    /** Single-writer; other threads read it for views. */
    private volatile boolean failed;

    /** What failed it, or null. */
    private Throwable failure;

    /** Of a session of its own; made when the first value is taken. */
    private SequenceValues sequenceValues;

    private volatile boolean ended;

    /** Somebody may still be about to cancel the object underneath: it is not used for another transaction. */
    private volatile boolean cancelled;

    private UserTransaction(
            TableEngine engine,
            TransactionOptions options,
            Session session,
            UserSession user,
            int attempt,
            Object origin) {
        this.engine = engine;
        this.options = options;
        this.session = session;
        this.user = user;
        this.attempt = attempt;
        SessionOwner owner = user == null ? null : user.owner();
        this.tx = engine.transactions().begin(session.ended, owner, options.isolation(), options.readOnly());
        tx.noteStart(engine.scheduler().currentTimeMicros());
        tx.origin(origin);
        tx.waitListener(options.waitListener());
        limit(options.timeouts());
    }

    private void limit(Timeouts timeouts) {
        tx.lockTimeoutNanos(timeouts.lockNanos());
        tx.deadlockTimeoutNanos(timeouts.deadlockNanos());
        tx.statementTimeoutNanos(timeouts.statementNanos());
    }

    /** A session of its own. */
    public static UserTransaction begin(TableEngine engine, TransactionOptions options) {
        return begin(engine, options, null, 1, null);
    }

    /**
     * @param user the session that it is part of, or null
     * @param attempt see {@link #attempt}
     * @param origin where, for views ({@link Origins}); null if that isn't known
     * @throws UsageException 0A000 for SERIALIZABLE
     */
    public static UserTransaction begin(
            TableEngine engine, TransactionOptions options, UserSession user, int attempt, Object origin) {
        if (options.isolation() == IsolationLevel.SERIALIZABLE) {
            throw new UsageException(
                    SqlState.FEATURE_NOT_SUPPORTED,
                    "isolation level SERIALIZABLE is not supported yet",
                    null,
                    "Use REPEATABLE READ.",
                    null);
        }
        Session session = engine.sessions().take();
        try {
            session.enter();
        } catch (StoppedException e) {
            engine.sessions().give(session);
            throw e;
        }
        try {
            UserTransaction transaction = new UserTransaction(engine, options, session, user, attempt, origin);
            session.current(transaction);
            return transaction;
        } finally {
            session.exit();
        }
    }

    /** The transaction that the caller was given, if it is one of this database. */
    static UserTransaction of(dev.palimpsest.api.Transaction transaction, TableEngine engine) {
        if (transaction instanceof UserTransaction user && user.engine == engine) {
            return user;
        }
        throw new UsageException(
                SqlState.NO_ACTIVE_SQL_TRANSACTION,
                transaction == null ? "a transaction is needed" : "the transaction belongs to another database");
    }

    // ---- the protocol of a statement

    /**
     * Comes into the engine; every entry is followed by {@link #exit}, also after a failure.
     *
     * @throws UsageException 25P01, 25P02
     * @throws StoppedException the database is closed or has stopped
     */
    void enter() {
        enterEvenFailed();
        if (failed) {
            depth--;
            if (depth == 0) {
                session.exit();
            }
            throw new FailedTransactionException(
                    "current transaction is aborted, commands ignored until end of transaction block",
                    null,
                    null,
                    failure);
        }
    }

    private void enterEvenFailed() {
        if (ended) {
            engine.sessions().checkOpen();
            throw new UsageException(SqlState.NO_ACTIVE_SQL_TRANSACTION, "there is no transaction in progress");
        }
        if (depth == 0) {
            session.enter();
            if (tx.hasStatementLimits()) {
                tx.beginStatementLimits(engine.scheduler().nanoTime());
            }
        }
        depth++;
    }

    void exit() {
        if (--depth == 0) {
            try {
                if (failed) {
                    abortFailed();
                }
            } finally {
                session.exit();
            }
        }
    }

    /** Rolled back at once is what failed: all, or what was done since the innermost savepoint. */
    private void abortFailed() {
        int savepoint = tx.savepointDepth() - 1;
        if (savepoint < 0) {
            closeStreams(0);
            engine.transactions().abort(tx);
            session.counts().ended(false);
        } else {
            int subId = tx.subIdOf(savepoint);
            closeStreams(subId);
            tx.abortInnermost();
            session.counts().rollbackTo(savepoint);
            forgetDefinitions(subId);
        }
    }

    private void forgetDefinitions(int firstSub) {
        if (ddl != null && !ddl.rolledBackTo(firstSub)) {
            ddl = null;
        }
    }

    /**
     * A statement failed: so has the transaction. When the statement is left, it is rolled back at once, up to the innermost savepoint, as in
     * PostgreSQL: nobody waits for what can't commit any more.
     *
     * @return what to throw
     */
    RuntimeException failed(Throwable cause) {
        failed = true;
        if (failure == null) {
            failure = cause;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return cause instanceof RuntimeException unchecked ? unchecked : new UndeclaredThrowableException(cause);
    }

    /** The snapshot of a statement that reads, or, for an OPEN one, changes rows of one relation. */
    Snapshot beginStatement(SnapshotKind kind, int relation) {
        snapshotInUse = true;
        return tx.beginStatement(kind, relation);
    }

    void endStatement() {
        snapshotInUse = false;
        tx.endStatement();
    }

    /** True inside a callback of a statement that reads by the transaction's snapshot object. */
    boolean isSnapshotInUse() {
        return snapshotInUse;
    }

    /** For a reading statement inside a callback of another one: the same view of others' commits that the level asks for. */
    SnapshotHandle nestedSnapshot() {
        return isReadCommitted() ? tx.latestSnapshot() : tx.retainSnapshot();
    }

    /** For statements that change something. */
    void checkWritable(String command) {
        if (options.readOnly()) {
            throw new UsageException(
                    SqlState.READ_ONLY_SQL_TRANSACTION, "cannot execute " + command + " in a read-only transaction");
        }
    }

    /** True inside a callback of another statement of this transaction. */
    boolean isNested() {
        return depth > 1;
    }

    CatalogSnapshot catalog() {
        return ddl != null ? ddl.view() : engine.catalog().current(tx);
    }

    boolean hasDdl() {
        return ddl != null;
    }

    /** The catalog lock, and a private view of the catalog. */
    DdlTransaction ddl() {
        if (ddl == null) {
            ddl = DdlTransaction.begin(engine.catalog(), tx);
        }
        return ddl;
    }

    void lock(TableInfo table, LockMode mode) {
        engine.locks().lockRelation(tx, table.oid(), mode, table.name());
    }

    /** The statement is part of one that began earlier: so does its time. Inside. */
    void continueStatement(long startNanos) {
        if (tx.hasStatementDeadline()) {
            tx.statementDeadline(tx.statementDeadline() - (engine.scheduler().nanoTime() - startNanos));
        }
    }

    /** For what a statement does to rows. */
    RowCounts counts(TableInfo table) {
        return session.counts().of(table.oid());
    }

    TableEngine engine() {
        return engine;
    }

    Transaction tx() {
        return tx;
    }

    Session session() {
        return session;
    }

    /** Any thread: true if no thread is inside the engine on this transaction's behalf. See {@link Session#inside}. */
    boolean isOutside() {
        return session.inside() == null;
    }

    /** A row with big values is shown, which may be read until the transaction's end; its own snapshot protects it at the other levels. */
    void holdBigValues(TableInfo table) {
        if (isReadCommitted()) {
            holdUnprotectedBigValues(table);
        }
    }

    /**
     * From now on, big values of whatever versions are found on pages or in the archive, rolled-back ones too, may be read until the transaction's
     * end. For who looks at versions that none of its snapshots protects; what was found before this call isn't safe.
     *
     * @return false if it was so already
     */
    public boolean holdUnprotectedBigValues(TableInfo table) {
        if (tx.isEnded()) {
            return false;
        }
        for (int held : bigValuesHeld) {
            if (held == table.oid()) {
                return false;
            }
        }
        bigValuesHeld = Arrays.copyOf(bigValuesHeld, bigValuesHeld.length + 1);
        bigValuesHeld[bigValuesHeld.length - 1] = table.oid();
        table.heap().bigValues().hold(tx);
        return true;
    }

    /**
     * A version was found that no snapshot of this transaction protects; it may be undecided, and rolled back.
     *
     * @return true if it has to be looked for once more: it has big values, and they are held only from now on
     */
    boolean mustLookAgain(TableInfo table, HeapTuple version) {
        return (version.flags() & TupleLayout.HAS_BIG_VALUES) != 0 && holdUnprotectedBigValues(table);
    }

    boolean isReadCommitted() {
        return options.isolation() == IsolationLevel.READ_COMMITTED;
    }

    void opened(ScanStream stream) {
        streams.add(stream);
    }

    void closed(ScanStream stream) {
        streams.remove(stream);
    }

    /** A stream's user closes it: from inside the engine, so that the thread that closes the database isn't at the streams as well. */
    void close(ScanStream stream) {
        if (depth > 0) {
            stream.end();
        } else if (!ended
                && session.enterToEnd()) { // else whoever ended the transaction, or is about to, ends the stream
            try {
                stream.end();
            } finally {
                session.exit();
            }
        }
    }

    /** True if one of its streams still reads the table. */
    boolean isReading(TableInfo table) {
        return streams.stream().anyMatch(stream -> stream.table().oid() == table.oid());
    }

    // ---- its end

    @Override
    public void commit() {
        checkNotNested("end a transaction");
        if (ended) {
            engine.sessions().checkOpen();
            throw new UsageException(SqlState.NO_ACTIVE_SQL_TRANSACTION, "there is no transaction in progress");
        }
        session.enter();
        try {
            closeStreams(0);
            if (failed) {
                session.countRollback();
                throw new FailedTransactionException(
                        "current transaction is aborted, so it was rolled back instead of committed",
                        null,
                        null,
                        failure);
            }
            // files are removed at the end of DDL: that it happened must be durable by then
            engine.transactions().commit(tx, options.synchronousCommit() || ddl != null);
            session.countCommit();
            session.counts().ended(true);
        } finally {
            if (!tx.isEnded()) {
                engine.transactions().abort(tx);
            }
            finish();
        }
    }

    @Override
    public void rollback() {
        if (!ended) {
            rollback(true);
        }
    }

    /** @param counted false for the engine's own transactions */
    void rollback(boolean counted) {
        checkNotNested("end a transaction");
        if (!session.enterToEnd()) {
            return; // the closing of the database ends it
        }
        try {
            closeStreams(0);
            engine.transactions().abort(tx);
            if (counted) {
                session.countRollback();
            }
        } finally {
            finish();
        }
    }

    @Override
    public void close() {
        rollback();
    }

    /** By the thread that closes the database, when nobody is inside. */
    public void abortByClose() {
        if (!ended) {
            closeStreams(0);
            engine.transactions().abort(tx);
            session.countRollback();
            session.current(null);
            ended = true;
        }
    }

    private void finish() {
        session.counts().ended(false); // unless it has committed
        session.current(null);
        session.ended = tx;
        ended = true; // volatile, before the look at cancelled: a cancel that comes now sees it
        if (cancelled) {
            session.ended = null;
        }
        session.exit();
        engine.sessions().give(session);
    }

    /** Those opened in this subtransaction or a later one. */
    private void closeStreams(int firstSub) {
        if (!streams.isEmpty()) {
            for (ScanStream stream : List.copyOf(streams)) {
                if (stream.subId() >= firstSub) {
                    stream.closeByTransaction();
                }
            }
        }
    }

    private void checkNotNested(String what) {
        if (depth != 0) {
            throw new UsageException(
                    SqlState.OBJECT_IN_USE, "cannot " + what + " from within one of its own statements");
        }
    }

    // ---- what it is

    @Override
    public TransactionOptions options() {
        return options;
    }

    @Override
    public boolean isActive() {
        return !ended;
    }

    @Override
    public boolean isFailed() {
        return !ended && failed;
    }

    @Override
    public long xidIfAssigned() {
        return ended ? Xid.NONE : tx.xid();
    }

    @Override
    public long assignXid() {
        return inside(() -> {
            engine.transactions().assignXid(tx);
            return tx.xid();
        });
    }

    @Override
    public long waitCount() {
        return ended ? 0 : tx.waitCount();
    }

    /** For views: a failed transaction holds nothing since its last savepoint any more, but its user hasn't ended it yet. */
    public SessionInfo describeFailed() {
        return new SessionInfo(
                tx.processId(),
                tx.waitableXid(),
                0,
                options.isolation(),
                options.readOnly(),
                "failed",
                null,
                tx.startMicros());
    }

    @Override
    public void cancel() {
        cancelled = true;
        if (!ended) {
            tx.cancel();
        }
    }

    /** Makes the running statement fail with 57014, if there is one. Any thread. */
    void cancelStatement() {
        cancelled = true;
        if (!ended) {
            engine.locks().cancel(tx, true);
        }
    }

    // ---- definitions

    @Override
    public void createTable(TableSchema schema) {
        UsageException.required(schema, "the schema");
        define("CREATE TABLE", () -> {
            TableDefinition.create(this, schema);
            return null;
        });
    }

    @Override
    public List<String> dropTables(List<String> names, boolean cascade) {
        UsageException.required(names, "the tables' names");
        return define("DROP TABLE", () -> TableDefinition.drop(this, names, cascade));
    }

    @Override
    public void alterTable(String name, Map<String, String> parameters) {
        UsageException.required(name, "the table's name");
        UsageException.required(parameters, "the storage parameters");
        define("ALTER TABLE", () -> {
            TableDefinition.setStorageParameters(this, name, parameters);
            return null;
        });
    }

    @Override
    public String createIndex(IndexSchema schema) {
        UsageException.required(schema, "the schema");
        return define("CREATE INDEX", () -> IndexDefinition.create(this, schema));
    }

    @Override
    public void dropIndex(String name) {
        UsageException.required(name, "the index's name");
        define("DROP INDEX", () -> {
            IndexDefinition.drop(this, name);
            return null;
        });
    }

    private <T> T define(String command, Supplier<T> work) {
        return inside(() -> {
            checkWritable(command);
            if (isNested()) {
                throw new UsageException(
                        SqlState.OBJECT_IN_USE, "cannot execute " + command + " from within another statement");
            }
            return work.get();
        });
    }

    @Override
    public List<String> tableNames() {
        return inside(() -> catalog().tables().stream()
                .filter(table -> !table.isSystem())
                .map(TableInfo::name)
                .toList());
    }

    @Override
    public TableSchema tableSchema(String name) {
        UsageException.required(name, "the table's name");
        return inside(() -> {
            TableInfo table = catalog().table(name);
            return table == null ? null : table.schema();
        });
    }

    // ---- savepoints

    @Override
    public void savepoint(String name) {
        UsageException.required(name, "the savepoint's name");
        checkNotNested("set a savepoint");
        inside(() -> {
            tx.savepoint(name);
            session.counts().mark();
            return null;
        });
    }

    @Override
    public void rollbackTo(String name) {
        UsageException.required(name, "the savepoint's name");
        checkNotNested("roll back to a savepoint");
        enterEvenFailed();
        try {
            int savepoint = savepointNamed(name);
            int subId = tx.subIdOf(savepoint);
            closeStreams(subId);
            tx.rollbackTo(savepoint);
            session.counts().rollbackTo(savepoint);
            forgetDefinitions(subId);
            failed = false;
            failure = null;
            tx.clearCancel();
        } catch (Throwable e) {
            throw failed(e);
        } finally {
            exit();
        }
    }

    @Override
    public void release(String name) {
        UsageException.required(name, "the savepoint's name");
        checkNotNested("release a savepoint");
        inside(() -> {
            int savepoint = savepointNamed(name);
            tx.release(savepoint);
            session.counts().release(savepoint);
            return null;
        });
    }

    private int savepointNamed(String name) {
        int savepoint = tx.findSavepoint(name);
        if (savepoint < 0) {
            throw new UsageException(
                    SqlState.INVALID_SAVEPOINT_SPECIFICATION, "savepoint \"" + name + "\" does not exist");
        }
        return savepoint;
    }

    // ---- locks

    @Override
    public boolean lockTable(String name, TableLockMode mode, WaitPolicy wait) {
        UsageException.required(name, "the table's name");
        UsageException.required(mode, "the lock mode");
        UsageException.required(wait, "the wait policy");
        return inside(() -> TableLocking.lock(this, name, mode, wait));
    }

    @Override
    public boolean advisoryLock(AdvisoryKey key, boolean shared, WaitPolicy wait) {
        LockTag tag = UserSession.tag(key);
        UsageException.required(wait, "the wait policy");
        return inside(() -> engine.locks().lock(tx, tag, UserSession.mode(shared), wait, WaitContext.NONE));
    }

    @Override
    public void timeouts(Timeouts timeouts) {
        limit(UsageException.required(timeouts, "the timeouts"));
    }

    @Override
    public void statementText(String text) {
        if (!ended) {
            tx.origin(text);
        }
    }

    @Override
    public long sessionId() {
        return tx.processId();
    }

    @Override
    public int attempt() {
        return attempt;
    }

    @Override
    public SnapshotInfo snapshotInfo() {
        return inside(tx::snapshotInfo);
    }

    // ---- sequences

    @Override
    public void createSequence(SequenceSchema schema) {
        UsageException.required(schema, "the schema");
        define("CREATE SEQUENCE", () -> {
            SequenceStatements.create(this, schema);
            return null;
        });
    }

    @Override
    public void dropSequence(String name) {
        UsageException.required(name, "the sequence's name");
        define("DROP SEQUENCE", () -> {
            SequenceStatements.drop(this, name);
            return null;
        });
    }

    @Override
    public SequenceSchema sequenceSchema(String name) {
        UsageException.required(name, "the sequence's name");
        return inside(() -> {
            SequenceInfo sequence = catalog().sequence(name);
            return sequence == null ? null : sequence.schema();
        });
    }

    @Override
    public List<String> sequenceNames() {
        return inside(
                () -> catalog().sequences().stream().map(SequenceInfo::name).toList());
    }

    @Override
    public long nextValue(String sequence) {
        UsageException.required(sequence, "the sequence's name");
        return inside(() -> SequenceStatements.nextValue(this, sequence));
    }

    @Override
    public void setValue(String sequence, long value, boolean called) {
        UsageException.required(sequence, "the sequence's name");
        inside(() -> {
            SequenceStatements.setValue(this, sequence, value, called);
            return null;
        });
    }

    @Override
    public long currentValue(String sequence) {
        UsageException.required(sequence, "the sequence's name");
        return inside(() -> SequenceStatements.currentValue(this, sequence));
    }

    @Override
    public long lastValue() {
        return inside(() -> SequenceStatements.lastValue(this));
    }

    /** What this transaction's session took from sequences. */
    SequenceValues sequenceValues() {
        if (user != null) {
            return user.sequenceValues();
        }
        if (sequenceValues == null) {
            sequenceValues = new SequenceValues();
        }
        return sequenceValues;
    }

    /** A statement that neither reads nor writes rows: also within a callback. */
    <T> T inside(Supplier<T> work) {
        enter();
        try {
            return work.get();
        } catch (Throwable e) {
            throw failed(e);
        } finally {
            exit();
        }
    }
}
