package dev.palimpsest.btree;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.UsageException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The order of encoded keys against the order of the values. */
class KeyEncoderTest {
    private static final int PAIRS = 20_000;

    private static final Comparator<Double> FLOAT8_ORDER = (a, b) -> Double.compare(a == 0 ? 0.0 : a, b == 0 ? 0.0 : b);

    private static final Comparator<String> C_COLLATION =
            (a, b) -> Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

    private static <T> void checkOrder(
            KeyType type, Function<Random, T> generator, Comparator<? super T> order, BiConsumer<KeyEncoder, T> add) {
        Random random = new Random(type.ordinal());
        KeyEncoder ascending =
                new KeyEncoder(new KeyColumn(type, true, false), new KeyColumn(KeyType.INT16, false, false));
        KeyEncoder descending =
                new KeyEncoder(new KeyColumn(type, false, true), new KeyColumn(KeyType.INT16, false, false));
        for (int i = 0; i < PAIRS; i++) {
            T a = generator.apply(random);
            T b = random.nextInt(10) == 0 ? a : generator.apply(random);
            short nextA = (short) random.nextInt();
            short nextB = (short) random.nextInt();
            int byColumn = Integer.signum(order.compare(a, b));
            int byNext = Integer.signum(Short.compare(nextA, nextB));
            String pair = type + " " + a + " " + b;
            assertEquals(byColumn != 0 ? byColumn : byNext, compare(ascending, add, a, nextA, b, nextB), pair);
            assertEquals(byColumn != 0 ? -byColumn : byNext, compare(descending, add, a, nextA, b, nextB), pair);
        }
    }

    private static <T> int compare(
            KeyEncoder encoder, BiConsumer<KeyEncoder, T> add, T a, short nextA, T b, short nextB) {
        add.accept(encoder.begin(), a);
        byte[] first = encoder.addInt16(nextA).toBytes();
        add.accept(encoder.begin(), b);
        byte[] second = encoder.addInt16(nextB).toBytes();
        int order = Arrays.compareUnsigned(first, second);
        int mismatch = Arrays.mismatch(first, second);
        assertFalse(order != 0 && mismatch == Math.min(first.length, second.length), "a proper prefix: " + a + " " + b);
        return Integer.signum(order);
    }

    @Test
    void shouldOrderIntegers() {
        checkOrder(KeyType.BOOLEAN, Random::nextBoolean, Comparator.naturalOrder(), KeyEncoder::addBoolean);
        checkOrder(KeyType.INT16, r -> (short) r.nextInt(), Comparator.naturalOrder(), KeyEncoder::addInt16);
        checkOrder(KeyType.INT32, r -> r.nextInt() >> r.nextInt(32), Comparator.naturalOrder(), KeyEncoder::addInt32);
        checkOrder(KeyType.INT64, r -> r.nextLong() >> r.nextInt(64), Comparator.naturalOrder(), KeyEncoder::addInt64);
        checkOrder(KeyType.TIMESTAMPTZ, Random::nextLong, Comparator.naturalOrder(), KeyEncoder::addTimestamptz);
    }

    @Test
    void shouldOrderFloats() {
        double[] special = {
            0.0,
            -0.0,
            Double.NaN,
            Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY,
            Double.MIN_VALUE,
            -Double.MIN_VALUE,
            Double.longBitsToDouble(0xFFF8_0000_0000_0001L)
        };
        checkOrder(
                KeyType.FLOAT8,
                r -> r.nextInt(3) == 0 ? special[r.nextInt(special.length)] : Double.longBitsToDouble(r.nextLong()),
                FLOAT8_ORDER,
                KeyEncoder::addFloat8);
    }

    @Test
    void shouldOrderNumericsWhateverTheirScale() {
        checkOrder(KeyType.NUMERIC, KeyEncoderTest::randomNumeric, Comparator.naturalOrder(), KeyEncoder::addNumeric);
        assertArrayEquals(NumericKey.encode(new BigDecimal("100")), NumericKey.encode(new BigDecimal("1E+2")));
        assertArrayEquals(NumericKey.encode(new BigDecimal("-1.50")), NumericKey.encode(new BigDecimal("-1.5")));
        assertThrows(UsageException.class, () -> NumericKey.encode(new BigDecimal("1E+9000000")));
    }

    private static BigDecimal randomNumeric(Random random) {
        int bits = 1 + random.nextInt(random.nextInt(5) == 0 ? 400 : 20);
        BigInteger unscaled = new BigInteger(bits, random);
        int scale = random.nextInt(random.nextInt(5) == 0 ? 300 : 6) - 3;
        BigDecimal value = new BigDecimal(unscaled, random.nextInt(20) == 0 ? -scale : scale);
        return random.nextBoolean() ? value : value.negate();
    }

    @Test
    void shouldOrderTextByCodePoint() {
        int[] alphabet = {0, 1, 2, 'a', 'b', 0x7F, 0x80, 0x7FF, 0x800, 0xFFFD, 0x10000, 0x10FFFF};
        checkOrder(
                KeyType.TEXT,
                r -> r.ints(r.nextInt(6), 0, alphabet.length)
                        .map(i -> alphabet[i])
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString(),
                C_COLLATION,
                KeyEncoder::addText);
    }

    @Test
    void shouldOrderBytea() {
        checkOrder(
                KeyType.BYTEA,
                r -> {
                    byte[] bytes = new byte[r.nextInt(6)];
                    for (int i = 0; i < bytes.length; i++) {
                        bytes[i] = (byte) (r.nextInt(5) - 2);
                    }
                    return bytes;
                },
                Arrays::compareUnsigned,
                KeyEncoder::addBytea);
    }

    @Test
    void shouldEncodeBytesAsItEncodesText() {
        String text = "a\0\u0001é\uD83D\uDE00";
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        KeyEncoder encoder = new KeyEncoder(new KeyColumn(KeyType.TEXT));
        byte[] fromText = encoder.begin().addText(text).toBytes();
        assertArrayEquals(
                fromText,
                encoder.begin().addText(ByteBuffer.wrap(utf8), 0, utf8.length).toBytes());
        assertThrows(UsageException.class, () -> encoder.begin().addText("a\uD83D"));
    }

    @Test
    void shouldPutNullsLastOrDescendingFirst() {
        for (boolean descending : List.of(false, true)) {
            KeyEncoder encoder = new KeyEncoder(new KeyColumn(KeyType.TEXT, true, descending));
            byte[] value = encoder.begin().addText("\uDBFF\uDFFF").toBytes();
            assertFalse(encoder.hasNull());
            byte[] none = encoder.begin().addNull().toBytes();
            assertTrue(encoder.hasNull());
            assertEquals(descending, Arrays.compareUnsigned(none, value) < 0);
        }
    }

    @Test
    void shouldKeepABigintKeyAtEightBytes() {
        assertEquals(8, BtreeFixture.key(-5).length);
    }

    @Test
    void shouldFindTheSuccessorOfAPrefix() {
        assertArrayEquals(new byte[] {1, 3}, KeyEncoder.successor(new byte[] {1, 2, -1, -1}, 4));
        assertEquals(null, KeyEncoder.successor(new byte[] {-1, -1}, 2));
    }
}
