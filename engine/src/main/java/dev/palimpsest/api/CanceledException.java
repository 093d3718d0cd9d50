package dev.palimpsest.api;

/**
 * A wait was given up, or a statement ended: a timeout, a cancel, an interrupt of the calling thread, a snapshot held too long (55P03, 57014,
 * 72000).
 */
public sealed class CanceledException extends EngineException
        permits LockNotAvailableException, QueryCanceledException {
    private static final long serialVersionUID = 1L;

    /** Without detail, hint and cause. */
    public CanceledException(SqlState sqlState, String message) {
        this(sqlState, message, null, null, null);
    }

    /** @param detail what and where, or null */
    public CanceledException(SqlState sqlState, String message, String detail) {
        this(sqlState, message, detail, null, null);
    }

    /**
     * @param detail what and where, or null
     * @param hint what to do next, or null
     * @param cause what it came from, or null
     */
    public CanceledException(SqlState sqlState, String message, String detail, String hint, Throwable cause) {
        super(sqlState, message, detail, hint, cause, ErrorSubject.NONE);
    }

    CanceledException(
            SqlState sqlState, String message, String detail, String hint, Throwable cause, ErrorSubject subject) {
        super(sqlState, message, detail, hint, cause, subject);
    }
}
