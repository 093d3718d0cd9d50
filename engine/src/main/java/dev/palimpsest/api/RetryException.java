package dev.palimpsest.api;

/** The transaction lost against a concurrent one (40001, 40P01): roll it back and run it again. */
public sealed class RetryException extends EngineException permits SerializationException, DeadlockException {
    private static final long serialVersionUID = 1L;

    private final int attempts;

    /** Without detail, hint and cause. */
    public RetryException(SqlState sqlState, String message) {
        this(sqlState, message, null, null, null);
    }

    /** @param detail what and where, or null */
    public RetryException(SqlState sqlState, String message, String detail) {
        this(sqlState, message, detail, null, null);
    }

    /**
     * @param detail what and where, or null
     * @param hint what to do next, or null
     * @param cause what it came from, or null
     */
    public RetryException(SqlState sqlState, String message, String detail, String hint, Throwable cause) {
        this(sqlState, message, detail, hint, cause, ErrorSubject.NONE);
    }

    RetryException(
            SqlState sqlState, String message, String detail, String hint, Throwable cause, ErrorSubject subject) {
        super(sqlState, message, detail, hint, cause, subject);
        attempts = 1;
    }

    RetryException(RetryException last, int attempts) {
        super(
                last.sqlState(),
                last.getMessage(),
                withAttempts(last.detail(), attempts),
                last.hint(),
                last,
                last.subject());
        this.attempts = attempts;
    }

    /** How often {@link Database#transact} had run the work when it gave up with this error; 1 where nothing was run again. */
    public final int attempts() {
        return attempts;
    }

    /** The same error as the last of so many attempts: its detail says so, and its cause is this one. */
    public RetryException afterAttempts(int count) {
        return new RetryException(this, count);
    }

    private static String withAttempts(String detail, int attempts) {
        String told = "attempts=" + attempts;
        return detail == null ? told : detail + (detail.indexOf('\n') < 0 ? " " : "\n") + told;
    }
}
