package dev.palimpsest.tuple;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** Values of one column: checked and brought to the column type's Java class, as an assignment does in SQL. Stateless. */
public final class Datums {
    /** 4713 BC as in PostgreSQL, to where microseconds since 1970 end (294247 AD). */
    private static final long MIN_TIMESTAMP = -210_866_803_200_000_000L;

    private static final long MAX_TIMESTAMP = 9_223_372_036_854_000_000L;

    /** Before and after the point, as in PostgreSQL. */
    private static final int MAX_NUMERIC_DIGITS = 131_072;

    private static final int MAX_NUMERIC_SCALE = 16_383;

    private Datums() {}

    /**
     * Checks a non-null value for a column and converts it to the column type's class; streams stay streams.
     *
     * @throws UsageException 42804 for a value of another type, 22001, 22003, 22008 for one that doesn't fit
     */
    public static Object coerce(Column column, Object value) {
        ColumnType type = column.type();
        return switch (type.kind()) {
            case BOOLEAN -> value instanceof Boolean ? value : mismatch(column, value);
            case SMALLINT -> (short) integer(column, value, Short.MIN_VALUE, Short.MAX_VALUE);
            case INTEGER -> (int) integer(column, value, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case BIGINT ->
                value instanceof Long ? value : (Object) integer(column, value, Long.MIN_VALUE, Long.MAX_VALUE);
            case DOUBLE ->
                value instanceof Double || value instanceof Float || isInteger(value)
                        ? (Object) ((Number) value).doubleValue()
                        : mismatch(column, value);
            case NUMERIC -> numeric(column, value);
            case TEXT, VARCHAR ->
                value instanceof String s
                        ? text(column, s)
                        : value instanceof InputStream ? value : mismatch(column, value);
            case BYTEA -> value instanceof byte[] || value instanceof InputStream ? value : mismatch(column, value);
            case TIMESTAMPTZ -> value instanceof Instant i ? timestamp(i) : mismatch(column, value);
        };
    }

    /** Checks an integer for an integer column without boxing it. */
    public static long coerceLong(Column column, long value) {
        switch (column.type().kind()) {
            case BIGINT:
                return value;
            case INTEGER:
                return ranged(column, value, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case SMALLINT:
                return ranged(column, value, Short.MIN_VALUE, Short.MAX_VALUE);
            default:
                mismatch(column, value);
                return 0;
        }
    }

    /** Microseconds since 1970, rounded down. */
    public static long micros(Instant instant) {
        return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000L), instant.getNano() / 1000);
    }

    public static Instant instant(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1000L);
    }

    /** UTF-8; a lone surrogate is refused (22021), since it has none. */
    public static byte[] utf8(String text) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            byte[] bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException e) {
            throw new UsageException(
                    SqlState.CHARACTER_NOT_IN_REPERTOIRE,
                    "invalid byte sequence for encoding \"UTF8\": lone surrogate");
        }
    }

    private static boolean isInteger(Object value) {
        return value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte;
    }

    private static long integer(Column column, Object value, long min, long max) {
        if (!isInteger(value)) {
            mismatch(column, value);
        }
        return ranged(column, ((Number) value).longValue(), min, max);
    }

    private static long ranged(Column column, long value, long min, long max) {
        if (value < min || value > max) {
            throw new UsageException(
                    SqlState.NUMERIC_VALUE_OUT_OF_RANGE,
                    column.type().sqlName() + " out of range",
                    "column=" + column.name() + " value=" + value);
        }
        return value;
    }

    private static BigDecimal numeric(Column column, Object value) {
        BigDecimal number;
        if (value instanceof BigDecimal d) {
            number = d;
        } else if (isInteger(value)) {
            number = BigDecimal.valueOf(((Number) value).longValue());
        } else {
            mismatch(column, value);
            return null;
        }
        ColumnType type = column.type();
        if ((long) number.precision() - number.scale() > MAX_NUMERIC_DIGITS) {
            throw numericOverflow(column); // before its digits are written out
        }
        if (number.scale() < 0) {
            number = number.setScale(0);
        }
        if (type.length() > 0) {
            number = number.setScale(type.scale(), RoundingMode.HALF_UP);
            if (number.signum() != 0 && number.precision() - number.scale() > type.length() - type.scale()) {
                throw new UsageException(
                        SqlState.NUMERIC_VALUE_OUT_OF_RANGE,
                        "numeric field overflow",
                        "A field with precision " + type.length() + ", scale " + type.scale()
                                + " must round to an absolute value less than "
                                + (type.length() == type.scale() ? "1" : "10^" + (type.length() - type.scale())) + ".");
            }
        } else if (number.scale() > MAX_NUMERIC_SCALE) {
            throw numericOverflow(column);
        }
        return number;
    }

    private static UsageException numericOverflow(Column column) {
        return new UsageException(
                SqlState.NUMERIC_VALUE_OUT_OF_RANGE, "value overflows numeric format", "column=" + column.name());
    }

    private static String text(Column column, String value) {
        int limit = column.type().length();
        if (value.indexOf('\0') >= 0) {
            throw new UsageException(
                    SqlState.CHARACTER_NOT_IN_REPERTOIRE,
                    "invalid byte sequence for encoding \"UTF8\": 0x00",
                    "column=" + column.name());
        }
        if (limit > 0 && value.length() > limit && value.codePointCount(0, value.length()) > limit) {
            int end = value.offsetByCodePoints(0, limit);
            if (!value.substring(end).isBlank()) {
                throw new UsageException(
                        SqlState.STRING_DATA_RIGHT_TRUNCATION,
                        "value too long for type " + column.type().sqlName(),
                        "column=" + column.name());
            }
            return value.substring(0, end); // as SQL asks: only spaces may be cut off
        }
        return value;
    }

    private static Instant timestamp(Instant value) {
        boolean fits = value.getEpochSecond() >= MIN_TIMESTAMP / 1_000_000L
                && value.getEpochSecond() <= MAX_TIMESTAMP / 1_000_000L;
        if (!fits) {
            throw new UsageException(SqlState.DATETIME_FIELD_OVERFLOW, "timestamp out of range: \"" + value + "\"");
        }
        return instant(micros(value));
    }

    private static Object mismatch(Column column, Object value) {
        throw new UsageException(
                SqlState.DATATYPE_MISMATCH,
                "column \"" + column.name() + "\" is of type " + column.type().sqlName()
                        + " but the value is of Java class "
                        + (value == null ? "null" : value.getClass().getName()));
    }
}
