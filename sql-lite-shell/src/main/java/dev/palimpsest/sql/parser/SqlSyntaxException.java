package dev.palimpsest.sql.parser;

/**
 * SQL text that can't be parsed, or that PostgreSQL's grammar accepts and this parser doesn't yet (0A000). Message,
 * SQLSTATE and position are PostgreSQL 15's. Immutable.
 */
public final class SqlSyntaxException extends RuntimeException {
    static final String SYNTAX_ERROR = "42601";
    static final String FEATURE_NOT_SUPPORTED = "0A000";
    static final String STATEMENT_TOO_COMPLEX = "54001";

    private static final long serialVersionUID = 1L;

    private final String sqlState;
    private final int position;
    private final String hint;

    public SqlSyntaxException(String sqlState, String message, int position, String hint) {
        super(message);
        this.sqlState = sqlState;
        this.position = position;
        this.hint = hint;
    }

    /** An error at a location (a char index into {@code sql}, as the trees keep it). */
    static SqlSyntaxException at(String sql, int location, String sqlState, String message) {
        return new SqlSyntaxException(sqlState, message, positionOf(sql, location), null);
    }

    public String sqlState() {
        return sqlState;
    }

    /** Where, counted in characters (code points) from 1, as PostgreSQL's error field P. */
    public int position() {
        return position;
    }

    /** A hint for the user, or null. */
    public String hint() {
        return hint;
    }

    /** What PostgreSQL reports for a tree's {@code location}: characters, not Java's UTF-16 units, from 1. */
    public static int positionOf(String sql, int location) {
        return sql.codePointCount(0, Math.min(location, sql.length())) + 1;
    }
}
