package dev.palimpsest.btree;

import static dev.palimpsest.btree.BtreeLayout.*;

import dev.palimpsest.page.PageLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads and searches one index page. Every method is safe on bytes that change meanwhile: offsets are checked by the buffer
 * ({@link IndexOutOfBoundsException}), loops end whatever they read, nothing is allocated. What comes out means something only once the
 * caller's version, taken before, has been validated.
 *
 * <p>Stateless. Searching by prefix words follows Graefe and Larson, "B-Tree Indexes and CPU Caches" (poor man's normalised keys);
 * the first probe interpolates, because a miss of the cache costs more than a division.
 */
final class BtreePage {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN)
            .withInvokeExactBehavior();
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN)
            .withInvokeExactBehavior();

    /** Below this many slots halving is as good as interpolating. */
    private static final int MIN_INTERPOLATED = 16;

    private BtreePage() {}

    static int count(ByteBuffer page) {
        int bytes = Short.toUnsignedInt(page.getShort(PageLayout.LOWER_OFFSET)) - SLOTS;
        if (bytes < 0) {
            throw new IndexOutOfBoundsException("lower");
        }
        return bytes >>> 3;
    }

    static int level(ByteBuffer page) {
        return Short.toUnsignedInt(page.getShort(LEVEL));
    }

    static int prefixLength(ByteBuffer page) {
        return Short.toUnsignedInt(page.getShort(PREFIX_LENGTH));
    }

    static int leftLink(ByteBuffer page) {
        return page.getInt(LEFT_LINK);
    }

    static int rightLink(ByteBuffer page) {
        return page.getInt(RIGHT_LINK);
    }

    static boolean isIncomplete(ByteBuffer page) {
        return (page.getInt(FLAGS) & INCOMPLETE_SPLIT) != 0;
    }

    static int word(ByteBuffer page, int slot) {
        return page.getInt(SLOTS + slot * SLOT_SIZE);
    }

    static int offset(ByteBuffer page, int slot) {
        return Short.toUnsignedInt(page.getShort(SLOTS + slot * SLOT_SIZE + SLOT_OFFSET));
    }

    static int length(ByteBuffer page, int slot) {
        return Short.toUnsignedInt(page.getShort(SLOTS + slot * SLOT_SIZE + SLOT_LENGTH));
    }

    /** How many of an entry's bytes take part in the order: all but an inner entry's child block. */
    static int orderedLength(ByteBuffer page, int slot, int level) {
        return level == 0 ? length(page, slot) : length(page, slot) - CHILD_SIZE;
    }

    static int highKeyOffset(ByteBuffer page) {
        return Short.toUnsignedInt(page.getShort(HIGH_KEY_OFFSET));
    }

    static int highKeyLength(ByteBuffer page) {
        return Short.toUnsignedInt(page.getShort(HIGH_KEY_LENGTH));
    }

    static int freeBytes(ByteBuffer page) {
        return Short.toUnsignedInt(page.getShort(PageLayout.UPPER_OFFSET))
                - Short.toUnsignedInt(page.getShort(PageLayout.LOWER_OFFSET));
    }

    static long tid(ByteBuffer page, int slot) {
        return tidAt(page, offset(page, slot) + length(page, slot) - TID_SIZE);
    }

    static long tidAt(ByteBuffer page, int offset) {
        long block = Integer.reverseBytes(page.getInt(offset)) & 0xFFFF_FFFFL;
        return block << 16 | Short.toUnsignedInt(Short.reverseBytes(page.getShort(offset + 4)));
    }

    /** The child to the left of slot 0 for -1, else the child in the slot. */
    static int child(ByteBuffer page, int slot) {
        return slot < 0
                ? page.getInt(LEFTMOST_CHILD)
                : page.getInt(offset(page, slot) + length(page, slot) - CHILD_SIZE);
    }

    /** True if all entries &gt;= {@code key} are on pages to the right. */
    static boolean isRightOf(ByteBuffer page, byte[] key, int length) {
        int highKeyLength = highKeyLength(page);
        return highKeyLength != 0 && compare(page, highKeyOffset(page), highKeyLength, key, length) <= 0;
    }

    /** True if no string right below {@code bound} belongs on this page or to its left: a half-dead or deleted page ends below all. */
    static boolean endsBelow(ByteBuffer page, byte[] bound, int length) {
        int highKeyLength = highKeyLength(page);
        return highKeyLength != 0 && compare(page, highKeyOffset(page), highKeyLength, bound, length) < 0;
    }

    static boolean isDead(ByteBuffer page) {
        return (page.getInt(FLAGS) & (HALF_DEAD | DELETED)) != 0;
    }

    /** Null if it has none. */
    static byte[] copyHighKey(ByteBuffer page) {
        int length = highKeyLength(page);
        if (length == 0) {
            return null;
        }
        byte[] key = new byte[length];
        page.get(highKeyOffset(page), key);
        return key;
    }

    /** True if an entry whose key is exactly {@code key} could be on the next page although {@code key} is below the high key. */
    static boolean continuesRight(ByteBuffer page, byte[] key, int length) {
        return highKeyLength(page) >= length && startsWith(page, highKeyOffset(page), key, length);
    }

    /** The first slot whose entry is &gt;= {@code key}, or the count. Says nothing about other pages. */
    static int lowerBound(ByteBuffer page, int level, byte[] key, int length) {
        int count = count(page);
        if (count == 0) {
            return 0;
        }
        int prefix = prefixLength(page);
        int order = prefix == 0 ? 0 : comparePrefix(page, offset(page, 0), prefix, key, length);
        if (order != 0) {
            return order > 0 ? 0 : count;
        }
        int slot = slotByWord(page, count, wordOf(key, length, prefix));
        return afterTies(page, level, count, slot, prefix, key, length);
    }

    /** The last slot whose entry is &lt;= {@code key} (an inner page's way down), or -1. */
    static int childSlot(ByteBuffer page, int level, byte[] key, int length) {
        int slot = lowerBound(page, level, key, length);
        if (slot < count(page)) {
            int entryLength = orderedLength(page, slot, level);
            if (entryLength == length && startsWith(page, offset(page, slot), key, length)) {
                return slot;
            }
        }
        return slot - 1;
    }

    /** On a leaf, the first slot whose word is &gt;= {@code word}, or {@code count}. */
    static int leafSlotByWord(ByteBuffer page, int count, int word) {
        return count < MIN_INTERPOLATED
                ? binary(page, 0, count, word)
                : interpolate(page, count, word, page.getInt(LAST_WORD));
    }

    private static int slotByWord(ByteBuffer page, int count, int word) {
        return count < MIN_INTERPOLATED
                ? binary(page, 0, count, word)
                : interpolate(page, count, word, word(page, count - 1));
    }

    private static int interpolate(ByteBuffer page, int count, int word, int lastWord) {
        long wanted = Integer.toUnsignedLong(word);
        long first = Integer.toUnsignedLong(word(page, 0));
        long last = Integer.toUnsignedLong(lastWord);
        if (wanted <= first) {
            return 0;
        }
        if (wanted > last) {
            return count;
        }
        // first < wanted <= last, so the quotient is in (0, 1]
        int guess = (int) ((double) (wanted - first) / (double) (last - first) * (count - 1));
        return gallop(page, count, word, guess);
    }

    /** From a guess outwards in growing steps (the first within a cache line), then halving between the last two. */
    private static int gallop(ByteBuffer page, int count, int word, int guess) {
        int step = 7;
        if (Integer.compareUnsigned(word(page, guess), word) < 0) {
            int low = guess + 1;
            int high = low + step;
            while (high < count && Integer.compareUnsigned(word(page, high), word) < 0) {
                low = high + 1;
                step <<= 1;
                high = low + step;
            }
            return binary(page, low, Math.min(high, count), word);
        }
        int high = guess;
        int low = high - step;
        while (low >= 0 && Integer.compareUnsigned(word(page, low), word) >= 0) {
            high = low;
            step <<= 1;
            low = high - step;
        }
        return binary(page, Math.max(low + 1, 0), high, word);
    }

    private static int binary(ByteBuffer page, int from, int to, int word) {
        int low = from;
        int high = to;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Integer.compareUnsigned(word(page, middle), word) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** From the first slot with the key's word on: equal words say nothing, the entries decide. */
    private static int afterTies(ByteBuffer page, int level, int count, int slot, int prefix, byte[] key, int length) {
        int word = wordOf(key, length, prefix);
        if (slot >= count || word(page, slot) != word || compareEntry(page, level, slot, key, length) >= 0) {
            return slot;
        }
        int low = slot + 1;
        int high = word == -1 ? count : slotByWord(page, count, word + 1);
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (compareEntry(page, level, middle, key, length) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    static int compareEntry(ByteBuffer page, int level, int slot, byte[] key, int length) {
        return compare(page, offset(page, slot), orderedLength(page, slot, level), key, length);
    }

    /** Compares bytes on the page with a key, as unsigned bytes; a proper prefix is smaller. */
    static int compare(ByteBuffer page, int offset, int entryLength, byte[] key, int length) {
        int common = Math.min(entryLength, length);
        int order = compareCommon(page, offset, common, key);
        return order != 0 ? order : Integer.compare(entryLength, length);
    }

    private static int compareCommon(ByteBuffer page, int offset, int common, byte[] key) {
        int i = 0;
        for (; i + 8 <= common; i += 8) {
            long ours = Long.reverseBytes(page.getLong(offset + i));
            long theirs = (long) LONG.get(key, i);
            if (ours != theirs) {
                return Long.compareUnsigned(ours, theirs);
            }
        }
        if (i + 4 <= common) {
            int ours = Integer.reverseBytes(page.getInt(offset + i));
            int theirs = (int) INT.get(key, i);
            if (ours != theirs) {
                return Integer.compareUnsigned(ours, theirs);
            }
            i += 4;
        }
        for (; i < common; i++) {
            int order = Byte.toUnsignedInt(page.get(offset + i)) - Byte.toUnsignedInt(key[i]);
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    static boolean startsWith(ByteBuffer page, int offset, byte[] key, int length) {
        return length == 8
                ? Long.reverseBytes(page.getLong(offset)) == (long) LONG.get(key, 0)
                : compareCommon(page, offset, length, key) == 0;
    }

    /** The order of the page's common prefix against the key's bytes at the same place; 0 where the key has it, or ends within it. */
    private static int comparePrefix(ByteBuffer page, int offset, int prefix, byte[] key, int length) {
        if (prefix < 8 && length >= 8) {
            int shift = 64 - prefix * 8;
            long ours = Long.reverseBytes(page.getLong(offset)) >>> shift;
            return Long.compareUnsigned(ours, (long) LONG.get(key, 0) >>> shift);
        }
        int order = compareCommon(page, offset, Math.min(prefix, length), key);
        return order == 0 && length < prefix ? 1 : order;
    }

    /** The 4 bytes of the key after the prefix, zero-padded, as a big-endian number. */
    static int wordOf(byte[] key, int length, int prefix) {
        if (prefix + 4 <= length) {
            return (int) INT.get(key, prefix);
        }
        if (prefix >= length) {
            return 0;
        }
        if (length >= 4) {
            return (int) INT.get(key, length - 4) << 8 * (prefix + 4 - length);
        }
        int word = 0;
        for (int i = 0; i < 4; i++) {
            word = word << 8 | (prefix + i < length ? Byte.toUnsignedInt(key[prefix + i]) : 0);
        }
        return word;
    }
}
