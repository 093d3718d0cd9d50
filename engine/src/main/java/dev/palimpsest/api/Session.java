package dev.palimpsest.api;

import java.util.List;

/**
 * One user's connection: transactions one after the other, and what lasts longer than a transaction: session-level advisory locks and
 * the values last taken from sequences. A session never waits for its own locks, whichever of its transactions took them. Used by one
 * thread at a time; {@link #cancel} and {@link #blockers} by any.
 *
 * <p>{@link Database#begin} works without one: its transactions are sessions of their own.
 */
public interface Session extends AutoCloseable {
    /** Unique while the database is open; what {@code pg_backend_pid()} returns and deadlock reports name. */
    long id();

    /**
     * Begins a transaction of this session.
     *
     * @throws UsageException 25001 if one is open
     */
    Transaction begin(TransactionOptions options);

    /**
     * Takes a session-level advisory lock; a lock held n times is released by n unlocks. Lasts until then or until the session is closed,
     * whatever happens to transactions. Within a transaction of this session it is the transaction's wait (its timeouts, its cancel).
     *
     * @return false only with {@link WaitPolicy#SKIP_LOCKED}
     * @throws CanceledException 55P03 with NOWAIT or after a timeout, 57014
     * @throws RetryException 40P01
     */
    boolean advisoryLock(AdvisoryKey key, boolean shared, WaitPolicy wait);

    /** Gives one session-level grant back. Returns false if it isn't held. */
    boolean advisoryUnlock(AdvisoryKey key, boolean shared);

    /** Gives all session-level grants back. */
    void advisoryUnlockAll();

    /**
     * The value that this session took last from a sequence.
     *
     * @throws UsageException 42P01 if there is no such sequence, 55000 if this session took none
     */
    long currentValue(String sequence);

    /**
     * The value that this session took last from any sequence.
     *
     * @throws UsageException 55000 if it took none
     */
    long lastValue();

    /**
     * {@link Database#vacuum(VacuumOptions, String...)} with this session's timeouts and its cancel.
     *
     * @throws UsageException 25001 inside a transaction
     * @throws CanceledException 55P03, 57014; what was done so far stays
     */
    List<VacuumReport> vacuum(VacuumOptions options, String... tables);

    /** Limits for waits of this session outside of a transaction, and the start values of its transactions. */
    void timeouts(Timeouts timeouts);

    /** Told of waits of this session: of those outside of a transaction, and in transactions that are begun without a listener. */
    void waitListener(WaitListener listener);

    /** Makes the running wait or statement fail with 57014; without one, no effect. Any thread. */
    void cancel();

    /**
     * Ids of the sessions that this one waits for now: those that hold what it wants, and those before it in the queue with a conflicting
     * request; {@code pg_blocking_pids}. Empty if it doesn't wait. Any thread.
     */
    List<Long> blockers();

    /** Rolls back what is open and releases everything. */
    @Override
    void close();
}
