package dev.palimpsest.api;

/**
 * How a transaction runs. Immutable; start from {@link #DEFAULT}.
 *
 * @param isolation see {@link IsolationLevel}
 * @param readOnly writing is refused with 25006
 * @param synchronousCommit whether a commit returns only when it survives a power cut (the default); without, a crash may lose a
 *     bounded tail of commits, never their order
 * @param maxAttempts how often {@link Database#transact} runs the work before it gives up and throws the last error, which then says how
 *     often that was ({@link RetryException#attempts}); at least 1
 * @param timeouts limits for waits and statements
 * @param retryListener told of each attempt of {@code transact} that lost and is run again
 * @param waitListener told of every wait
 */
public record TransactionOptions(
        IsolationLevel isolation,
        boolean readOnly,
        boolean synchronousCommit,
        int maxAttempts,
        Timeouts timeouts,
        RetryListener retryListener,
        WaitListener waitListener) {
    /** READ COMMITTED, read-write, synchronous commit, 10 attempts. */
    public static final TransactionOptions DEFAULT = new TransactionOptions(
            IsolationLevel.READ_COMMITTED, false, true, 10, Timeouts.NONE, RetryListener.NONE, WaitListener.NONE);

    /** One snapshot for everything that is read, and no writes. */
    public static final TransactionOptions READ_ONLY = new TransactionOptions(
            IsolationLevel.REPEATABLE_READ, true, true, 10, Timeouts.NONE, RetryListener.NONE, WaitListener.NONE);

    public TransactionOptions {
        UsageException.required(isolation, "the isolation level");
        UsageException.required(timeouts, "the timeouts");
        UsageException.required(retryListener, "the retry listener");
        UsageException.required(waitListener, "the wait listener");
        if (maxAttempts < 1) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE, "transaction option out of range", "maxAttempts=" + maxAttempts);
        }
    }

    /** The same with another isolation level. */
    public TransactionOptions withIsolation(IsolationLevel level) {
        return new TransactionOptions(
                level, readOnly, synchronousCommit, maxAttempts, timeouts, retryListener, waitListener);
    }

    /** The same, read-only or not. */
    public TransactionOptions withReadOnly(boolean value) {
        return new TransactionOptions(
                isolation, value, synchronousCommit, maxAttempts, timeouts, retryListener, waitListener);
    }

    /** The same, with or without waiting for the disk at commit. */
    public TransactionOptions withSynchronousCommit(boolean value) {
        return new TransactionOptions(isolation, readOnly, value, maxAttempts, timeouts, retryListener, waitListener);
    }

    /** The same with another number of attempts, at least 1. */
    public TransactionOptions withMaxAttempts(int value) {
        return new TransactionOptions(
                isolation, readOnly, synchronousCommit, value, timeouts, retryListener, waitListener);
    }

    /** The same with another limit for a single wait, 0 for none. */
    public TransactionOptions withLockTimeoutNanos(long value) {
        return withTimeouts(new Timeouts(value, timeouts.statementNanos(), timeouts.deadlockNanos()));
    }

    /** The same with other limits. */
    public TransactionOptions withTimeouts(Timeouts value) {
        return new TransactionOptions(
                isolation, readOnly, synchronousCommit, maxAttempts, value, retryListener, waitListener);
    }

    /** The same with another listener for retries. */
    public TransactionOptions withRetryListener(RetryListener listener) {
        return new TransactionOptions(
                isolation, readOnly, synchronousCommit, maxAttempts, timeouts, listener, waitListener);
    }

    /** The same with another listener. */
    public TransactionOptions withWaitListener(WaitListener listener) {
        return new TransactionOptions(
                isolation, readOnly, synchronousCommit, maxAttempts, timeouts, retryListener, listener);
    }
}
