package dev.palimpsest.bench.peers;

import dev.palimpsest.bench.Rows;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Keys and rows as byte arrays, for the stores that know nothing else: big-endian keys sort as numbers. */
final class RowBytes {
    static final int BALANCE = 0;
    static final int FILLER = BALANCE + Long.BYTES;
    static final int LENGTH = FILLER + Rows.FILLER_BYTES;

    private static final VarHandle BIG_ENDIAN =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private RowBytes() {}

    static long getLong(byte[] bytes, int offset) {
        return (long) BIG_ENDIAN.get(bytes, offset);
    }

    static void putLong(byte[] bytes, int offset, long value) {
        BIG_ENDIAN.set(bytes, offset, value);
    }

    /** Writes the row as loaded into a value of {@link #LENGTH} bytes. */
    static void fill(long key, byte[] value) {
        putLong(value, BALANCE, Rows.INITIAL_BALANCE);
        Rows.fill(key, value, FILLER);
    }

    static long read(long key, byte[] value) {
        return getLong(value, BALANCE) + Rows.probe(key, value, FILLER);
    }

    static void add(byte[] value, long delta) {
        putLong(value, BALANCE, getLong(value, BALANCE) + delta);
    }
}
