package dev.palimpsest.sql.plan;

import dev.palimpsest.api.EngineException;
import dev.palimpsest.sql.parser.SqlSyntaxException;

/**
 * A failed statement as its user sees it: PostgreSQL's SQLSTATE, message and, where known, the place in the text, detail, hint and
 * context. Immutable.
 */
public final class SqlError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String sqlState;
    private final int location;
    private final String detail;
    private final String hint;
    private final String context;

    private SqlError(
            String sqlState,
            String message,
            int location,
            String detail,
            String hint,
            String context,
            Throwable cause) {
        super(message, cause);
        this.sqlState = sqlState;
        this.location = location;
        this.detail = detail;
        this.hint = hint;
        this.context = context;
    }

    /** An error without a place. */
    public static SqlError of(String sqlState, String message) {
        return new SqlError(sqlState, message, -1, null, null, null, null);
    }

    /** @param location char index into the statement's text, -1 if unknown */
    public static SqlError at(int location, String sqlState, String message) {
        return new SqlError(sqlState, message, location, null, null, null, null);
    }

    public static SqlError unsupported(int location, String what) {
        return at(location, "0A000", what + " is not supported yet");
    }

    public static SqlError of(EngineException e) {
        return new SqlError(e.sqlState().code(), e.getMessage(), -1, e.detail(), e.hint(), null, e);
    }

    public static SqlError of(SqlSyntaxException e, String sql) {
        int position = Math.max(0, Math.min(e.position() - 1, sql.codePointCount(0, sql.length())));
        int location = e.position() <= 0 ? -1 : sql.offsetByCodePoints(0, position);
        return new SqlError(e.sqlState(), e.getMessage(), location, null, e.hint(), null, e);
    }

    public SqlError withLocation(int newLocation) {
        return new SqlError(sqlState, getMessage(), newLocation, detail, hint, context, getCause());
    }

    public SqlError withDetail(String newDetail) {
        return new SqlError(sqlState, getMessage(), location, newDetail, hint, context, getCause());
    }

    public SqlError withHint(String newHint) {
        return new SqlError(sqlState, getMessage(), location, detail, newHint, context, getCause());
    }

    public SqlError withContext(String newContext) {
        return new SqlError(sqlState, getMessage(), location, detail, hint, newContext, getCause());
    }

    public String sqlState() {
        return sqlState;
    }

    /** Char index into the statement's text, or -1. */
    public int location() {
        return location;
    }

    /** Null if there is none. */
    public String detail() {
        return detail;
    }

    /** Null if there is none. */
    public String hint() {
        return hint;
    }

    /** Where it happened, when that is not in the statement's text: a line of a file. Null if there is none. */
    public String context() {
        return context;
    }
}
