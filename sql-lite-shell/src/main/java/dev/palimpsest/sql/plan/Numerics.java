package dev.palimpsest.sql.plan;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/** Arithmetic on NUMERIC with PostgreSQL's scales. Stateless. Source of the rules: PG numeric.c. */
final class Numerics {
    private static final int BASE_DIGITS = 4;
    private static final int MIN_SIGNIFICANT_DIGITS = 16;
    private static final int MAX_DISPLAY_SCALE = 1000;
    private static final int MAX_SCALE = 16_383;
    private static final int MAX_INTEGER_DIGITS = 131_072;

    private Numerics() {}

    static BigDecimal divide(BigDecimal a, BigDecimal b) {
        if (b.signum() == 0) {
            throw divisionByZero();
        }
        return a.divide(b, quotientScale(a, b), RoundingMode.HALF_UP);
    }

    static BigDecimal multiply(BigDecimal a, BigDecimal b) {
        BigDecimal product = a.multiply(b);
        return check(product.scale() > MAX_SCALE ? product.setScale(MAX_SCALE, RoundingMode.HALF_UP) : product);
    }

    static BigDecimal remainder(BigDecimal a, BigDecimal b) {
        if (b.signum() == 0) {
            throw divisionByZero();
        }
        return a.remainder(b).setScale(Math.max(a.scale(), b.scale()), RoundingMode.UNNECESSARY);
    }

    static BigDecimal check(BigDecimal value) {
        if (value.precision() - value.scale() > MAX_INTEGER_DIGITS) {
            throw SqlError.of("22003", "value overflows numeric format");
        }
        return value.scale() < 0 ? value.setScale(0, RoundingMode.UNNECESSARY) : value;
    }

    static SqlError divisionByZero() {
        return SqlError.of("22012", "division by zero");
    }

    /** PG select_div_scale: at least 16 significant digits, counted in base-10000 digits, and no fewer than either operand shows. */
    private static int quotientScale(BigDecimal a, BigDecimal b) {
        int weight = weight(a) - weight(b);
        if (firstDigit(a) <= firstDigit(b)) {
            weight--;
        }
        int scale = MIN_SIGNIFICANT_DIGITS - weight * BASE_DIGITS;
        return Math.min(Math.max(scale, Math.max(a.scale(), b.scale())), MAX_DISPLAY_SCALE);
    }

    /** The power of 10000 of the first base-10000 digit. */
    private static int weight(BigDecimal value) {
        return value.signum() == 0 ? 0 : Math.floorDiv(value.precision() - value.scale() - 1, BASE_DIGITS);
    }

    private static int firstDigit(BigDecimal value) {
        if (value.signum() == 0) {
            return 0;
        }
        BigInteger first =
                value.abs().movePointLeft(weight(value) * BASE_DIGITS).toBigInteger();
        return first.intValue();
    }
}
