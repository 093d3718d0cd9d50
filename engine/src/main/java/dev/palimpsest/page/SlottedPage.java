package dev.palimpsest.page;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Line pointers that grow up from the header, items that grow down from the trailer, and a hole of zeroes between them.
 *
 * <p>Line pointers are numbered from 1. Changing methods need the page's exclusive latch. Reading ones may run on a page that is being
 * changed: they end, but may return nonsense or throw {@link IndexOutOfBoundsException}, which an optimistic reader takes as "again".
 *
 * <p>Source: PostgreSQL, {@code bufpage.c}.
 */
public final class SlottedPage {
    private static final int NUMBER_BITS = 11;

    private SlottedPage() {}

    public static int lineCount(ByteBuffer page) {
        return PageLayout.lower(page) - PageLayout.HEADER_BYTES >> 2;
    }

    /** The line pointer with this number, {@link LinePointer#UNUSED} if the page has none. */
    public static int line(ByteBuffer page, int number) {
        return Integer.compareUnsigned(number - 1, lineCount(page)) < 0
                ? page.getInt(lineOffset(number))
                : LinePointer.UNUSED;
    }

    public static void setLine(ByteBuffer page, int number, int linePointer) {
        assert number >= 1 && number <= lineCount(page) : "line pointer=" + number + " of=" + lineCount(page);
        page.putInt(lineOffset(number), linePointer);
    }

    /** Where the line pointer itself lies. */
    public static int lineOffset(int number) {
        return PageLayout.HEADER_BYTES + (number - 1) * LinePointer.BYTES;
    }

    /** Bytes in the hole. */
    public static int freeBytes(ByteBuffer page) {
        return PageLayout.upper(page) - PageLayout.lower(page);
    }

    /** Bytes that the hole would have after {@link #compact}. */
    public static int freeBytesCompacted(ByteBuffer page) {
        int used = 0;
        for (int number = 1, count = lineCount(page); number <= count; number++) {
            int line = page.getInt(lineOffset(number));
            if (LinePointer.hasItem(line)) {
                used += PageLayout.align(LinePointer.length(line));
            }
        }
        return PageLayout.special(page) - PageLayout.lower(page) - used;
    }

    /** Bytes of the hole that an item needs. */
    public static int bytesNeeded(int length, boolean newLine) {
        return PageLayout.align(length) + (newLine ? LinePointer.BYTES : 0);
    }

    /** The lowest unused line pointer, or the number after the last one. */
    public static int firstUnusedLine(ByteBuffer page) {
        int count = lineCount(page);
        for (int number = 1; number <= count; number++) {
            if (page.getInt(lineOffset(number)) == LinePointer.UNUSED) {
                return number;
            }
        }
        return count + 1;
    }

    /**
     * Takes room for an item from the hole and points a line pointer to it as NORMAL; the caller fills it.
     *
     * @param number an unused line pointer, or the number after the last one; redo passes on what was logged, whatever it is
     * @return the item's offset
     */
    public static int addItem(ByteBuffer page, int number, int length) {
        int count = lineCount(page);
        assert number >= 1 && (number > count || line(page, number) == LinePointer.UNUSED) : "line pointer=" + number;
        if (number > count) {
            appendLines(page, number - count);
        }
        return placeItem(page, number, length);
    }

    /**
     * Points a line pointer, an unused one or the one after the last, to bytes that belong to no other any more; the caller fills them.
     *
     * @param offset where an item was whose line pointer has been taken off it, at least {@code length} bytes rounded up to 8 long
     */
    public static void reuseItem(ByteBuffer page, int number, int offset, int length) {
        int count = lineCount(page);
        if (number > count) {
            appendLines(page, number - count);
        }
        page.putInt(lineOffset(number), LinePointer.normal(offset, length));
    }

    /** As {@link #addItem}, but line pointers from {@code number} on move up by one (B-tree pages keep theirs in key order). */
    public static int insertItem(ByteBuffer page, int number, int length) {
        int count = lineCount(page);
        assert number >= 1 && number <= count + 1 : "line pointer=" + number + " of=" + count;
        appendLines(page, 1);
        page.put(lineOffset(number + 1), page, lineOffset(number), (count + 1 - number) * LinePointer.BYTES);
        return placeItem(page, number, length);
    }

    /** Takes out a line pointer, those after it move down; the item's bytes come back with {@link #compact}. */
    public static void removeLine(ByteBuffer page, int number) {
        int count = lineCount(page);
        assert number >= 1 && number <= count : "line pointer=" + number + " of=" + count;
        page.put(lineOffset(number), page, lineOffset(number + 1), (count - number) * LinePointer.BYTES);
        page.putInt(lineOffset(count), 0); // so that the hole is zero again and full-page images compress
        PageLayout.setLower(page, lineOffset(count));
    }

    /** Gives back the unused line pointers after the last used one. */
    public static void truncateLines(ByteBuffer page) {
        int count = lineCount(page);
        while (count > 0 && page.getInt(lineOffset(count)) == LinePointer.UNUSED) {
            count--;
        }
        PageLayout.setLower(page, lineOffset(count + 1));
    }

    /** Moves the items together at the end, so that all free bytes are in the hole. Line pointers keep their numbers. */
    public static void compact(ByteBuffer page) {
        int[] items = itemsByOffset(page);
        int upper = PageLayout.special(page);
        for (int i = items.length - 1;
                i >= 0;
                i--) { // from the end: an item only moves up, over what has moved already
            int number = items[i] & (1 << NUMBER_BITS) - 1;
            int line = page.getInt(lineOffset(number));
            int length = LinePointer.length(line);
            int offset = LinePointer.offset(line);
            upper -= PageLayout.align(length);
            if (offset != upper) {
                page.put(upper, page, offset, PageLayout.align(length));
                page.putInt(
                        lineOffset(number),
                        LinePointer.state(line) == LinePointer.STATE_NORMAL
                                ? LinePointer.normal(upper, length)
                                : LinePointer.dead(upper, length));
            }
        }
        for (int offset = PageLayout.upper(page); offset < upper; offset += PageLayout.ALIGNMENT) {
            page.putLong(offset, 0); // the hole is zero: what a full-page image restores
        }
        PageLayout.setUpper(page, upper);
    }

    /** What is wrong with the line pointers, or null. For verified pages with a good header; used by checks, not by readers. */
    public static String problem(ByteBuffer page) {
        int lower = PageLayout.lower(page);
        if ((lower - PageLayout.HEADER_BYTES) % LinePointer.BYTES != 0) {
            return "lower=" + lower + " ends within a line pointer";
        }
        for (int number = 1, count = lineCount(page); number <= count; number++) {
            String problem = lineProblem(page, number, count);
            if (problem != null) {
                return "line pointer=" + number + " " + problem;
            }
        }
        int[] items = itemsByOffset(page);
        for (int i = 1; i < items.length; i++) {
            int before = page.getInt(lineOffset(items[i - 1] & (1 << NUMBER_BITS) - 1));
            if (LinePointer.offset(before) + LinePointer.length(before) > items[i] >>> NUMBER_BITS) {
                return "items overlap at offset=" + (items[i] >>> NUMBER_BITS);
            }
        }
        return null;
    }

    private static String lineProblem(ByteBuffer page, int number, int count) {
        int line = page.getInt(lineOffset(number));
        if (LinePointer.hasItem(line)) {
            int offset = LinePointer.offset(line);
            boolean outside =
                    offset < PageLayout.upper(page) || offset + LinePointer.length(line) > PageLayout.special(page);
            return outside ? "outside the items: " + LinePointer.toString(line) : null;
        }
        boolean known = switch (LinePointer.state(line)) {
            case LinePointer.STATE_UNUSED, LinePointer.STATE_DEAD, LinePointer.STATE_ARCHIVED -> true;
            case LinePointer.STATE_REDIRECT -> LinePointer.target(line) >= 1 && LinePointer.target(line) <= count;
            default -> false;
        };
        return known ? null : LinePointer.toString(line);
    }

    private static void appendLines(ByteBuffer page, int more) {
        int count = lineCount(page);
        assert freeBytes(page) >= more * LinePointer.BYTES : "page full, free bytes=" + freeBytes(page);
        for (int number = count + 1; number <= count + more; number++) {
            page.putInt(lineOffset(number), LinePointer.UNUSED);
        }
        PageLayout.setLower(page, lineOffset(count + more + 1));
    }

    private static int placeItem(ByteBuffer page, int number, int length) {
        assert length > 0 && freeBytes(page) >= PageLayout.align(length)
                : "length=" + length + " free bytes=" + freeBytes(page);
        int offset = PageLayout.upper(page) - PageLayout.align(length);
        PageLayout.setUpper(page, offset);
        page.putInt(lineOffset(number), LinePointer.normal(offset, length));
        return offset;
    }

    /** Offset and number of every line pointer that has an item, packed, ascending. */
    private static int[] itemsByOffset(ByteBuffer page) {
        int count = lineCount(page);
        int[] items = new int[count];
        int found = 0;
        for (int number = 1; number <= count; number++) {
            int line = page.getInt(lineOffset(number));
            if (LinePointer.hasItem(line)) {
                items[found++] = LinePointer.offset(line) << NUMBER_BITS | number;
            }
        }
        items = found == count ? items : Arrays.copyOf(items, found);
        Arrays.sort(items);
        return items;
    }
}
