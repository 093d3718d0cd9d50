package dev.palimpsest.sql.plan;

import dev.palimpsest.sql.parser.Expression;
import java.math.BigDecimal;
import java.util.Set;

/** Operators: which exist for which types, and what they compute. Stateless. Source of the rules: PG parse_oper.c, int.c, float.c. */
final class Operators {
    private static final Set<String> COMPARISONS = Set.of("=", "<>", "<", ">", "<=", ">=");
    private static final Set<String> ARITHMETIC = Set.of("+", "-", "*", "/", "%", "^");
    private static final Set<String> BITS = Set.of("&", "|", "#", "<<", ">>");
    private static final Set<String> REGEX = Set.of("~", "~*", "!~", "!~*");
    private static final String HINT =
            "No operator matches the given name and argument types. You might need to add explicit type casts.";

    private final Coercion coercion;

    Operators(Coercion coercion) {
        this.coercion = coercion;
    }

    /** Computes a result of two values that aren't null. */
    private interface Function2 {
        Object apply(Object a, Object b);
    }

    static boolean isComparison(String operator) {
        return COMPARISONS.contains(operator);
    }

    Bound binary(String operator, Bound left, Bound right, Expression source) {
        if (COMPARISONS.contains(operator)) {
            return comparison(operator, left, right, source);
        }
        if (operator.equals("||")) {
            return concatenation(left, right, source);
        }
        if (ARITHMETIC.contains(operator)) {
            return arithmetic(operator, left, right, source);
        }
        if (BITS.contains(operator)) {
            return bits(operator, left, right, source);
        }
        if (REGEX.contains(operator)) {
            throw SqlError.unsupported(source.location(), "operator " + operator);
        }
        throw noOperator(operator, left.type(), right.type(), source.location());
    }

    static SqlError noOperator(String operator, SqlType left, SqlType right, int location) {
        String types = left == null
                ? operator + " " + right.sqlName()
                : left.sqlName() + " " + operator + " " + right.sqlName();
        return SqlError.at(location, "42883", "operator does not exist: " + types)
                .withHint(HINT);
    }

    /** The type in which two operands are compared, or null if they can't be. */
    static SqlType comparisonType(SqlType left, SqlType right) {
        if (left == SqlType.UNKNOWN) {
            return right == SqlType.UNKNOWN ? SqlType.TEXT : right;
        }
        if (right == SqlType.UNKNOWN || left == right) {
            return left;
        }
        if (left.isNumber() && right.isNumber()) {
            return left.ordinal() > right.ordinal() ? left : right;
        }
        if (left.isString() && right.isString()) {
            return SqlType.TEXT;
        }
        boolean ids = left == SqlType.XID && right.isInteger() || right == SqlType.XID && left.isInteger();
        return ids ? SqlType.XID : null;
    }

    Bound comparison(String operator, Bound left, Bound right, Expression source) {
        SqlType type = comparisonType(left.type(), right.type());
        if (type == null) {
            throw noOperator(operator, left.type(), right.type(), source.location());
        }
        Function2 compare;
        switch (operator) {
            case "=":
                compare = (a, b) -> Values.compare(a, b) == 0;
                break;
            case "<>":
                compare = (a, b) -> Values.compare(a, b) != 0;
                break;
            case "<":
                compare = (a, b) -> Values.compare(a, b) < 0;
                break;
            case ">":
                compare = (a, b) -> Values.compare(a, b) > 0;
                break;
            case "<=":
                compare = (a, b) -> Values.compare(a, b) <= 0;
                break;
            default:
                compare = (a, b) -> Values.compare(a, b) >= 0;
        }
        return strict(SqlType.BOOLEAN, coercion.implicit(left, type), coercion.implicit(right, type), compare, source);
    }

    private static Bound strict(SqlType type, Bound left, Bound right, Function2 function, Expression source) {
        return Bound.computed(
                type,
                left.constant() && right.constant(),
                tuple -> {
                    Object a = left.eval(tuple);
                    Object b = a == null ? null : right.eval(tuple);
                    return b == null ? null : function.apply(a, b);
                },
                source);
    }

    private Bound concatenation(Bound left, Bound right, Expression source) {
        if (left.type() == SqlType.BYTEA && (right.type() == SqlType.BYTEA || right.isUnknown())
                || right.type() == SqlType.BYTEA && left.isUnknown()) {
            Bound a = coercion.implicit(left, SqlType.BYTEA);
            return strict(SqlType.BYTEA, a, coercion.implicit(right, SqlType.BYTEA), Operators::join, source);
        }
        boolean text =
                left.type().isString() || left.isUnknown() || right.type().isString() || right.isUnknown();
        if (!text) {
            throw noOperator("||", left.type(), right.type(), source.location());
        }
        Bound a = coercion.convert(left, SqlType.TEXT);
        return strict(SqlType.TEXT, a, coercion.convert(right, SqlType.TEXT), (x, y) -> (String) x + y, source);
    }

    private static Object join(Object a, Object b) {
        byte[] first = (byte[]) a;
        byte[] second = (byte[]) b;
        byte[] joined = java.util.Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, joined, first.length, second.length);
        return joined;
    }

    private Bound arithmetic(String operator, Bound left, Bound right, Expression source) {
        if (left.isUnknown() && right.isUnknown()) {
            throw SqlError.at(source.location(), "42725", "operator is not unique: unknown " + operator + " unknown")
                    .withHint("Could not choose a best candidate operator. You might need to add explicit type casts.");
        }
        SqlType l = left.isUnknown() ? right.type() : left.type();
        SqlType r = right.isUnknown() ? left.type() : right.type();
        if (l == SqlType.TIMESTAMPTZ && (r == SqlType.TIMESTAMPTZ || right.isUnknown())) {
            throw SqlError.unsupported(source.location(), "type interval");
        }
        SqlType type = l.ordinal() > r.ordinal() ? l : r;
        if (operator.equals("^") && type.isInteger()) {
            type = SqlType.DOUBLE;
        }
        if (!l.isNumber() || !r.isNumber() || operator.equals("%") && type == SqlType.DOUBLE) {
            throw noOperator(operator, left.type(), right.type(), source.location());
        }
        if (operator.equals("^") && type == SqlType.NUMERIC) {
            throw SqlError.unsupported(source.location(), "operator numeric ^ numeric");
        }
        Bound a = coercion.implicit(left, type);
        return strict(type, a, coercion.implicit(right, type), function(operator, type), source);
    }

    private static Function2 function(String operator, SqlType type) {
        if (type == SqlType.NUMERIC) {
            return (a, b) -> numeric(operator.charAt(0), (BigDecimal) a, (BigDecimal) b);
        }
        if (type == SqlType.DOUBLE) {
            return (a, b) -> floating(operator.charAt(0), (Double) a, (Double) b);
        }
        return (a, b) -> {
            try {
                return Casts.checkInteger(integer(operator.charAt(0), (Long) a, (Long) b), type);
            } catch (ArithmeticException e) {
                throw Casts.outOfRange(type);
            }
        };
    }

    private static long integer(char operator, long a, long b) {
        switch (operator) {
            case '+':
                return Math.addExact(a, b);
            case '-':
                return Math.subtractExact(a, b);
            case '*':
                return Math.multiplyExact(a, b);
            default:
        }
        if (b == 0) {
            throw Numerics.divisionByZero();
        }
        if (operator == '%') {
            return b == -1 ? 0 : a % b;
        }
        return b == -1 ? Math.negateExact(a) : a / b;
    }

    private static BigDecimal numeric(char operator, BigDecimal a, BigDecimal b) {
        switch (operator) {
            case '+':
                return Numerics.check(a.add(b));
            case '-':
                return Numerics.check(a.subtract(b));
            case '*':
                return Numerics.multiply(a, b);
            case '/':
                return Numerics.divide(a, b);
            default:
                return Numerics.remainder(a, b);
        }
    }

    private static Double floating(char operator, double a, double b) {
        switch (operator) {
            case '+':
                return checkDouble(a + b, a, b, true);
            case '-':
                return checkDouble(a - b, a, b, true);
            case '*':
                return checkDouble(a * b, a, b, a == 0 || b == 0);
            case '/':
                if (b == 0 && !Double.isNaN(a)) {
                    throw Numerics.divisionByZero();
                }
                return checkDouble(a / b, a, b, a == 0 || Double.isInfinite(b));
            default:
                return Functions.power(a, b);
        }
    }

    static Double checkDouble(double result, double a, double b, boolean mayBeZero) {
        if (Double.isInfinite(result) && !Double.isInfinite(a) && !Double.isInfinite(b)) {
            throw SqlError.of("22003", "value out of range: overflow");
        }
        if (result == 0 && !mayBeZero) {
            throw SqlError.of("22003", "value out of range: underflow");
        }
        return result;
    }

    private Bound bits(String operator, Bound left, Bound right, Expression source) {
        SqlType l = left.isUnknown() ? right.type() : left.type();
        SqlType r = right.isUnknown() ? left.type() : right.type();
        if (!l.isInteger() || !r.isInteger()) {
            throw noOperator(operator, left.type(), right.type(), source.location());
        }
        boolean shift = operator.length() == 2;
        SqlType type = shift || l.ordinal() > r.ordinal() ? l : r;
        Bound a = coercion.implicit(left, type);
        Bound b = coercion.implicit(right, shift ? r : type);
        int size = type == SqlType.BIGINT ? 64 : type == SqlType.INTEGER ? 32 : 16;
        return strict(type, a, b, (x, y) -> bits(operator.charAt(0), (Long) x, (Long) y, size), source);
    }

    private static Long bits(char operator, long a, long b, int size) {
        int distance = (int) b & (size == 64 ? 63 : 31);
        switch (operator) {
            case '&':
                return a & b;
            case '|':
                return a | b;
            case '#':
                return a ^ b;
            case '<':
                long shifted = a << distance;
                return size == 64 ? shifted : size == 32 ? (long) (int) shifted : (long) (short) shifted;
            default:
                return a >> distance;
        }
    }

    Bound unary(String operator, Bound operand, Expression source) {
        SqlType type = operand.isUnknown() && !operator.equals("~") ? SqlType.DOUBLE : operand.type();
        boolean exists = operator.equals("~") ? type.isInteger() : type.isNumber();
        if (!exists || !Set.of("-", "+", "~", "@").contains(operator)) {
            throw noOperator(operator, null, operand.type(), source.location());
        }
        Bound value = coercion.implicit(operand, type);
        return Bound.computed(
                type,
                operand.constant(),
                tuple -> {
                    Object v = value.eval(tuple);
                    return v == null ? null : unary(operator.charAt(0), v, type);
                },
                source);
    }

    private static Object unary(char operator, Object value, SqlType type) {
        if (operator == '+') {
            return value;
        }
        if (operator == '~') {
            return ~(Long) value;
        }
        if (value instanceof Long v) {
            if (operator == '@' && v >= 0) {
                return v;
            }
            try {
                return Casts.checkInteger(Math.negateExact(v), type);
            } catch (ArithmeticException e) {
                throw Casts.outOfRange(type);
            }
        }
        if (value instanceof BigDecimal n) {
            return operator == '-' ? n.negate() : n.abs();
        }
        return operator == '-' ? (Object) (-(Double) value) : (Object) Math.abs((Double) value);
    }
}
