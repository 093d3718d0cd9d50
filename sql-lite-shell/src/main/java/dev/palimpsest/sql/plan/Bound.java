package dev.palimpsest.sql.plan;

import dev.palimpsest.sql.parser.Expression;

/**
 * An expression with its names resolved and its type known. Immutable.
 *
 * @param constant reads no column: has one value for the whole statement
 * @param column the column that it is, {@link #NO_COLUMN} if it is anything else
 * @param source what it was bound from
 */
public record Bound(SqlType type, boolean constant, int column, Evaluator evaluator, Expression source) {
    public static final int NO_COLUMN = Integer.MIN_VALUE;

    static Bound value(SqlType type, Object value, Expression source) {
        return new Bound(type, true, NO_COLUMN, tuple -> value, source);
    }

    static Bound column(SqlType type, int column, Expression source) {
        return new Bound(type, false, column, tuple -> tuple.get(column), source);
    }

    static Bound computed(SqlType type, boolean constant, Evaluator evaluator, Expression source) {
        return new Bound(type, constant, NO_COLUMN, evaluator, source);
    }

    public Object eval(Tuple tuple) {
        return evaluator.eval(tuple);
    }

    /** The value of a constant expression. */
    public Object constantValue() {
        return evaluator.eval(Tuple.NONE);
    }

    /** For a condition: NULL counts as false. */
    public boolean isTrue(Tuple tuple) {
        return Boolean.TRUE.equals(evaluator.eval(tuple));
    }

    boolean isUnknown() {
        return type == SqlType.UNKNOWN;
    }

    /** Where the text of the expression starts. */
    public int start() {
        return source == null ? -1 : source.start();
    }

    public int location() {
        return source == null ? -1 : source.location();
    }
}
