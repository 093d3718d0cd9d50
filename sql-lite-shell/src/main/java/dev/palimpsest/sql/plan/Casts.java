package dev.palimpsest.sql.plan;

import dev.palimpsest.api.ColumnType;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;

/** Which casts exist, and what they do to values. Stateless. Source of the rules: PG pg_cast.dat and the types' input functions. */
public final class Casts {
    /** How a cast came about; each allows what those before it allow. */
    public enum Context {
        IMPLICIT,
        ASSIGNMENT,
        EXPLICIT
    }

    private Casts() {}

    static boolean exists(SqlType from, SqlType to, Context context) {
        if (from == to || from == SqlType.UNKNOWN || from.isString() && to.isString()) {
            return true;
        }
        if (from.isNumber() && to.isNumber()) {
            return context != Context.IMPLICIT || from.ordinal() < to.ordinal();
        }
        if (to.isString()) {
            return context != Context.IMPLICIT;
        }
        if (context != Context.EXPLICIT) {
            return false;
        }
        return from.isString()
                || from == SqlType.INTEGER && to == SqlType.BOOLEAN
                || from == SqlType.BOOLEAN && to == SqlType.INTEGER;
    }

    /**
     * Converts a value for which a cast exists.
     *
     * @param now what {@code 'now'} means for a timestamp
     */
    public static Object convert(Object value, SqlType from, SqlType to, Instant now) {
        if (value == null || from == to) {
            return value;
        }
        if (from.isString() || from == SqlType.UNKNOWN) {
            return to.isString() ? value : parse((String) value, to, now);
        }
        if (to.isString()) {
            return value instanceof Boolean b ? b.toString() : Values.format(value);
        }
        if (to == SqlType.BOOLEAN) {
            return (Long) value != 0;
        }
        if (value instanceof Boolean b) {
            return b ? 1L : 0L;
        }
        return convertNumber((Number) value, to);
    }

    private static Object convertNumber(Number value, SqlType to) {
        if (to == SqlType.DOUBLE) {
            double result = value.doubleValue();
            if (Double.isInfinite(result) && value instanceof BigDecimal n) {
                throw SqlError.of("22003", "\"" + n.toPlainString() + "\" is out of range for type double precision");
            }
            return result;
        }
        if (to == SqlType.NUMERIC) {
            return numeric(value);
        }
        if (value instanceof Long l) {
            return checkInteger(l, to);
        }
        if (value instanceof Double d) {
            double rounded = Math.rint(d);
            if (!(rounded >= -0x1p63 && rounded < 0x1p63)) {
                throw outOfRange(to);
            }
            return checkInteger((long) rounded, to);
        }
        BigDecimal rounded = ((BigDecimal) value).setScale(0, RoundingMode.HALF_UP);
        if (rounded.precision() > 19 || rounded.toBigInteger().bitLength() > 63) {
            throw outOfRange(to);
        }
        return checkInteger(rounded.longValue(), to);
    }

    /** A double has 15 digits as NUMERIC, as in PostgreSQL. */
    private static BigDecimal numeric(Number value) {
        if (value instanceof Long l) {
            return BigDecimal.valueOf(l);
        }
        double d = value.doubleValue();
        if (Double.isNaN(d) || Double.isInfinite(d)) {
            throw SqlError.unsupported(-1, "numeric " + Values.formatDouble(d));
        }
        BigDecimal digits = new BigDecimal(d).round(new java.math.MathContext(15, RoundingMode.HALF_EVEN));
        BigDecimal stripped = digits.signum() == 0 ? BigDecimal.ZERO : digits.stripTrailingZeros();
        return stripped.scale() < 0 ? stripped.setScale(0) : stripped;
    }

    static Long checkInteger(long value, SqlType type) {
        boolean fits =
                type == SqlType.SMALLINT ? value == (short) value : type != SqlType.INTEGER || value == (int) value;
        if (!fits) {
            throw outOfRange(type);
        }
        return value;
    }

    static SqlError outOfRange(SqlType type) {
        return SqlError.of("22003", type.sqlName() + " out of range");
    }

    /** Applies a column type's length or precision to a value of that type. */
    public static Object applyModifiers(Object value, ColumnType type, boolean explicit) {
        if (value == null || type.length() == 0) {
            return value;
        }
        if (type.kind() == ColumnType.Kind.NUMERIC) {
            return applyPrecision((BigDecimal) value, type);
        }
        String text = (String) value;
        if (text.codePointCount(0, text.length()) <= type.length()) {
            return text;
        }
        int end = text.offsetByCodePoints(0, type.length());
        if (!explicit && !text.substring(end).chars().allMatch(c -> c == ' ')) {
            throw SqlError.of("22001", "value too long for type " + type.sqlName());
        }
        return text.substring(0, end);
    }

    private static BigDecimal applyPrecision(BigDecimal value, ColumnType type) {
        BigDecimal rounded = value.setScale(type.scale(), RoundingMode.HALF_UP);
        int digits = type.length() - type.scale();
        if (rounded.signum() != 0 && rounded.precision() - rounded.scale() > digits) {
            throw SqlError.of("22003", "numeric field overflow")
                    .withDetail("A field with precision " + type.length() + ", scale " + type.scale()
                            + " must round to an absolute value less than " + (digits == 0 ? "1" : "10^" + digits)
                            + ".");
        }
        return rounded;
    }

    /**
     * A type's input function.
     *
     * @throws SqlError 22P02 and its like
     */
    public static Object parse(String text, SqlType type, Instant now) {
        switch (type) {
            case BOOLEAN:
                return parseBoolean(text);
            case SMALLINT:
            case INTEGER:
            case BIGINT:
                return parseInteger(text, type);
            case XID:
                return parseInteger(text, SqlType.BIGINT);
            case NUMERIC:
                return parseNumeric(text);
            case DOUBLE:
                return parseDouble(text);
            case BYTEA:
                return parseBytes(text);
            case TIMESTAMPTZ:
                return TimestampText.parse(text, now);
            case TID:
                return parseTid(text);
            default:
                return text;
        }
    }

    private static SqlError invalid(SqlType type, String text) {
        return SqlError.of("22P02", "invalid input syntax for type " + type.sqlName() + ": \"" + text + "\"");
    }

    private static Boolean parseBoolean(String text) {
        String word = text.strip().toLowerCase(Locale.ROOT);
        if (!word.isEmpty()
                && ("true".startsWith(word) || "yes".startsWith(word) || word.equals("on") || word.equals("1"))) {
            return true;
        }
        if (!word.isEmpty()
                && ("false".startsWith(word)
                        || "no".startsWith(word)
                        || word.equals("of")
                        || word.equals("off")
                        || word.equals("0"))) {
            return false;
        }
        throw invalid(SqlType.BOOLEAN, text);
    }

    private static Long parseInteger(String text, SqlType type) {
        String digits = text.strip();
        int start = digits.startsWith("-") || digits.startsWith("+") ? 1 : 0;
        if (digits.length() == start || !digits.chars().skip(start).allMatch(c -> c >= '0' && c <= '9')) {
            throw invalid(type, text);
        }
        try {
            return checkInteger(Long.parseLong(digits), type);
        } catch (NumberFormatException | SqlError e) {
            throw SqlError.of("22003", "value \"" + text + "\" is out of range for type " + type.sqlName());
        }
    }

    private static BigDecimal parseNumeric(String text) {
        String digits = text.strip();
        switch (digits.toLowerCase(Locale.ROOT)) {
            case "nan":
            case "infinity":
            case "-infinity":
            case "inf":
            case "-inf":
                throw SqlError.unsupported(-1, "numeric " + digits);
            default:
        }
        if (!isDecimal(digits)) {
            throw invalid(SqlType.NUMERIC, text);
        }
        try {
            BigDecimal value = new BigDecimal(digits);
            if (value.scale() > 16_383) {
                value = value.setScale(16_383, RoundingMode.HALF_UP);
            }
            return Numerics.check(value);
        } catch (NumberFormatException | ArithmeticException e) {
            throw SqlError.of("22003", "value overflows numeric format");
        }
    }

    /** Only what PostgreSQL reads too: Java also knows hexadecimal numbers, type suffixes and other scripts' digits. */
    private static boolean isDecimal(String text) {
        return text.matches("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?");
    }

    private static Double parseDouble(String text) {
        String digits = text.strip();
        switch (digits.toLowerCase(Locale.ROOT)) {
            case "nan":
                return Double.NaN;
            case "infinity":
            case "inf":
            case "+infinity":
            case "+inf":
                return Double.POSITIVE_INFINITY;
            case "-infinity":
            case "-inf":
                return Double.NEGATIVE_INFINITY;
            default:
        }
        if (!isDecimal(digits)) {
            throw invalid(SqlType.DOUBLE, text);
        }
        double value = Double.parseDouble(digits);
        boolean vanished =
                value == 0 && digits.replaceFirst("[eE].*", "").chars().anyMatch(c -> c >= '1' && c <= '9');
        if (Double.isInfinite(value) || vanished) {
            throw SqlError.of("22003", "\"" + text + "\" is out of range for type double precision");
        }
        return value;
    }

    private static byte[] parseBytes(String text) {
        if (text.startsWith("\\x")) {
            String hex = text.substring(2).replaceAll("\\s", "");
            try {
                return HexFormat.of().parseHex(hex);
            } catch (IllegalArgumentException e) {
                String strange = hex.replaceAll("[0-9a-fA-F]", "");
                throw SqlError.of(
                        "22023",
                        strange.isEmpty()
                                ? "invalid hexadecimal data: odd number of digits"
                                : "invalid hexadecimal digit: \"" + Character.toString(strange.codePointAt(0)) + "\"");
            }
        }
        byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        int length = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] != '\\') {
                bytes[length++] = bytes[i];
            } else if (i + 1 < bytes.length && bytes[i + 1] == '\\') {
                bytes[length++] = bytes[i++];
            } else if (isOctal(bytes, i)) {
                bytes[length++] = (byte) ((bytes[i + 1] - '0') * 64 + (bytes[i + 2] - '0') * 8 + bytes[i + 3] - '0');
                i += 3;
            } else {
                throw invalid(SqlType.BYTEA, text);
            }
        }
        return java.util.Arrays.copyOf(bytes, length);
    }

    private static boolean isOctal(byte[] bytes, int at) {
        return at + 3 < bytes.length
                && bytes[at + 1] >= '0'
                && bytes[at + 1] <= '3'
                && bytes[at + 2] >= '0'
                && bytes[at + 2] <= '7'
                && bytes[at + 3] >= '0'
                && bytes[at + 3] <= '7';
    }

    private static String parseTid(String text) {
        String compact = text.replace(" ", "");
        if (!compact.matches("\\([0-9]{1,10},[0-9]{1,5}\\)")) {
            throw invalid(SqlType.TID, text);
        }
        return compact;
    }
}
