package dev.palimpsest.api;

/** 40001: a concurrent transaction changed what this one is about. Run the transaction again. */
public final class SerializationException extends RetryException {
    private static final long serialVersionUID = 1L;

    /**
     * @param detail PostgreSQL's DETAIL or what and where, or null
     * @param hint what to do next, or null
     * @param subject what it is about
     */
    public SerializationException(String message, String detail, String hint, ErrorSubject subject) {
        super(SqlState.SERIALIZATION_FAILURE, message, detail, hint, null, subject);
    }

    private SerializationException(SerializationException last, int attempts) {
        super(last, attempts);
    }

    @Override
    public SerializationException afterAttempts(int count) {
        return new SerializationException(this, count);
    }
}
