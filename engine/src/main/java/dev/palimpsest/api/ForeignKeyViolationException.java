package dev.palimpsest.api;

/** 23503: a referenced row is missing, or a row that is referenced would go. */
public final class ForeignKeyViolationException extends UsageException {
    private static final long serialVersionUID = 1L;

    /**
     * @param detail PostgreSQL's DETAIL or what and where, or null
     * @param hint what to do next, or null
     * @param subject what it is about
     */
    public ForeignKeyViolationException(String message, String detail, String hint, ErrorSubject subject) {
        super(SqlState.FOREIGN_KEY_VIOLATION, message, detail, hint, null, subject);
    }
}
