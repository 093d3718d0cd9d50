package dev.palimpsest.table;

import dev.palimpsest.api.AdvisoryKey;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.Timeouts;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.api.WaitListener;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.lock.LockMode;
import dev.palimpsest.lock.LockOwner;
import dev.palimpsest.lock.LockTag;
import dev.palimpsest.lock.WaitContext;
import dev.palimpsest.tx.SessionOwner;
import java.util.List;
import java.util.function.Function;

/**
 * A session as its user holds it: what its transactions are one with in the lock table, its own advisory locks, its limits. Used by one thread at
 * a time; {@link #cancel} and {@link #blockers} by any.
 */
public final class UserSession implements dev.palimpsest.api.Session {
    private final TableEngine engine;
    private final SessionOwner owner;
    private final SequenceValues sequenceValues = new SequenceValues();
    private Timeouts timeouts = Timeouts.NONE;
    private WaitListener waitListener = WaitListener.NONE;

    /** The open transaction, or null. Single-writer; read by those who cancel. */
    private volatile UserTransaction current;

    private boolean closed;

    /** The user's code that opened it; null if that isn't known. */
    private final Object place;

    private UserSession(TableEngine engine, Object place) {
        this.engine = engine;
        this.place = place;
        this.owner = engine.transactions().openSession();
    }

    public static UserSession open(TableEngine engine) {
        Object place = engine.openingPlace();
        return engine.sessions().guarded(() -> new UserSession(engine, place));
    }

    SessionOwner owner() {
        return owner;
    }

    @Override
    public long id() {
        return owner.processId();
    }

    // ---- transactions

    @Override
    public Transaction begin(TransactionOptions options) {
        UsageException.required(options, "the options");
        checkNotClosed();
        if (open() != null) {
            throw new UsageException(SqlState.ACTIVE_SQL_TRANSACTION, "there is already a transaction in progress");
        }
        UserTransaction begun = UserTransaction.begin(engine, withOwnDefaults(options), this, 1, place);
        current = begun;
        return begun;
    }

    private TransactionOptions withOwnDefaults(TransactionOptions options) {
        TransactionOptions limited =
                options.timeouts().equals(Timeouts.NONE) ? options.withTimeouts(timeouts) : options;
        boolean told = limited.waitListener() != WaitListener.NONE || waitListener == WaitListener.NONE;
        return told ? limited : limited.withWaitListener(waitListener);
    }

    /** The open transaction, or null. */
    private UserTransaction open() {
        UserTransaction transaction = current;
        return transaction != null && transaction.isActive() ? transaction : null;
    }

    // ---- advisory locks

    @Override
    public boolean advisoryLock(AdvisoryKey key, boolean shared, WaitPolicy wait) {
        LockTag tag = tag(key);
        UsageException.required(wait, "the wait policy");
        checkNotClosed();
        UserTransaction transaction = open();
        if (transaction != null) {
            return transaction.inside(() -> lock(transaction.tx(), tag, shared, wait));
        }
        return engine.sessions().guarded(() -> {
            if (owner.hasStatementLimits()) {
                owner.beginStatementLimits(engine.scheduler().nanoTime());
            }
            return lock(owner, tag, shared, wait);
        });
    }

    private boolean lock(LockOwner actor, LockTag tag, boolean shared, WaitPolicy wait) {
        return engine.locks().lockForSession(owner, actor, tag, mode(shared), wait, WaitContext.NONE);
    }

    @Override
    public boolean advisoryUnlock(AdvisoryKey key, boolean shared) {
        LockTag tag = tag(key);
        return engine.locks().unlock(owner, tag, mode(shared));
    }

    @Override
    public void advisoryUnlockAll() {
        engine.locks().unlockAll(owner);
    }

    static LockTag tag(AdvisoryKey key) {
        UsageException.required(key, "the key");
        return LockTag.advisory(key.value(), key.pair());
    }

    static LockMode mode(boolean shared) {
        return shared ? LockMode.SHARE : LockMode.EXCLUSIVE;
    }

    // ---- sequences

    SequenceValues sequenceValues() {
        return sequenceValues;
    }

    @Override
    public long currentValue(String sequence) {
        return inTransaction(transaction -> transaction.currentValue(sequence));
    }

    @Override
    public long lastValue() {
        return inTransaction(UserTransaction::lastValue);
    }

    /** In the open one, or in one for this only. */
    private <T> T inTransaction(Function<UserTransaction, T> work) {
        checkNotClosed();
        UserTransaction open = open();
        if (open != null) {
            return work.apply(open);
        }
        UserTransaction own =
                UserTransaction.begin(engine, TransactionOptions.READ_ONLY.withTimeouts(timeouts), this, 1, place);
        try {
            return work.apply(own);
        } finally {
            own.rollback(false);
        }
    }

    // ---- vacuum

    @Override
    public List<VacuumReport> vacuum(VacuumOptions options, String... tables) {
        UsageException.required(options, "the options");
        List<String> names = names(tables);
        checkNotClosed();
        if (open() != null) {
            throw new UsageException(SqlState.ACTIVE_SQL_TRANSACTION, "VACUUM cannot run inside a transaction block");
        }
        return engine.maintenance().vacuum(options, names, this);
    }

    /** A statement of several transactions begins: a cancel of the one before is void. */
    public void beginSteps(long startNanos) {
        checkNotClosed();
        owner.beginStatementLimits(startNanos);
    }

    /** The transaction of one step. @throws dev.palimpsest.api.CanceledException 57014 between two steps */
    UserTransaction beginStep() {
        engine.locks().checkInterrupts(owner);
        return (UserTransaction) begin(TransactionOptions.READ_ONLY);
    }

    /** Of tables, none null. */
    public static List<String> names(String[] tables) {
        for (String table : UsageException.required(tables, "the tables' names")) {
            UsageException.required(table, "a table's name");
        }
        return List.of(tables);
    }

    // ---- limits and waits

    @Override
    public void timeouts(Timeouts newTimeouts) {
        timeouts = UsageException.required(newTimeouts, "the timeouts");
        owner.lockTimeoutNanos(newTimeouts.lockNanos());
        owner.deadlockTimeoutNanos(newTimeouts.deadlockNanos());
        owner.statementTimeoutNanos(newTimeouts.statementNanos());
    }

    @Override
    public void waitListener(WaitListener listener) {
        waitListener = UsageException.required(listener, "the wait listener");
        owner.waitListener(listener);
    }

    @Override
    public void cancel() {
        UserTransaction transaction = current;
        if (transaction != null) {
            transaction.cancelStatement();
        }
        engine.locks().cancel(owner, true);
    }

    @Override
    public List<Long> blockers() {
        return engine.locks().blockers(owner).stream().map(LockOwner::processId).toList();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        UserTransaction transaction = current;
        if (transaction != null) {
            transaction.close(); // refused from within one of its statements
        }
        closed = true;
        current = null;
        try {
            engine.sessions().guarded(() -> {
                engine.transactions().closeSession(owner);
                return null;
            });
        } catch (StoppedException e) {
            engine.transactions().closeSession(owner); // nobody waits for it any more
        }
    }

    private void checkNotClosed() {
        if (closed) {
            throw new UsageException(SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE, "the session is closed");
        }
    }
}
