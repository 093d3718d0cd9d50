package dev.palimpsest.bench;

import java.util.Iterator;
import java.util.NoSuchElementException;

/** What the rows hold; the same in every store, and computable from the key so that reads can be checked. */
public final class Rows {
    public static final int FILLER_BYTES = 100;
    public static final long INITIAL_BALANCE = 1_000;

    private Rows() {}

    /** Fills an array of {@link #FILLER_BYTES} with the filler of this key. */
    public static void fill(long key, byte[] filler, int offset) {
        for (int i = 0; i < FILLER_BYTES; i++) {
            filler[offset + i] = fillerByte(key, i);
        }
    }

    /** The one byte of a row's filler that a read adds to its result, to prove that it had the filler. */
    public static int probe(long key, byte[] bytes, int fillerOffset) {
        return bytes[fillerOffset + probeIndex(key)];
    }

    /** What a read of this key must return while its balance is this. */
    public static long expectedRead(long key, long balance) {
        return balance + fillerByte(key, probeIndex(key));
    }

    /** What an addition to this key's balance adds. */
    public static long delta(long key) {
        return 1 + (key & 7);
    }

    /** All rows as key, balance and filler, in the same array each time. */
    public static Iterator<Object[]> iterator(int rows) {
        return new Iterator<>() {
            private final byte[] filler = new byte[FILLER_BYTES];
            private final Object[] row = {0L, INITIAL_BALANCE, filler};
            private long next;

            @Override
            public boolean hasNext() {
                return next < rows;
            }

            @Override
            public Object[] next() {
                if (next >= rows) {
                    throw new NoSuchElementException();
                }
                fill(next, filler, 0);
                row[0] = next++;
                return row;
            }
        };
    }

    private static int probeIndex(long key) {
        return (int) (key & 63);
    }

    private static byte fillerByte(long key, int index) {
        return (byte) (key * 31 + index);
    }
}
