package dev.palimpsest.api;

/** 40P01: this wait would have closed a cycle. Run the transaction again. */
public final class DeadlockException extends RetryException {
    private static final long serialVersionUID = 1L;

    /**
     * @param detail PostgreSQL's DETAIL or what and where, or null
     * @param hint what to do next, or null
     * @param subject what it is about
     */
    public DeadlockException(String message, String detail, String hint, ErrorSubject subject) {
        super(SqlState.DEADLOCK_DETECTED, message, detail, hint, null, subject);
    }

    private DeadlockException(DeadlockException last, int attempts) {
        super(last, attempts);
    }

    @Override
    public DeadlockException afterAttempts(int count) {
        return new DeadlockException(this, count);
    }
}
