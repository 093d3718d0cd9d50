package dev.palimpsest.btree;

import static dev.palimpsest.btree.BtreeLayout.*;

import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Builds a whole page in a private buffer, from the old page it may replace, and then copies it over. Used by the first change and by
 * redo alike.
 *
 * <p>Not thread-safe: one per writer.
 */
final class BtreePageBuilder {
    private static final int LSN_AND_CHECKSUM = PageLayout.MAGIC_OFFSET;

    private final ByteBuffer page = ByteBuffer.allocateDirect(PageLayout.SIZE).order(ByteOrder.LITTLE_ENDIAN);
    private int count;
    private int upper;

    void begin(int level, int leftmostChild, int leftLink, int rightLink, int flags) {
        PageLayout.init(page, PageType.BTREE, SPECIAL_SIZE);
        page.putInt(LEFTMOST_CHILD, leftmostChild);
        page.putShort(LEVEL, (short) level);
        page.putInt(LEFT_LINK, leftLink);
        page.putInt(RIGHT_LINK, rightLink);
        page.putInt(FLAGS, flags);
        count = 0;
        upper = SPECIAL;
    }

    /** Before the entries; a length of 0 for none. */
    void highKey(byte[] key, int from, int length) {
        upper -= length;
        page.put(upper, key, from, length);
        page.putShort(HIGH_KEY_OFFSET, (short) (length == 0 ? 0 : upper));
        page.putShort(HIGH_KEY_LENGTH, (short) length);
    }

    void highKey(ByteBuffer source, int offset, int length) {
        upper -= length;
        page.put(upper, source, offset, length);
        page.putShort(HIGH_KEY_OFFSET, (short) (length == 0 ? 0 : upper));
        page.putShort(HIGH_KEY_LENGTH, (short) length);
    }

    void add(byte[] entry, int from, int length) {
        upper -= length;
        page.put(upper, entry, from, length);
        addSlot(length);
    }

    void add(ByteBuffer source, int offset, int length) {
        upper -= length;
        page.put(upper, source, offset, length);
        addSlot(length);
    }

    private void addSlot(int length) {
        int at = SLOTS + count++ * SLOT_SIZE;
        page.putShort(at + SLOT_OFFSET, (short) upper);
        page.putShort(at + SLOT_LENGTH, (short) length);
    }

    /** Completes the page and copies it over {@code target}, whose LSN stays for the WAL to set. */
    void finish(ByteBuffer target) {
        page.putShort(PageLayout.LOWER_OFFSET, (short) (SLOTS + count * SLOT_SIZE));
        page.putShort(PageLayout.UPPER_OFFSET, (short) upper);
        BtreePageEditor.setWords(page, page.getShort(LEVEL));
        target.put(LSN_AND_CHECKSUM, page, LSN_AND_CHECKSUM, PageLayout.SIZE - LSN_AND_CHECKSUM);
    }
}
