package dev.palimpsest.api;

/** The database can't go on with this call: closed, out of space, a failed disk, or damaged bytes (classes 53, 57P, 58, XX). */
public final class StoppedException extends EngineException {
    private static final long serialVersionUID = 1L;

    public StoppedException(SqlState sqlState, String message) {
        this(sqlState, message, null, null, null);
    }

    public StoppedException(SqlState sqlState, String message, String detail) {
        this(sqlState, message, detail, null, null);
    }

    public StoppedException(SqlState sqlState, String message, String detail, String hint, Throwable cause) {
        super(sqlState, message, detail, hint, cause);
    }
}
