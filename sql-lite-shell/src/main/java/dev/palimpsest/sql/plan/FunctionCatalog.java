package dev.palimpsest.sql.plan;

import static dev.palimpsest.sql.plan.SqlType.BIGINT;
import static dev.palimpsest.sql.plan.SqlType.BYTEA;
import static dev.palimpsest.sql.plan.SqlType.DOUBLE;
import static dev.palimpsest.sql.plan.SqlType.INTEGER;
import static dev.palimpsest.sql.plan.SqlType.NUMERIC;
import static dev.palimpsest.sql.plan.SqlType.SMALLINT;
import static dev.palimpsest.sql.plan.SqlType.TEXT;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;

/** The functions of values, each with its overloads. Immutable after loading. */
final class FunctionCatalog {
    /** What a made text may take, as PostgreSQL's 1 GB would not fit a small heap. */
    private static final long MAX_TEXT = 64L << 20;

    private static final Map<String, List<Functions.Overload>> ALL = new HashMap<>();

    static {
        addText();
        addTextParts();
        addNumbers();
        addRounding();
    }

    private FunctionCatalog() {}

    static List<Functions.Overload> overloads(String name) {
        return ALL.getOrDefault(name, List.of());
    }

    private static void add(String name, SqlType result, Function<Object[], Object> body, SqlType... parameters) {
        ALL.computeIfAbsent(name, n -> new ArrayList<>())
                .add(new Functions.Overload(List.of(parameters), result, body));
    }

    private static void addText() {
        for (String name : List.of("length", "char_length", "character_length")) {
            add(
                    name,
                    INTEGER,
                    a -> (long) text(a[0]).codePointCount(0, text(a[0]).length()),
                    TEXT);
        }
        add("length", INTEGER, a -> (long) ((byte[]) a[0]).length, BYTEA);
        add("octet_length", INTEGER, a -> (long) text(a[0]).getBytes(StandardCharsets.UTF_8).length, TEXT);
        add("octet_length", INTEGER, a -> (long) ((byte[]) a[0]).length, BYTEA);
        add("lower", TEXT, a -> Functions.lower(text(a[0])), TEXT);
        add("upper", TEXT, a -> text(a[0]).toUpperCase(Locale.ROOT), TEXT);
        add("replace", TEXT, a -> text(a[1]).isEmpty() ? a[0] : replace(a), TEXT, TEXT, TEXT);
        add("reverse", TEXT, a -> new StringBuilder(text(a[0])).reverse().toString(), TEXT);
        add("repeat", TEXT, a -> repeat(text(a[0]), (Long) a[1]), TEXT, INTEGER);
        add("strpos", INTEGER, a -> position(text(a[0]), text(a[1])), TEXT, TEXT);
        add("position", INTEGER, a -> position(text(a[0]), text(a[1])), TEXT, TEXT);
        add("starts_with", SqlType.BOOLEAN, a -> text(a[0]).startsWith(text(a[1])), TEXT, TEXT);
        add("to_hex", TEXT, a -> Integer.toHexString(((Long) a[0]).intValue()), INTEGER);
        add("to_hex", TEXT, a -> Long.toHexString((Long) a[0]), BIGINT);
        add("ascii", INTEGER, a -> text(a[0]).isEmpty() ? 0L : (long) text(a[0]).codePointAt(0), TEXT);
    }

    private static void addTextParts() {
        for (String name : List.of("substr", "substring")) {
            add(name, TEXT, a -> substring(text(a[0]), (Long) a[1], Long.MAX_VALUE), TEXT, INTEGER);
            add(name, TEXT, a -> substring(text(a[0]), (Long) a[1], (Long) a[2]), TEXT, INTEGER, INTEGER);
        }
        add("left", TEXT, a -> left(text(a[0]), (Long) a[1]), TEXT, INTEGER);
        add("right", TEXT, a -> right(text(a[0]), (Long) a[1]), TEXT, INTEGER);
        for (String name : List.of("btrim", "ltrim", "rtrim")) {
            boolean start = !name.equals("rtrim");
            boolean end = !name.equals("ltrim");
            add(name, TEXT, a -> trim(text(a[0]), " ", start, end), TEXT);
            add(name, TEXT, a -> trim(text(a[0]), text(a[1]), start, end), TEXT, TEXT);
        }
        for (String name : List.of("lpad", "rpad")) {
            boolean start = name.equals("lpad");
            add(name, TEXT, a -> pad(text(a[0]), (Long) a[1], " ", start), TEXT, INTEGER);
            add(name, TEXT, a -> pad(text(a[0]), (Long) a[1], text(a[2]), start), TEXT, INTEGER, TEXT);
        }
    }

    private static void addNumbers() {
        for (SqlType type : List.of(SMALLINT, INTEGER, BIGINT)) {
            add("abs", type, a -> absolute((Long) a[0], type), type);
            add("mod", type, a -> modulo((Long) a[0], (Long) a[1]), type, type);
        }
        add("abs", NUMERIC, a -> ((BigDecimal) a[0]).abs(), NUMERIC);
        add("abs", DOUBLE, a -> Math.abs((Double) a[0]), DOUBLE);
        add("mod", NUMERIC, a -> Numerics.remainder((BigDecimal) a[0], (BigDecimal) a[1]), NUMERIC, NUMERIC);
        add("sign", NUMERIC, a -> BigDecimal.valueOf(((BigDecimal) a[0]).signum()), NUMERIC);
        add("sign", DOUBLE, a -> Math.signum((Double) a[0]), DOUBLE);
        addDouble("sqrt", x -> {
            if (x < 0) {
                throw SqlError.of("2201F", "cannot take square root of a negative number");
            }
            return Math.sqrt(x);
        });
        addDouble("exp", x -> Operators.checkDouble(Math.exp(x), x, 0, Double.isInfinite(x)));
        addDouble("ln", x -> logarithm(x, false));
        addDouble("log", x -> logarithm(x, true));
        addDouble("radians", Math::toRadians);
        addDouble("degrees", Math::toDegrees);
        addDouble("sin", Math::sin);
        addDouble("cos", Math::cos);
        addDouble("asin", Math::asin);
        addDouble("acos", Math::acos);
        addDouble("atan", Math::atan);
        add("pi", DOUBLE, a -> Math.PI);
        add("power", DOUBLE, a -> Functions.power((Double) a[0], (Double) a[1]), DOUBLE, DOUBLE);
        add("pow", DOUBLE, a -> Functions.power((Double) a[0], (Double) a[1]), DOUBLE, DOUBLE);
    }

    private static void addDouble(String name, DoubleUnaryOperator operator) {
        add(name, DOUBLE, a -> operator.applyAsDouble((Double) a[0]), DOUBLE);
    }

    private static void addRounding() {
        add("round", NUMERIC, a -> ((BigDecimal) a[0]).setScale(0, RoundingMode.HALF_UP), NUMERIC);
        add("round", DOUBLE, a -> Math.rint((Double) a[0]), DOUBLE);
        add("round", NUMERIC, a -> scale((BigDecimal) a[0], (Long) a[1], RoundingMode.HALF_UP), NUMERIC, INTEGER);
        add("trunc", NUMERIC, a -> ((BigDecimal) a[0]).setScale(0, RoundingMode.DOWN), NUMERIC);
        add("trunc", DOUBLE, a -> (Double) a[0] < 0 ? Math.ceil((Double) a[0]) : Math.floor((Double) a[0]), DOUBLE);
        add("trunc", NUMERIC, a -> scale((BigDecimal) a[0], (Long) a[1], RoundingMode.DOWN), NUMERIC, INTEGER);
        add("floor", NUMERIC, a -> ((BigDecimal) a[0]).setScale(0, RoundingMode.FLOOR), NUMERIC);
        add("floor", DOUBLE, a -> Math.floor((Double) a[0]), DOUBLE);
        for (String name : List.of("ceil", "ceiling")) {
            add(name, NUMERIC, a -> ((BigDecimal) a[0]).setScale(0, RoundingMode.CEILING), NUMERIC);
            add(name, DOUBLE, a -> Math.ceil((Double) a[0]), DOUBLE);
        }
    }

    private static String text(Object value) {
        return (String) value;
    }

    private static Object replace(Object[] a) {
        long growth = Math.max(0, text(a[2]).length() - text(a[1]).length());
        checkLength(
                text(a[0]).length() + growth * (text(a[0]).length() / text(a[1]).length()));
        return text(a[0]).replace(text(a[1]), text(a[2]));
    }

    private static String repeat(String text, long times) {
        checkLength(text.length() * Math.max(0, times));
        return text.repeat((int) Math.max(0, text.isEmpty() ? 0 : times));
    }

    private static void checkLength(long characters) {
        if (characters > MAX_TEXT) {
            throw SqlError.of("54000", "requested length too large")
                    .withDetail("A text made by a function may have " + MAX_TEXT + " characters.");
        }
    }

    private static Object position(String text, String wanted) {
        int index = text.indexOf(wanted);
        return index < 0 ? 0L : (long) text.codePointCount(0, index) + 1;
    }

    /** Characters from {@code start} (counted from 1, may lie before the text) for {@code length}. */
    private static String substring(String text, long start, long length) {
        if (length < 0) {
            throw SqlError.of("22011", "negative substring length not allowed");
        }
        int count = text.codePointCount(0, text.length());
        long end = length == Long.MAX_VALUE ? Long.MAX_VALUE : start + length;
        int from = (int) Math.min(count, Math.max(0, start - 1));
        int to = (int) Math.min(count, Math.max(from, end == Long.MAX_VALUE ? count : end - 1));
        int first = text.offsetByCodePoints(0, from);
        return text.substring(first, text.offsetByCodePoints(first, to - from));
    }

    private static String left(String text, long count) {
        long length = text.codePointCount(0, text.length());
        return substring(text, 1, Math.max(0, count < 0 ? length + count : count));
    }

    private static String right(String text, long count) {
        long length = text.codePointCount(0, text.length());
        long kept = Math.min(length, Math.max(0, count < 0 ? length + count : count));
        return substring(text, length - kept + 1, Long.MAX_VALUE);
    }

    private static String trim(String text, String characters, boolean start, boolean end) {
        int from = 0;
        int to = text.length();
        while (start && from < to && characters.indexOf(text.codePointAt(from)) >= 0) {
            from += Character.charCount(text.codePointAt(from));
        }
        while (end && to > from && characters.indexOf(text.codePointBefore(to)) >= 0) {
            to -= Character.charCount(text.codePointBefore(to));
        }
        return text.substring(from, to);
    }

    private static String pad(String text, long length, String fill, boolean start) {
        checkLength(length);
        int count = text.codePointCount(0, text.length());
        if (count >= length || fill.isEmpty()) {
            return left(text, Math.max(0, length));
        }
        int missing = (int) length - count;
        int fillLength = fill.codePointCount(0, fill.length());
        String padding = left(fill.repeat(missing / fillLength + 1), missing);
        return start ? padding + text : text + padding;
    }

    private static Object absolute(long value, SqlType type) {
        if (value == Long.MIN_VALUE) {
            throw Casts.outOfRange(type);
        }
        return Casts.checkInteger(Math.abs(value), type);
    }

    private static Object modulo(long a, long b) {
        if (b == 0) {
            throw Numerics.divisionByZero();
        }
        return b == -1 ? 0L : a % b;
    }

    private static double logarithm(double x, boolean ten) {
        if (x <= 0) {
            throw SqlError.of("2201E", "cannot take logarithm of " + (x == 0 ? "zero" : "a negative number"));
        }
        return ten ? Math.log10(x) : Math.log(x);
    }

    private static Object scale(BigDecimal value, long digits, RoundingMode mode) {
        int scale = (int) Math.max(-2000, Math.min(2000, digits));
        BigDecimal rounded = value.setScale(scale, mode);
        return scale < 0 ? rounded.setScale(0) : rounded;
    }
}
