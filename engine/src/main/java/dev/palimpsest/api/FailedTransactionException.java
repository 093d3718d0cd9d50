package dev.palimpsest.api;

/** 25P02: an earlier statement failed; only a rollback, to a savepoint or of everything, goes on. */
public final class FailedTransactionException extends UsageException {
    private static final long serialVersionUID = 1L;

    /**
     * @param detail PostgreSQL's DETAIL or what and where, or null
     * @param hint what to do next, or null
     * @param cause what failed it, or null
     */
    public FailedTransactionException(String message, String detail, String hint, Throwable cause) {
        super(SqlState.IN_FAILED_SQL_TRANSACTION, message, detail, hint, cause, ErrorSubject.NONE);
    }
}
