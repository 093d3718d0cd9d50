package dev.palimpsest.sql.plan;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;

/** Comparing, hashing and printing values (never null here) as PostgreSQL does. Stateless. */
public final class Values {
    private Values() {}

    /** Both of the same class. Strings by code point, as in the C collation. */
    public static int compare(Object a, Object b) {
        if (a instanceof Long x) {
            return Long.compare(x, (Long) b);
        }
        if (a instanceof String s) {
            return compareText(s, (String) b);
        }
        if (a instanceof BigDecimal n) {
            return n.compareTo((BigDecimal) b);
        }
        if (a instanceof Double d) {
            double x = d;
            double y = (Double) b;
            return x == y ? 0 : Double.compare(x, y);
        }
        if (a instanceof Boolean x) {
            return Boolean.compare(x, (Boolean) b);
        }
        if (a instanceof Instant i) {
            return i.compareTo((Instant) b);
        }
        return Arrays.compareUnsigned((byte[]) a, (byte[]) b);
    }

    /** Equal values of one type have equal hashes, whatever their scale. */
    public static int hash(Object value) {
        if (value == null) {
            return 0;
        }
        if (value instanceof BigDecimal n) {
            return n.stripTrailingZeros().hashCode();
        }
        if (value instanceof Double d) {
            return Double.hashCode(d == 0.0 ? 0.0 : d);
        }
        return value instanceof byte[] bytes ? Arrays.hashCode(bytes) : value.hashCode();
    }

    /** For grouping: NULL equals NULL. */
    public static boolean same(Object a, Object b) {
        return a == null || b == null ? a == b : compare(a, b) == 0;
    }

    /** Order of UTF-8 bytes: UTF-16 units, but surrogates after all others. */
    private static int compareText(String a, String b) {
        int end = Math.min(a.length(), b.length());
        for (int i = 0; i < end; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean high = Character.isSurrogate(x);
                return high == Character.isSurrogate(y) ? Character.compare(x, y) : high ? 1 : -1;
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    /** A value as a client sees it. */
    public static String format(Object value) {
        if (value instanceof Boolean b) {
            return b ? "t" : "f";
        }
        if (value instanceof BigDecimal n) {
            return n.toPlainString();
        }
        if (value instanceof Double d) {
            return formatDouble(d);
        }
        if (value instanceof byte[] bytes) {
            return "\\x" + HexFormat.of().formatHex(bytes);
        }
        return value instanceof Instant i ? TimestampText.format(i) : value.toString();
    }

    /** Shortest digits that read back the same; an exponent below 1e-4 and from 1e15 on. Source of the rule: PG d2s.c, float8out. */
    static String formatDouble(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "Infinity" : "-Infinity";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0" : "0";
        }
        BigDecimal shortest = shortest(value).stripTrailingZeros();
        int exponent = shortest.precision() - shortest.scale() - 1;
        if (exponent >= -4 && exponent < 15) {
            return shortest.toPlainString();
        }
        String digits = shortest.unscaledValue().abs().toString();
        StringBuilder text = new StringBuilder(value < 0 ? "-" : "").append(digits.charAt(0));
        if (digits.length() > 1) {
            text.append('.').append(digits, 1, digits.length());
        }
        text.append('e').append(exponent < 0 ? '-' : '+');
        return text.append(Math.abs(exponent) < 10 ? "0" : "")
                .append(Math.abs(exponent))
                .toString();
    }

    /** Double.toString is the shortest only since Java 19: before, a digit may be too many. */
    private static BigDecimal shortest(double value) {
        BigDecimal printed = new BigDecimal(Double.toString(value));
        BigDecimal exact = new BigDecimal(value);
        for (int digits = printed.precision() - 1; digits >= 1; digits--) {
            BigDecimal shorter = exact.round(new java.math.MathContext(digits, java.math.RoundingMode.HALF_EVEN));
            if (shorter.doubleValue() != value) {
                break;
            }
            printed = shorter;
        }
        return printed;
    }

    /** About how much memory a value takes, for limits. */
    public static long sizeBytes(Object value) {
        if (value instanceof String s) {
            return 56 + s.length() * 2L;
        }
        if (value instanceof byte[] bytes) {
            return 24 + bytes.length;
        }
        return value == null ? 4 : value instanceof BigDecimal n ? 64 + n.precision() / 2 : 28;
    }
}
