package dev.palimpsest.api;

/** The database can't go on with this call: closed, out of space, a failed disk, or damaged bytes (classes 53, 57P, 58, XX). */
public final class StoppedException extends EngineException {
    private static final long serialVersionUID = 1L;

    /** Without detail, hint and cause. */
    public StoppedException(SqlState sqlState, String message) {
        this(sqlState, message, null, null, null);
    }

    /** @param detail what and where, or null */
    public StoppedException(SqlState sqlState, String message, String detail) {
        this(sqlState, message, detail, null, null);
    }

    /**
     * @param detail what and where, or null
     * @param hint what to do next, or null
     * @param cause what it came from, or null
     */
    public StoppedException(SqlState sqlState, String message, String detail, String hint, Throwable cause) {
        super(sqlState, message, detail, hint, cause, ErrorSubject.NONE);
    }
}
