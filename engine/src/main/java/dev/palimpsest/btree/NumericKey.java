package dev.palimpsest.btree;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import java.math.BigDecimal;
import java.util.Arrays;

/**
 * Order-preserving bytes of a decimal number: equal numbers of different scale get the same bytes.
 *
 * <pre>
 * 0x01 negative | 0x02 zero (nothing follows) | 0x03 positive      (0x00, 0x04, 0x05 are kept for -Infinity, Infinity, NaN)
 * exponent e of 0.d1d2d3... * 10^e with d1 != 0:
 *   0x04..0x7C    e + 0x40, for -60 &lt;= e &lt;= 60
 *   0x80 and e    in 3 bytes, big-endian, for e &gt; 60
 *   0x00 and e    in 3 bytes, big-endian, plus 2^23, for e &lt; -60
 * digits in pairs, each as 1 + its value (1..100), without trailing zeroes; then 0x00
 * of a negative number, exponent, digits and the final 0x00 are complemented
 * </pre>
 *
 * <p>Stateless.
 */
final class NumericKey {
    private static final byte NEGATIVE = 1;
    private static final byte ZERO = 2;
    private static final byte POSITIVE = 3;
    private static final int SMALL_EXPONENT = 60;
    private static final int SMALL_BIAS = 0x40;
    private static final int WIDE_BIAS = 1 << 23;

    private NumericKey() {}

    static byte[] encode(BigDecimal value) {
        if (value.signum() == 0) {
            return new byte[] {ZERO};
        }
        BigDecimal stripped = value.stripTrailingZeros();
        String digits = stripped.unscaledValue().abs().toString();
        long exponent = (long) digits.length() - stripped.scale();
        if (exponent >= WIDE_BIAS || exponent < -WIDE_BIAS) {
            throw new UsageException(
                    SqlState.NUMERIC_VALUE_OUT_OF_RANGE, "value overflows numeric format", "exponent=" + exponent);
        }
        byte[] bytes = new byte[1 + 4 + (digits.length() + 1) / 2 + 1];
        int length = putExponent(bytes, 1, (int) exponent);
        for (int i = 0; i < digits.length(); i += 2) {
            int low = i + 1 < digits.length() ? digits.charAt(i + 1) - '0' : 0;
            bytes[length++] = (byte) (1 + (digits.charAt(i) - '0') * 10 + low);
        }
        bytes[length++] = 0;
        bytes[0] = value.signum() < 0 ? NEGATIVE : POSITIVE;
        if (value.signum() < 0) {
            for (int i = 1; i < length; i++) {
                bytes[i] = (byte) ~bytes[i];
            }
        }
        return Arrays.copyOf(bytes, length);
    }

    private static int putExponent(byte[] bytes, int at, int exponent) {
        if (Math.abs(exponent) <= SMALL_EXPONENT) {
            bytes[at] = (byte) (exponent + SMALL_BIAS);
            return at + 1;
        }
        int wide = exponent < 0 ? exponent + WIDE_BIAS : exponent;
        bytes[at] = (byte) (exponent < 0 ? 0x00 : 0x80);
        bytes[at + 1] = (byte) (wide >> 16);
        bytes[at + 2] = (byte) (wide >> 8);
        bytes[at + 3] = (byte) wide;
        return at + 4;
    }
}
