package dev.palimpsest.btree;

import static dev.palimpsest.btree.BtreeLayout.*;

import dev.palimpsest.page.PageLayout;
import java.nio.ByteBuffer;

/**
 * Changes to one page that is latched exclusively, or private. The same methods serve the first change and its redo, and bytes that
 * become free are zeroed, so that both leave the same page, byte for byte.
 *
 * <p>Stateless. Callers hold the page's exclusive latch and have marked it dirty.
 */
final class BtreePageEditor {
    private BtreePageEditor() {}

    static boolean fits(ByteBuffer page, int entryLength) {
        return BtreePage.freeBytes(page) >= entryLength + SLOT_SIZE;
    }

    /** Makes room for a slot and writes the entry; the caller has checked that it {@link #fits}. */
    static void insert(ByteBuffer page, int level, int slot, byte[] entry, int from, int length) {
        int count = BtreePage.count(page);
        int upper = Short.toUnsignedInt(page.getShort(PageLayout.UPPER_OFFSET)) - length;
        int lower = SLOTS + count * SLOT_SIZE;
        assert slot >= 0 && slot <= count && lower + SLOT_SIZE <= upper : "slot=" + slot + " count=" + count;
        page.put(upper, entry, from, length);
        int at = SLOTS + slot * SLOT_SIZE;
        page.put(at + SLOT_SIZE, page, at, lower - at);
        page.putShort(at + SLOT_OFFSET, (short) upper);
        page.putShort(at + SLOT_LENGTH, (short) length);
        page.putShort(PageLayout.UPPER_OFFSET, (short) upper);
        page.putShort(PageLayout.LOWER_OFFSET, (short) (lower + SLOT_SIZE));
        if (!keepsPrefix(page, level, slot, count)) {
            setWords(page, level);
        }
    }

    /** Takes the entry out and closes the gaps. */
    static void remove(ByteBuffer page, int slot) {
        int count = BtreePage.count(page);
        int offset = BtreePage.offset(page, slot);
        int length = BtreePage.length(page, slot);
        int upper = Short.toUnsignedInt(page.getShort(PageLayout.UPPER_OFFSET));
        page.put(upper + length, page, upper, offset - upper);
        zero(page, upper, length);
        int at = SLOTS + slot * SLOT_SIZE;
        int end = SLOTS + count * SLOT_SIZE;
        page.put(at, page, at + SLOT_SIZE, end - at - SLOT_SIZE);
        zero(page, end - SLOT_SIZE, SLOT_SIZE);
        for (int i = 0; i < count - 1; i++) {
            int other = BtreePage.offset(page, i);
            if (other < offset) {
                page.putShort(SLOTS + i * SLOT_SIZE + SLOT_OFFSET, (short) (other + length));
            }
        }
        int highKey = BtreePage.highKeyOffset(page);
        if (highKey != 0 && highKey < offset) {
            page.putShort(HIGH_KEY_OFFSET, (short) (highKey + length));
        }
        page.putShort(PageLayout.UPPER_OFFSET, (short) (upper + length));
        page.putShort(PageLayout.LOWER_OFFSET, (short) (end - SLOT_SIZE));
        if (count == 1) {
            page.putShort(PREFIX_LENGTH, (short) 0);
        }
        setLastWord(page, BtreePage.level(page));
    }

    /** Takes several entries out of a leaf; the slots ascend. Slower than {@link #remove} for one, faster for many. */
    static void remove(BtreePageBuilder builder, ByteBuffer leaf, int[] slots, int size) {
        builder.begin(0, 0, BtreePage.leftLink(leaf), BtreePage.rightLink(leaf), leaf.getInt(FLAGS));
        builder.highKey(leaf, BtreePage.highKeyOffset(leaf), BtreePage.highKeyLength(leaf));
        int count = BtreePage.count(leaf);
        for (int slot = 0, next = 0; slot < count; slot++) {
            if (next < size && slots[next] == slot) {
                next++;
            } else {
                builder.add(leaf, BtreePage.offset(leaf, slot), BtreePage.length(leaf, slot));
            }
        }
        builder.finish(leaf);
    }

    /** Gives the last leaf, which had no high key, one and a page behind it; the caller has checked that the key fits. */
    static void continueBehind(ByteBuffer page, byte[] highKey, int length, int rightBlock) {
        int upper = Short.toUnsignedInt(page.getShort(PageLayout.UPPER_OFFSET)) - length;
        assert BtreePage.highKeyLength(page) == 0
                && upper >= Short.toUnsignedInt(page.getShort(PageLayout.LOWER_OFFSET));
        page.put(upper, highKey, 0, length);
        page.putShort(PageLayout.UPPER_OFFSET, (short) upper);
        page.putShort(HIGH_KEY_OFFSET, (short) upper);
        page.putShort(HIGH_KEY_LENGTH, (short) length);
        page.putInt(RIGHT_LINK, rightBlock);
        setFlag(page, INCOMPLETE_SPLIT, true);
    }

    /** On an inner page: the child goes, and the one after it takes over what it covered. A slot of -1 is the leftmost child's. */
    static void dropChild(ByteBuffer page, int slot) {
        int heir = BtreePage.child(page, slot + 1);
        int at = slot < 0 ? LEFTMOST_CHILD : BtreePage.offset(page, slot) + BtreePage.length(page, slot) - CHILD_SIZE;
        page.putInt(at, heir);
        remove(page, slot + 1);
    }

    /**
     * The page has nothing any more, and a high key of one zero byte: below every entry and separator, so that whoever comes here goes
     * right, by the test that he makes on every page.
     */
    static void makeHalfDead(ByteBuffer page) {
        zero(page, SLOTS, SPECIAL - SLOTS);
        page.putInt(LEFTMOST_CHILD, 0);
        page.putShort(PREFIX_LENGTH, (short) 0);
        page.putShort(PageLayout.LOWER_OFFSET, (short) SLOTS);
        page.putShort(PageLayout.UPPER_OFFSET, (short) (SPECIAL - 1));
        page.putShort(HIGH_KEY_OFFSET, (short) (SPECIAL - 1));
        page.putShort(HIGH_KEY_LENGTH, (short) 1);
        page.putInt(FLAGS, HALF_DEAD);
    }

    /** The page between them goes, and keeps its own links for those who are on their way there. */
    static void unlink(ByteBuffer left, ByteBuffer page, ByteBuffer right, int leftBlock, int rightBlock) {
        if (left != null) {
            left.putInt(RIGHT_LINK, rightBlock);
        }
        if (page != null) {
            page.putInt(FLAGS, DELETED);
        }
        if (right != null) {
            right.putInt(LEFT_LINK, leftBlock);
        }
    }

    static void setFlag(ByteBuffer page, int flag, boolean on) {
        int flags = page.getInt(FLAGS);
        page.putInt(FLAGS, on ? flags | flag : flags & ~flag);
    }

    /** Sets the new slot's word if the page's prefix still holds; false if the prefix has to change. */
    private static boolean keepsPrefix(ByteBuffer page, int level, int slot, int countBefore) {
        if (countBefore == 0) {
            return false;
        }
        int prefix = BtreePage.prefixLength(page);
        int offset = BtreePage.offset(page, slot);
        int length = BtreePage.orderedLength(page, slot, level);
        int neighbour = slot == 0 ? 1 : 0;
        if (length < prefix || commonLength(page, offset, BtreePage.offset(page, neighbour), prefix) < prefix) {
            return false;
        }
        page.putInt(SLOTS + slot * SLOT_SIZE, wordAt(page, offset, length, prefix));
        if (slot == countBefore) {
            setLastWord(page, level);
        }
        return true;
    }

    /** Finds the longest prefix that all entries share (the first and the last tell) and computes every slot's word anew. */
    static void setWords(ByteBuffer page, int level) {
        int count = BtreePage.count(page);
        int prefix = 0;
        if (count > 0) {
            int shortest =
                    Math.min(BtreePage.orderedLength(page, 0, level), BtreePage.orderedLength(page, count - 1, level));
            prefix = commonLength(page, BtreePage.offset(page, 0), BtreePage.offset(page, count - 1), shortest);
        }
        page.putShort(PREFIX_LENGTH, (short) prefix);
        for (int i = 0; i < count; i++) {
            int length = BtreePage.orderedLength(page, i, level);
            page.putInt(SLOTS + i * SLOT_SIZE, wordAt(page, BtreePage.offset(page, i), length, prefix));
        }
        setLastWord(page, level);
    }

    private static void setLastWord(ByteBuffer page, int level) {
        int count = BtreePage.count(page);
        if (level == 0) {
            page.putInt(LAST_WORD, count == 0 ? 0 : BtreePage.word(page, count - 1));
        }
    }

    static int wordAt(ByteBuffer page, int offset, int length, int prefix) {
        // the special space lies behind every entry, so that reading 4 bytes never leaves the page
        int bytes = Integer.reverseBytes(page.getInt(offset + prefix));
        int left = length - prefix;
        return left >= 4 ? bytes : left <= 0 ? 0 : bytes & -1 << 8 * (4 - left);
    }

    private static int commonLength(ByteBuffer page, int a, int b, int limit) {
        int i = 0;
        while (i + Long.BYTES <= limit && page.getLong(a + i) == page.getLong(b + i)) {
            i += Long.BYTES;
        }
        while (i < limit && page.get(a + i) == page.get(b + i)) {
            i++;
        }
        return i;
    }

    private static void zero(ByteBuffer page, int offset, int length) {
        for (int i = 0; i < length; i++) {
            page.put(offset + i, (byte) 0);
        }
    }
}
