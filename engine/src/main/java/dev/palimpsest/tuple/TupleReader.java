package dev.palimpsest.tuple;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.function.IntConsumer;

/**
 * Deforms tuples: reads the header and single attributes where they lie in a byte array, without making the rest. {@code base} is the
 * tuple's first byte. Stateless. Offsets come from bytes that were checked when their page was read; out-of-range ones end in an
 * {@link IndexOutOfBoundsException}, never in other rows' bytes being taken for these.
 */
public final class TupleReader {
    private TupleReader() {}

    public static long xmin(byte[] tuple, int base) {
        return LittleEndian.longAt(tuple, base + TupleLayout.XMIN);
    }

    public static long xmax(byte[] tuple, int base) {
        return LittleEndian.longAt(tuple, base + TupleLayout.XMAX);
    }

    public static int flags(byte[] tuple, int base) {
        return LittleEndian.unsignedShortAt(tuple, base + TupleLayout.FLAGS);
    }

    /**
     * @return where the column's attribute starts in the array, or -1 if it is NULL (also for a column that was added after this
     *     tuple was written)
     */
    public static int attributeOffset(TupleDescriptor descriptor, byte[] tuple, int base, int column) {
        int attributes = base + (tuple[base + TupleLayout.HOFF] & 0xFF);
        boolean nulls = (flags(tuple, base) & TupleLayout.HAS_NULLS) != 0;
        if (!nulls && descriptor.fixedOffset(column) >= 0 && column < columnCount(tuple, base)) {
            return attributes + descriptor.fixedOffset(column);
        }
        return walk(descriptor, tuple, base, column, attributes, nulls);
    }

    private static int walk(
            TupleDescriptor descriptor, byte[] tuple, int base, int column, int attributes, boolean nulls) {
        if (column >= columnCount(tuple, base) || nulls && isNull(tuple, base, column)) {
            return -1;
        }
        int at = attributes;
        for (int i = 0; i < column; i++) {
            if (nulls && isNull(tuple, base, i)) {
                continue;
            }
            int width = descriptor.width(i);
            at += width > 0 ? width : variableWidth(tuple, at);
        }
        return at;
    }

    public static int columnCount(byte[] tuple, int base) {
        return LittleEndian.unsignedShortAt(tuple, base + TupleLayout.COLUMN_COUNT);
    }

    private static boolean isNull(byte[] tuple, int base, int column) {
        return (tuple[base + TupleLayout.NULL_BITMAP + (column >> 3)] >> (column & 7) & 1) != 0;
    }

    private static int variableWidth(byte[] tuple, int offset) {
        int header = LittleEndian.unsignedShortAt(tuple, offset);
        return TupleLayout.INLINE_LENGTH_BYTES
                + ((header & TupleLayout.OUT_OF_LINE) != 0 ? TupleLayout.POINTER_BYTES : header);
    }

    /** The bits of a fixed-width attribute: integers sign-extended, doubles as their IEEE bits. */
    public static long fixedBits(TupleDescriptor descriptor, byte[] tuple, int offset, int column) {
        return switch (descriptor.width(column)) {
            case 1 -> tuple[offset];
            case Short.BYTES -> LittleEndian.shortAt(tuple, offset);
            case Integer.BYTES -> LittleEndian.intAt(tuple, offset);
            default -> LittleEndian.longAt(tuple, offset);
        };
    }

    public static boolean isBig(byte[] tuple, int offset) {
        return (LittleEndian.unsignedShortAt(tuple, offset) & TupleLayout.OUT_OF_LINE) != 0;
    }

    public static long bigLength(byte[] tuple, int offset) {
        return LittleEndian.longAt(tuple, offset + Short.BYTES);
    }

    public static int bigFirstBlock(byte[] tuple, int offset) {
        return LittleEndian.intAt(tuple, offset + Short.BYTES + Long.BYTES);
    }

    /** Shows the first block of each big value of a tuple. */
    public static void forEachBigValue(TupleDescriptor descriptor, byte[] tuple, int base, IntConsumer firstBlock) {
        if ((flags(tuple, base) & TupleLayout.HAS_BIG_VALUES) == 0) {
            return;
        }
        for (int column = 0; column < descriptor.columnCount(); column++) {
            int offset = descriptor.width(column) > 0 ? -1 : attributeOffset(descriptor, tuple, base, column);
            if (offset >= 0 && isBig(tuple, offset)) {
                firstBlock.accept(bigFirstBlock(tuple, offset));
            }
        }
    }

    public static int inlineLength(byte[] tuple, int offset) {
        return LittleEndian.unsignedShortAt(tuple, offset);
    }

    /** Where an inline value's bytes start. */
    public static int inlineStart(int offset) {
        return offset + TupleLayout.INLINE_LENGTH_BYTES;
    }

    public static String text(byte[] tuple, int offset) {
        return new String(tuple, inlineStart(offset), inlineLength(tuple, offset), StandardCharsets.UTF_8);
    }

    public static BigDecimal numeric(byte[] tuple, int offset) {
        int start = inlineStart(offset);
        int length = inlineLength(tuple, offset) - Short.BYTES;
        return new BigDecimal(
                new BigInteger(tuple, start + Short.BYTES, length), LittleEndian.unsignedShortAt(tuple, start));
    }
}
