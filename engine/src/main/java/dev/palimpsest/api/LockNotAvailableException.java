package dev.palimpsest.api;

/** 55P03: a lock was not to be had at once (NOWAIT) or in time. */
public final class LockNotAvailableException extends CanceledException {
    private static final long serialVersionUID = 1L;

    /**
     * @param detail PostgreSQL's DETAIL or what and where, or null
     * @param hint what to do next, or null
     * @param subject what it is about
     */
    public LockNotAvailableException(String message, String detail, String hint, ErrorSubject subject) {
        super(SqlState.LOCK_NOT_AVAILABLE, message, detail, hint, null, subject);
    }
}
