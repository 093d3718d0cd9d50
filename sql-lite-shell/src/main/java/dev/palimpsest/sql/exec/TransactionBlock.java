package dev.palimpsest.sql.exec;

import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.Session;
import dev.palimpsest.api.Timeouts;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.sql.plan.SqlError;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a session is between BEGIN and COMMIT, by PostgreSQL's rules (PG xact.c, TBlockState): the engine's transaction, which begins with
 * the first statement that needs it, its savepoints, and the settings that they undo. Used by the session's thread; {@link #transaction}
 * and {@link #state} by any.
 */
final class TransactionBlock {
    /** What kind of transaction is open. */
    enum Kind {
        NONE,
        /** Of one statement that came alone. */
        STATEMENT,
        /** Of a message with several statements. */
        IMPLICIT,
        EXPLICIT,
        /** An explicit one after an error. */
        FAILED
    }

    private record Savepoint(String name, SessionSettings.Mark settings, boolean readOnly) {}

    private final Session session;
    private final SessionSettings settings;
    private final List<Savepoint> savepoints = new ArrayList<>();

    private volatile Kind kind = Kind.NONE;
    private IsolationLevel isolation;
    private boolean readOnly;
    private Instant start;

    /** Null until a statement needs it. */
    private volatile Transaction transaction;

    /** What the engine was told last. */
    private Timeouts timeouts;

    TransactionBlock(Session session, SessionSettings settings) {
        this.session = session;
        this.settings = settings;
    }

    Kind kind() {
        return kind;
    }

    TransactionState state() {
        switch (kind) {
            case EXPLICIT:
                return TransactionState.IN_TRANSACTION;
            case FAILED:
                return TransactionState.FAILED;
            default:
                return TransactionState.IDLE;
        }
    }

    /** Whether statements that need a block may run: BEGIN was given, or several statements came in one message. */
    boolean isOpen() {
        return kind == Kind.IMPLICIT || kind == Kind.EXPLICIT;
    }

    boolean isExplicit() {
        return kind == Kind.EXPLICIT || kind == Kind.FAILED;
    }

    /** The engine's transaction, or null. */
    Transaction transaction() {
        return transaction;
    }

    Instant start() {
        return start;
    }

    IsolationLevel isolation() {
        return kind == Kind.NONE ? settings.current().defaultIsolation() : isolation;
    }

    boolean readOnly() {
        return kind == Kind.NONE ? settings.current().defaultReadOnly() : readOnly;
    }

    boolean inSavepoint() {
        return !savepoints.isEmpty();
    }

    /** Opens a block, or makes an implicit one explicit. */
    void open(Kind opened) {
        if (kind == Kind.NONE) {
            isolation = settings.current().defaultIsolation();
            readOnly = settings.current().defaultReadOnly();
            start = Instant.now().truncatedTo(ChronoUnit.MICROS);
            settings.beginTransaction();
        }
        kind = opened;
    }

    /** @throws SqlError 25001 after the first query */
    void setIsolation(IsolationLevel level) {
        if (level != isolation && inSavepoint()) {
            throw SqlError.of("25001", "SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction");
        }
        if (level != isolation && transaction != null) {
            throw SqlError.of("25001", "SET TRANSACTION ISOLATION LEVEL must be called before any query");
        }
        isolation = level;
    }

    /** @throws SqlError 25001 after the first query */
    void setReadOnly(boolean value) {
        if (value != readOnly && transaction != null) {
            throw value
                    ? SqlError.unsupported(-1, "SET TRANSACTION READ ONLY after the first query")
                    : SqlError.of("25001", "transaction read-write mode must be set before any query");
        }
        readOnly = value;
    }

    /**
     * The transaction for a statement; a block is open.
     *
     * @param statementNanos what is left of the statement's time, 0 for no limit
     * @param text the statement's
     */
    Transaction forStatement(long statementNanos, String text) {
        if (transaction == null) {
            timeouts = limits(statementNanos);
            transaction = session.begin(TransactionOptions.DEFAULT
                    .withIsolation(isolation)
                    .withReadOnly(readOnly)
                    .withSynchronousCommit(settings.current().synchronousCommit())
                    .withTimeouts(timeouts));
        }
        transaction.statementText(text);
        limit(statementNanos);
        return transaction;
    }

    /** Tells the engine how long it may wait from now on. */
    void limit(long statementNanos) {
        Timeouts wanted = limits(statementNanos);
        if (!wanted.equals(timeouts)) {
            transaction.timeouts(wanted);
            timeouts = wanted;
        }
    }

    private Timeouts limits(long statementNanos) {
        Timeouts set = settings.current().timeouts();
        return statementNanos == set.statementNanos()
                ? set
                : new Timeouts(set.lockNanos(), statementNanos, set.deadlockNanos());
    }

    /** Commits, or rolls back, and is closed then, whatever happens. */
    void end(boolean commit) {
        Transaction current = transaction;
        transaction = null;
        kind = Kind.NONE;
        savepoints.clear();
        boolean committed = false;
        try {
            if (current != null) {
                try (current) {
                    if (commit) {
                        current.commit();
                    }
                }
            }
            committed = commit;
        } finally {
            settings.endTransaction(committed);
        }
    }

    /**
     * After an error. What was done since the last savepoint is undone at once, so that nobody waits for its locks any more; without one
     * the transaction is over. An explicit block stays, failed, to its end.
     */
    void fail() {
        if (kind == Kind.FAILED) {
            return;
        }
        boolean explicit = kind == Kind.EXPLICIT;
        if (explicit && inSavepoint()) {
            Savepoint last = savepoints.get(savepoints.size() - 1);
            settings.backTo(last.settings());
            try {
                transaction.rollbackTo(last.name());
            } catch (EngineException e) {
                // the transaction is beyond that: ROLLBACK TO will say so
            }
            kind = Kind.FAILED;
            return;
        }
        end(false);
        if (explicit) {
            open(Kind.FAILED);
        }
    }

    void savepoint(String name) {
        forStatement(0, null).savepoint(name);
        savepoints.add(new Savepoint(name, settings.mark(), readOnly));
    }

    /** @throws SqlError 3B001 */
    void rollbackTo(String name) {
        int index = find(name);
        transaction.rollbackTo(name);
        savepoints.subList(index + 1, savepoints.size()).clear();
        settings.backTo(savepoints.get(index).settings());
        readOnly = savepoints.get(index).readOnly();
        kind = Kind.EXPLICIT;
    }

    /** @throws SqlError 3B001 */
    void release(String name) {
        int index = find(name);
        transaction.release(name);
        savepoints.subList(index, savepoints.size()).clear();
    }

    private int find(String name) {
        for (int i = savepoints.size() - 1; i >= 0; i--) {
            if (savepoints.get(i).name().equals(name)) {
                return i;
            }
        }
        throw SqlError.of("3B001", "savepoint \"" + name + "\" does not exist");
    }
}
