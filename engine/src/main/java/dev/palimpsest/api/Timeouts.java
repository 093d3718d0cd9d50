package dev.palimpsest.api;

/**
 * Limits of a transaction's waits and statements, in nanoseconds; 0 for none. PostgreSQL's settings of the same names.
 *
 * @param lockNanos longest single wait for a lock, then 55P03
 * @param statementNanos longest statement, then 57014
 * @param deadlockNanos how long a wait lasts before it looks for a deadlock; 0, the default, looks at once
 */
public record Timeouts(long lockNanos, long statementNanos, long deadlockNanos) {
    public static final Timeouts NONE = new Timeouts(0, 0, 0);

    public Timeouts {
        if (lockNanos < 0 || statementNanos < 0 || deadlockNanos < 0) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE,
                    "timeout out of range",
                    "lockNanos=" + lockNanos + " statementNanos=" + statementNanos + " deadlockNanos=" + deadlockNanos);
        }
    }
}
