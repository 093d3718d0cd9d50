package dev.palimpsest.api;

/** A wait was given up: a timeout, a cancel or an interrupt of the calling thread (55P03, 57014). */
public final class CanceledException extends EngineException {
    private static final long serialVersionUID = 1L;

    public CanceledException(SqlState sqlState, String message) {
        this(sqlState, message, null, null, null);
    }

    public CanceledException(SqlState sqlState, String message, String detail) {
        this(sqlState, message, detail, null, null);
    }

    public CanceledException(SqlState sqlState, String message, String detail, String hint, Throwable cause) {
        super(sqlState, message, detail, hint, cause);
    }
}
