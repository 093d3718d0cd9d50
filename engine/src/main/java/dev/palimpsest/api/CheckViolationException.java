package dev.palimpsest.api;

/** 23514: a CHECK constraint is false for a row. */
public final class CheckViolationException extends UsageException {
    private static final long serialVersionUID = 1L;

    /**
     * @param detail PostgreSQL's DETAIL or what and where, or null
     * @param hint what to do next, or null
     * @param subject what it is about
     */
    public CheckViolationException(String message, String detail, String hint, ErrorSubject subject) {
        super(SqlState.CHECK_VIOLATION, message, detail, hint, null, subject);
    }
}
