package dev.palimpsest.api;

/**
 * How a transaction runs. Immutable; start from {@link #DEFAULT}.
 *
 * @param isolation see {@link IsolationLevel}
 * @param readOnly writing is refused with 25006
 * @param synchronousCommit whether a commit returns only when it survives a power cut (the default); without, a crash may lose a
 *     bounded tail of commits, never their order
 * @param maxAttempts how often {@code transact} runs the work before it gives up and throws the last error, at least 1
 * @param lockTimeoutNanos longest single wait for another transaction, then 55P03; 0 for no limit
 * @param waitListener told of every wait
 */
public record TransactionOptions(
        IsolationLevel isolation,
        boolean readOnly,
        boolean synchronousCommit,
        int maxAttempts,
        long lockTimeoutNanos,
        WaitListener waitListener) {
    /** READ COMMITTED, read-write, synchronous commit, 10 attempts. */
    public static final TransactionOptions DEFAULT =
            new TransactionOptions(IsolationLevel.READ_COMMITTED, false, true, 10, 0, WaitListener.NONE);

    /** One snapshot for everything that is read, and no writes. */
    public static final TransactionOptions READ_ONLY =
            new TransactionOptions(IsolationLevel.REPEATABLE_READ, true, true, 10, 0, WaitListener.NONE);

    public TransactionOptions {
        if (isolation == null || waitListener == null) {
            throw new UsageException(SqlState.INVALID_PARAMETER_VALUE, "isolation and waitListener must not be null");
        }
        if (maxAttempts < 1 || lockTimeoutNanos < 0) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE,
                    "transaction option out of range",
                    "maxAttempts=" + maxAttempts + " lockTimeoutNanos=" + lockTimeoutNanos);
        }
    }

    /** The same with another isolation level. */
    public TransactionOptions withIsolation(IsolationLevel level) {
        return new TransactionOptions(level, readOnly, synchronousCommit, maxAttempts, lockTimeoutNanos, waitListener);
    }

    /** The same, read-only or not. */
    public TransactionOptions withReadOnly(boolean value) {
        return new TransactionOptions(isolation, value, synchronousCommit, maxAttempts, lockTimeoutNanos, waitListener);
    }

    /** The same, with or without waiting for the disk at commit. */
    public TransactionOptions withSynchronousCommit(boolean value) {
        return new TransactionOptions(isolation, readOnly, value, maxAttempts, lockTimeoutNanos, waitListener);
    }

    /** The same with another number of attempts, at least 1. */
    public TransactionOptions withMaxAttempts(int value) {
        return new TransactionOptions(isolation, readOnly, synchronousCommit, value, lockTimeoutNanos, waitListener);
    }

    /** The same with another limit for a single wait, 0 for none. */
    public TransactionOptions withLockTimeoutNanos(long value) {
        return new TransactionOptions(isolation, readOnly, synchronousCommit, maxAttempts, value, waitListener);
    }

    /** The same with another listener. */
    public TransactionOptions withWaitListener(WaitListener listener) {
        return new TransactionOptions(isolation, readOnly, synchronousCommit, maxAttempts, lockTimeoutNanos, listener);
    }
}
