package dev.palimpsest.api;

/** The transaction lost against a concurrent one (40001, 40P01): roll it back and run it again. */
public sealed class RetryException extends EngineException permits SerializationException, DeadlockException {
    private static final long serialVersionUID = 1L;

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
        super(sqlState, message, detail, hint, cause, ErrorSubject.NONE);
    }

    RetryException(
            SqlState sqlState, String message, String detail, String hint, Throwable cause, ErrorSubject subject) {
        super(sqlState, message, detail, hint, cause, subject);
    }
}
