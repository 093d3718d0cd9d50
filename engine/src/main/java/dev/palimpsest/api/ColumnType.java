package dev.palimpsest.api;

import java.math.BigDecimal;
import java.time.Instant;

/**
 * A column's type with its modifiers. Immutable.
 *
 * @param kind the type proper
 * @param length longest value in characters for VARCHAR, digits in all for NUMERIC; 0 for no limit
 * @param scale digits after the point for NUMERIC with a precision; else 0
 */
public record ColumnType(Kind kind, int length, int scale) {
    /** The types, each with its SQL name and the Java class of its values. */
    public enum Kind {
        BOOLEAN("boolean", Boolean.class),
        SMALLINT("smallint", Short.class),
        INTEGER("integer", Integer.class),
        BIGINT("bigint", Long.class),
        DOUBLE("double precision", Double.class),
        NUMERIC("numeric", BigDecimal.class),
        TEXT("text", String.class),
        VARCHAR("character varying", String.class),
        BYTEA("bytea", byte[].class),
        /** Microseconds precision, years 4713 BC to 294247. */
        TIMESTAMPTZ("timestamp with time zone", Instant.class);

        private final String sqlName;
        private final Class<?> javaClass;

        Kind(String sqlName, Class<?> javaClass) {
            this.sqlName = sqlName;
            this.javaClass = javaClass;
        }

        /** As SQL writes it. */
        public String sqlName() {
            return sqlName;
        }

        public Class<?> javaClass() {
            return javaClass;
        }
    }

    public static final ColumnType BOOLEAN = new ColumnType(Kind.BOOLEAN, 0, 0);
    public static final ColumnType SMALLINT = new ColumnType(Kind.SMALLINT, 0, 0);
    public static final ColumnType INTEGER = new ColumnType(Kind.INTEGER, 0, 0);
    public static final ColumnType BIGINT = new ColumnType(Kind.BIGINT, 0, 0);
    public static final ColumnType DOUBLE = new ColumnType(Kind.DOUBLE, 0, 0);
    public static final ColumnType NUMERIC = new ColumnType(Kind.NUMERIC, 0, 0);
    public static final ColumnType TEXT = new ColumnType(Kind.TEXT, 0, 0);
    public static final ColumnType BYTEA = new ColumnType(Kind.BYTEA, 0, 0);
    public static final ColumnType TIMESTAMPTZ = new ColumnType(Kind.TIMESTAMPTZ, 0, 0);

    public ColumnType {
        UsageException.required(kind, "the type");
        boolean sized = kind == Kind.VARCHAR || kind == Kind.NUMERIC;
        if (length < 0 || scale < 0 || scale > length || !sized && length != 0) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE,
                    "invalid modifiers for type " + kind.sqlName(),
                    "length=" + length + " scale=" + scale);
        }
    }

    /** @param maxCharacters 1 to 10,485,760 */
    public static ColumnType varchar(int maxCharacters) {
        if (maxCharacters < 1 || maxCharacters > 10_485_760) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE,
                    maxCharacters < 1
                            ? "length for type varchar must be at least 1"
                            : "length for type varchar cannot exceed 10485760");
        }
        return new ColumnType(Kind.VARCHAR, maxCharacters, 0);
    }

    /** @param precision 1 to 1000 digits, {@code scale} of them after the point */
    public static ColumnType numeric(int precision, int scale) {
        if (precision < 1 || precision > 1000) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE, "NUMERIC precision " + precision + " must be between 1 and 1000");
        }
        if (scale < 0 || scale > precision) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE,
                    "NUMERIC scale " + scale + " must be between 0 and precision " + precision);
        }
        return new ColumnType(Kind.NUMERIC, precision, scale);
    }

    /** As SQL writes it, for example {@code numeric(10,2)}. */
    public String sqlName() {
        if (length == 0) {
            return kind.sqlName();
        }
        return kind.sqlName() + (kind == Kind.NUMERIC ? "(" + length + "," + scale + ")" : "(" + length + ")");
    }
}
