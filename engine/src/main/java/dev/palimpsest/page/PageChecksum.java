package dev.palimpsest.page;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * CRC32C over a page with its checksum field as zero, extended with the page id, so that a page written to the wrong place doesn't
 * verify either. Stateless; leaves the buffer's position and limit alone.
 */
public final class PageChecksum {
    private static final int AFTER = PageLayout.CHECKSUM_OFFSET + Integer.BYTES;

    private PageChecksum() {}

    public static int compute(ByteBuffer page, long pageId) {
        CRC32C crc = new CRC32C();
        ByteBuffer view = page.duplicate();
        crc.update(view.limit(PageLayout.CHECKSUM_OFFSET).position(0));
        for (int i = 0; i < Integer.BYTES; i++) {
            crc.update(0);
        }
        crc.update(view.limit(PageLayout.SIZE).position(AFTER));
        for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
            crc.update((int) (pageId >>> shift) & 0xFF);
        }
        return (int) crc.getValue();
    }

    public static void set(ByteBuffer page, long pageId) {
        page.putInt(PageLayout.CHECKSUM_OFFSET, compute(page, pageId));
    }

    /** The checksum that the page carries. */
    public static int stored(ByteBuffer page) {
        return page.getInt(PageLayout.CHECKSUM_OFFSET);
    }

    /** True for an initialised page whose checksum fits; a new page carries none (ask {@link PageLayout#isAllZero} first). */
    public static boolean verify(ByteBuffer page, long pageId) {
        return compute(page, pageId) == stored(page);
    }
}
