package dev.palimpsest.api;

/** The caller has to change something: bad input, a violated constraint, a call in the wrong state (classes 0A, 22, 23, 25, 42, 54, 55; 53400). */
public sealed class UsageException extends EngineException
        permits UniqueViolationException,
                ForeignKeyViolationException,
                CheckViolationException,
                FailedTransactionException {
    private static final long serialVersionUID = 1L;

    /** Without detail, hint and cause. */
    public UsageException(SqlState sqlState, String message) {
        this(sqlState, message, null, null, null);
    }

    /** @param detail what and where, or null */
    public UsageException(SqlState sqlState, String message, String detail) {
        this(sqlState, message, detail, null, null);
    }

    /**
     * @param detail what and where, or null
     * @param hint what to do next, or null
     * @param cause what it came from, or null
     */
    public UsageException(SqlState sqlState, String message, String detail, String hint, Throwable cause) {
        super(sqlState, message, detail, hint, cause, ErrorSubject.NONE);
    }

    /**
     * Checks an argument.
     *
     * @return the argument
     * @throws UsageException 22023 {@code <what> must not be null}
     */
    public static <T> T required(T argument, String what) {
        if (argument == null) {
            throw new UsageException(SqlState.INVALID_PARAMETER_VALUE, what + " must not be null");
        }
        return argument;
    }

    UsageException(
            SqlState sqlState, String message, String detail, String hint, Throwable cause, ErrorSubject subject) {
        super(sqlState, message, detail, hint, cause, subject);
    }
}
