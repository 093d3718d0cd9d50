package dev.palimpsest.api;

/** 57014: the statement was cancelled by somebody, by an interrupt, or by its timeout. */
public final class QueryCanceledException extends CanceledException {
    private static final long serialVersionUID = 1L;

    /**
     * @param detail PostgreSQL's DETAIL or what and where, or null
     * @param hint what to do next, or null
     * @param subject what it is about
     */
    public QueryCanceledException(String message, String detail, String hint, ErrorSubject subject) {
        super(SqlState.QUERY_CANCELED, message, detail, hint, null, subject);
    }
}
