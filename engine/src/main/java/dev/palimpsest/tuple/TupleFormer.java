package dev.palimpsest.tuple;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Arrays;

/**
 * Forms tuples: from values of the columns' Java classes to bytes, moving values out of line where the row gets too big. Collect with
 * {@code start}, {@code set…} for every column in any order, then {@link #form}. Reused from row to row; not thread-safe.
 */
public final class TupleFormer {
    private static final int FIRST_CAPACITY = 512;

    private final TupleDescriptor descriptor;

    /** Per column: null, or the bytes of a value with a length, a stream, or a {@link BigValueWriter.Stored}. */
    private final Object[] variable;

    private final long[] fixed;
    private final boolean[] isNull;
    private byte[] bytes = new byte[FIRST_CAPACITY];

    public TupleFormer(TupleDescriptor descriptor) {
        this.descriptor = descriptor;
        int n = descriptor.columnCount();
        variable = new Object[n];
        fixed = new long[n];
        isNull = new boolean[n];
    }

    /** All columns NULL. */
    public TupleFormer start() {
        Arrays.fill(isNull, true);
        Arrays.fill(variable, null);
        return this;
    }

    /** Takes over a stored tuple's values; big values stay where they are and are shared. */
    public TupleFormer startFrom(byte[] tuple, int base) {
        start();
        for (int i = 0; i < descriptor.columnCount(); i++) {
            int offset = TupleReader.attributeOffset(descriptor, tuple, base, i);
            if (offset < 0) {
                continue;
            }
            isNull[i] = false;
            if (descriptor.width(i) > 0) {
                fixed[i] = TupleReader.fixedBits(descriptor, tuple, offset, i);
            } else if (TupleReader.isBig(tuple, offset)) {
                variable[i] = new BigValueWriter.Stored(
                        TupleReader.bigFirstBlock(tuple, offset), TupleReader.bigLength(tuple, offset));
            } else {
                int from = offset + TupleLayout.INLINE_LENGTH_BYTES;
                variable[i] = Arrays.copyOfRange(tuple, from, from + TupleReader.inlineLength(tuple, offset));
            }
        }
        return this;
    }

    /** @param value as {@link Datums#coerce} returns it, or null */
    public void set(int column, Object value) {
        isNull[column] = value == null;
        variable[column] = null;
        if (value == null) {
            return;
        }
        switch (descriptor.kind(column)) {
            case BOOLEAN -> fixed[column] = (Boolean) value ? 1 : 0;
            case SMALLINT, INTEGER, BIGINT -> fixed[column] = ((Number) value).longValue();
            case DOUBLE -> fixed[column] = Double.doubleToLongBits((Double) value);
            case TIMESTAMPTZ -> fixed[column] = Datums.micros((Instant) value);
            case NUMERIC -> variable[column] = numericBytes((BigDecimal) value);
            case TEXT, VARCHAR -> variable[column] = value instanceof InputStream ? value : Datums.utf8((String) value);
            case BYTEA -> variable[column] = value;
        }
    }

    /** For integer columns, checked by {@link Datums#coerceLong}. */
    public void setLong(int column, long value) {
        isNull[column] = false;
        fixed[column] = value;
    }

    public boolean isNull(int column) {
        return isNull[column];
    }

    /**
     * Writes header and attributes into {@link #bytes()}: flags HAS_NULLS and HAS_BIG_VALUES, column count and hoff are set, the rest of
     * the header is zero.
     *
     * @return length in bytes
     * @throws UsageException 54000 if the row doesn't fit into a page even so
     */
    public int form(BigValueWriter bigValues) {
        moveOutOfLine(bigValues);
        boolean nulls = anyNull();
        int n = descriptor.columnCount();
        int hoff = TupleLayout.NULL_BITMAP + (nulls ? (n + 7) / 8 : 0);
        int length = hoff + attributeBytes();
        if (length > TupleLayout.MAX_BYTES) {
            throw new UsageException(
                    SqlState.PROGRAM_LIMIT_EXCEEDED,
                    "row is too big: size " + length + ", maximum size " + TupleLayout.MAX_BYTES);
        }
        if (bytes.length < length) {
            bytes = new byte[Math.max(length, Math.min(2 * bytes.length, TupleLayout.MAX_BYTES))];
        }
        Arrays.fill(bytes, 0, hoff, (byte) 0);
        writeAttributes(hoff, nulls);
        return length;
    }

    /** The formed tuple; valid until the next {@code form}. */
    public byte[] bytes() {
        return bytes;
    }

    private void writeAttributes(int hoff, boolean nulls) {
        int flags = nulls ? TupleLayout.HAS_NULLS : 0;
        int at = hoff;
        for (int i = 0; i < descriptor.columnCount(); i++) {
            if (isNull[i]) {
                bytes[TupleLayout.NULL_BITMAP + (i >> 3)] |= (byte) (1 << (i & 7));
            } else if (descriptor.width(i) > 0) {
                at += putFixed(at, i);
            } else if (variable[i] instanceof byte[] value) {
                LittleEndian.putShort(bytes, at, value.length);
                System.arraycopy(value, 0, bytes, at + TupleLayout.INLINE_LENGTH_BYTES, value.length);
                at += TupleLayout.INLINE_LENGTH_BYTES + value.length;
            } else {
                BigValueWriter.Stored stored = (BigValueWriter.Stored) variable[i];
                flags |= TupleLayout.HAS_BIG_VALUES;
                LittleEndian.putShort(bytes, at, TupleLayout.OUT_OF_LINE);
                LittleEndian.putLong(bytes, at + Short.BYTES, stored.lengthBytes());
                LittleEndian.putInt(bytes, at + Short.BYTES + Long.BYTES, stored.firstBlock());
                LittleEndian.putInt(bytes, at + Short.BYTES + Long.BYTES + Integer.BYTES, 0);
                at += TupleLayout.INLINE_LENGTH_BYTES + TupleLayout.POINTER_BYTES;
            }
        }
        LittleEndian.putShort(bytes, TupleLayout.FLAGS, flags);
        LittleEndian.putShort(bytes, TupleLayout.COLUMN_COUNT, descriptor.columnCount());
        bytes[TupleLayout.HOFF] = (byte) hoff;
    }

    private int putFixed(int at, int column) {
        switch (descriptor.width(column)) {
            case 1 -> bytes[at] = (byte) fixed[column];
            case Short.BYTES -> LittleEndian.putShort(bytes, at, (int) fixed[column]);
            case Integer.BYTES -> LittleEndian.putInt(bytes, at, (int) fixed[column]);
            default -> LittleEndian.putLong(bytes, at, fixed[column]);
        }
        return descriptor.width(column);
    }

    /** Streams first (their length is unknown), then the biggest values until the row is small enough. */
    private void moveOutOfLine(BigValueWriter bigValues) {
        for (int i = 0; i < variable.length; i++) {
            if (!isNull[i] && variable[i] instanceof InputStream stream) {
                variable[i] = storeStream(bigValues, i, stream);
            }
        }
        while (TupleLayout.MIN_HEADER + (variable.length + 7) / 8 + attributeBytes() > TupleLayout.TARGET_BYTES) {
            int biggest = biggestInline();
            if (biggest < 0) {
                return;
            }
            variable[biggest] = store(bigValues, biggest, new ByteArrayInputStream((byte[]) variable[biggest]));
        }
    }

    /** A short stream stays in the row. */
    private Object storeStream(BigValueWriter bigValues, int column, InputStream stream) {
        byte[] head;
        try {
            head = stream.readNBytes(TupleLayout.TARGET_BYTES);
        } catch (IOException e) {
            throw unreadable(column, e);
        }
        return head.length < TupleLayout.TARGET_BYTES
                ? head
                : store(bigValues, column, new SequenceInputStream(new ByteArrayInputStream(head), stream));
    }

    private BigValueWriter.Stored store(BigValueWriter bigValues, int column, InputStream stream) {
        try {
            return bigValues.write(stream);
        } catch (IOException e) {
            throw unreadable(column, e);
        }
    }

    /** The stream is the caller's: only his statement fails. */
    private UsageException unreadable(int column, IOException cause) {
        return new UsageException(
                SqlState.INVALID_PARAMETER_VALUE,
                "could not read the stream with the value of column \""
                        + descriptor.column(column).name() + "\"",
                cause.toString(),
                null,
                cause);
    }

    private int biggestInline() {
        int biggest = -1;
        int size = TupleLayout.POINTER_BYTES * 4; // below that moving gains nothing worth a page read
        for (int i = 0; i < variable.length; i++) {
            boolean movable = descriptor.kind(i) != ColumnType.Kind.NUMERIC || TupleLayout.MAX_BYTES < attributeBytes();
            if (!isNull[i] && movable && variable[i] instanceof byte[] value && value.length > size) {
                biggest = i;
                size = value.length;
            }
        }
        return biggest;
    }

    private boolean anyNull() {
        for (boolean b : isNull) {
            if (b) {
                return true;
            }
        }
        return false;
    }

    private int attributeBytes() {
        int sum = 0;
        for (int i = 0; i < isNull.length; i++) {
            if (isNull[i]) {
                continue;
            }
            int width = descriptor.width(i);
            if (width > 0) {
                sum += width;
            } else {
                sum += TupleLayout.INLINE_LENGTH_BYTES
                        + (variable[i] instanceof byte[] value ? value.length : TupleLayout.POINTER_BYTES);
            }
        }
        return sum;
    }

    private static byte[] numericBytes(BigDecimal value) {
        byte[] unscaled = value.unscaledValue().toByteArray();
        byte[] out = new byte[Short.BYTES + unscaled.length];
        LittleEndian.putShort(out, 0, value.scale());
        System.arraycopy(unscaled, 0, out, Short.BYTES, unscaled.length);
        return out;
    }
}
