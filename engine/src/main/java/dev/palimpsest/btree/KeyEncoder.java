package dev.palimpsest.btree;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Turns the values of an index's columns into one byte string whose order, as unsigned bytes, is the order of the rows.
 *
 * <pre>
 * nullable column  0x01 value, or 0x02 for NULL (after every value); a NOT NULL column has just the value
 * boolean          0x00 or 0x01
 * int16, 32, 64,   big-endian, sign bit flipped
 * timestamptz
 * float8           IEEE bits big-endian: sign bit flipped, or all bits of a negative; -0 as 0, every NaN as the largest
 * numeric          see {@link NumericKey}
 * text, bytea      UTF-8 or bytes, with 0x00 as 0x01 0x01 and 0x01 as 0x01 0x02; then the terminator 0x00
 * descending       all bytes of the column complemented
 * </pre>
 *
 * No encoding of a column is a proper prefix of another one of the same column. So columns can just follow each other, keys too are
 * prefix-free (a tid can follow), and all keys whose leading columns are given are those that start with the encoding of these.
 *
 * <p>Usage: {@link #begin}, then one call for each column in order, possibly only the leading ones. Not thread-safe; reusable.
 */
public final class KeyEncoder {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

    private static final byte NOT_NULL_TAG = 1;
    private static final byte NULL_TAG = 2;
    private static final byte TERMINATOR = 0;
    private static final byte ESCAPE = 1;

    private final KeyColumn[] columns;
    private byte[] bytes = new byte[64];
    private int length;
    private int column;
    private boolean hasNull;

    public KeyEncoder(KeyColumn... columns) {
        this.columns = columns.clone();
    }

    /** Starts a key. */
    public KeyEncoder begin() {
        length = 0;
        column = 0;
        hasNull = false;
        return this;
    }

    /** The key so far; valid until the next call, and only up to {@link #length}. */
    public byte[] bytes() {
        return bytes;
    }

    public int length() {
        return length;
    }

    /** How many columns have been added. */
    public int columnCount() {
        return column;
    }

    /** True if some column is NULL: such a row is in no conflict in a unique index. */
    public boolean hasNull() {
        return hasNull;
    }

    /** A copy of the key. */
    public byte[] toBytes() {
        return Arrays.copyOf(bytes, length);
    }

    public KeyEncoder addNull() {
        KeyColumn next = columns[column];
        if (!next.nullable()) {
            throw new IllegalArgumentException("NULL for a NOT NULL key column, column=" + column);
        }
        reserve(1);
        bytes[length++] = next.descending() ? (byte) ~NULL_TAG : NULL_TAG;
        hasNull = true;
        column++;
        return this;
    }

    public KeyEncoder addBoolean(boolean value) {
        int start = open(KeyType.BOOLEAN, 1);
        bytes[length++] = (byte) (value ? 1 : 0);
        return close(start);
    }

    public KeyEncoder addInt16(short value) {
        int start = open(KeyType.INT16, Short.BYTES);
        SHORT.set(bytes, length, (short) (value ^ Short.MIN_VALUE));
        length += Short.BYTES;
        return close(start);
    }

    public KeyEncoder addInt32(int value) {
        int start = open(KeyType.INT32, Integer.BYTES);
        INT.set(bytes, length, value ^ Integer.MIN_VALUE);
        length += Integer.BYTES;
        return close(start);
    }

    public KeyEncoder addInt64(long value) {
        int start = open(KeyType.INT64, Long.BYTES);
        putLong(value ^ Long.MIN_VALUE);
        return close(start);
    }

    public KeyEncoder addTimestamptz(long micros) {
        int start = open(KeyType.TIMESTAMPTZ, Long.BYTES);
        putLong(micros ^ Long.MIN_VALUE);
        return close(start);
    }

    public KeyEncoder addFloat8(double value) {
        int start = open(KeyType.FLOAT8, Double.BYTES);
        long bits = Double.doubleToLongBits(value == 0 ? 0.0 : value); // makes every NaN the same one
        putLong(bits < 0 ? ~bits : bits ^ Long.MIN_VALUE);
        return close(start);
    }

    public KeyEncoder addNumeric(BigDecimal value) {
        int start = open(KeyType.NUMERIC, 0);
        byte[] encoded = NumericKey.encode(value);
        reserve(encoded.length);
        System.arraycopy(encoded, 0, bytes, length, encoded.length);
        length += encoded.length;
        return close(start);
    }

    /** @throws UsageException 22021 for a surrogate without its other half */
    public KeyEncoder addText(CharSequence value) {
        int start = open(KeyType.TEXT, value.length() + 1);
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < 0x80) {
                addEscaped((byte) c);
            } else if (!Character.isSurrogate(c)) {
                addCodePoint(c);
            } else {
                int codePoint = Character.codePointAt(value, i++);
                if (!Character.isSupplementaryCodePoint(codePoint)) {
                    throw new UsageException(
                            SqlState.CHARACTER_NOT_IN_REPERTOIRE,
                            "invalid surrogate in a text value",
                            "position=" + (i - 1) + " char=0x" + Integer.toHexString(c));
                }
                addCodePoint(codePoint);
            }
        }
        return closeEscaped(start);
    }

    /** Text that is UTF-8 already. */
    public KeyEncoder addText(ByteBuffer source, int index, int byteCount) {
        int start = open(KeyType.TEXT, byteCount + 1);
        return addEscaped(start, source, index, byteCount);
    }

    public KeyEncoder addBytea(byte[] value) {
        int start = open(KeyType.BYTEA, value.length + 1);
        for (byte b : value) {
            addEscaped(b);
        }
        return closeEscaped(start);
    }

    public KeyEncoder addBytea(ByteBuffer source, int index, int byteCount) {
        int start = open(KeyType.BYTEA, byteCount + 1);
        return addEscaped(start, source, index, byteCount);
    }

    /**
     * The smallest string that is larger than every string starting with {@code prefix}; null if there is none. Bounds of scans are made
     * with it: all keys starting with p are the strings from p up to, and without, the successor of p.
     */
    static byte[] successor(byte[] prefix, int length) {
        int end = length;
        while (end > 0 && prefix[end - 1] == (byte) 0xFF) {
            end--;
        }
        if (end == 0) {
            return null;
        }
        byte[] next = Arrays.copyOf(prefix, end);
        next[end - 1]++;
        return next;
    }

    /** The tid's six bytes, in an order that is the tids' own. */
    static void putTid(byte[] target, int at, long tid) {
        INT.set(target, at, (int) (tid >>> 16));
        SHORT.set(target, at + Integer.BYTES, (short) tid);
    }

    static long tid(byte[] source, int at) {
        return ((int) INT.get(source, at) & 0xFFFF_FFFFL) << 16
                | Short.toUnsignedInt((short) SHORT.get(source, at + Integer.BYTES));
    }

    private int open(KeyType type, int valueBytes) {
        KeyColumn next = columns[column];
        if (next.type() != type) {
            throw new IllegalArgumentException("key column=" + column + " type=" + next.type() + " value=" + type);
        }
        reserve(valueBytes + 1);
        int start = length;
        if (next.nullable()) {
            bytes[length++] = NOT_NULL_TAG;
        }
        return start;
    }

    private KeyEncoder close(int start) {
        if (columns[column++].descending()) {
            for (int i = start; i < length; i++) {
                bytes[i] = (byte) ~bytes[i];
            }
        }
        return this;
    }

    private KeyEncoder closeEscaped(int start) {
        reserve(1);
        bytes[length++] = TERMINATOR;
        return close(start);
    }

    private KeyEncoder addEscaped(int start, ByteBuffer source, int index, int byteCount) {
        for (int i = 0; i < byteCount; i++) {
            addEscaped(source.get(index + i));
        }
        return closeEscaped(start);
    }

    private void addEscaped(byte value) {
        reserve(2);
        if (value == 0 || value == 1) {
            bytes[length++] = ESCAPE;
            bytes[length++] = (byte) (value + 1);
        } else {
            bytes[length++] = value;
        }
    }

    private void addCodePoint(int c) {
        reserve(4);
        if (c < 0x800) {
            bytes[length++] = (byte) (0xC0 | c >> 6);
        } else {
            if (c < 0x10000) {
                bytes[length++] = (byte) (0xE0 | c >> 12);
            } else {
                bytes[length++] = (byte) (0xF0 | c >> 18);
                bytes[length++] = (byte) (0x80 | c >> 12 & 0x3F);
            }
            bytes[length++] = (byte) (0x80 | c >> 6 & 0x3F);
        }
        bytes[length++] = (byte) (0x80 | c & 0x3F);
    }

    private void putLong(long value) {
        LONG.set(bytes, length, value);
        length += Long.BYTES;
    }

    private void reserve(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }
}
