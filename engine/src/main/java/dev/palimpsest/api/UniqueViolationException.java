package dev.palimpsest.api;

/** 23505: a row with the same unique key exists. */
public final class UniqueViolationException extends UsageException {
    private static final long serialVersionUID = 1L;

    /**
     * @param detail PostgreSQL's DETAIL or what and where, or null
     * @param hint what to do next, or null
     * @param subject what it is about
     */
    public UniqueViolationException(String message, String detail, String hint, ErrorSubject subject) {
        super(SqlState.UNIQUE_VIOLATION, message, detail, hint, null, subject);
    }
}
