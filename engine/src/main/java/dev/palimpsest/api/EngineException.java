package dev.palimpsest.api;

/**
 * Everything the engine throws on purpose, split by what the caller does about it: {@link RetryException} (run the transaction again),
 * {@link CanceledException} (a wait was given up), {@link UsageException} (mend the input) and {@link StoppedException} (the database
 * is closed, out of resources or damaged). Unchecked; each carries PostgreSQL's SQLSTATE.
 *
 * <p>Messages are PostgreSQL's where it has one; {@link #detail()} names what and where as {@code name=value} pairs or PostgreSQL's
 * DETAIL text, {@link #hint()} says what to do next.
 */
public abstract sealed class EngineException extends RuntimeException
        permits RetryException, CanceledException, UsageException, StoppedException {
    private static final long serialVersionUID = 1L;

    private final SqlState sqlState;
    private final String detail;
    private final String hint;
    private final ErrorSubject subject;

    EngineException(
            SqlState sqlState, String message, String detail, String hint, Throwable cause, ErrorSubject subject) {
        super(message, cause);
        this.sqlState = sqlState;
        this.detail = detail;
        this.hint = hint;
        this.subject = subject;
    }

    /** The table, key, constraint and other transaction, as far as they are known; never null. */
    public final ErrorSubject subject() {
        return subject;
    }

    /** PostgreSQL's SQLSTATE. */
    public final SqlState sqlState() {
        return sqlState;
    }

    /** More about what and where, or null. */
    public final String detail() {
        return detail;
    }

    /** What to do next, or null. */
    public final String hint() {
        return hint;
    }

    /** Message, detail and hint in one line, for reports: without the Java class. */
    public final String text() {
        StringBuilder text = new StringBuilder(getMessage());
        if (detail != null) {
            text.append(" (").append(detail).append(')');
        }
        return hint == null
                ? text.toString()
                : text.append(" Hint: ").append(hint).toString();
    }

    @Override
    public String toString() {
        return getClass().getSimpleName() + " [" + sqlState.code() + "] " + text();
    }
}
