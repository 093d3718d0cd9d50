package dev.palimpsest.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.id.PageId;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PageChecksumTest {
    private static final long PAGE_ID = PageId.of(17, PageId.MAIN, 3);

    private final ByteBuffer page = ByteBuffer.allocateDirect(PageLayout.SIZE).order(ByteOrder.LITTLE_ENDIAN);

    @BeforeEach
    void fill() {
        PageLayout.init(page, PageType.HEAP, 0);
        Random random = new Random(1);
        for (int i = PageLayout.HEADER_BYTES; i < PageLayout.SIZE; i++) {
            page.put(i, (byte) random.nextInt());
        }
        PageChecksum.set(page, PAGE_ID);
    }

    @Test
    void shouldCatchEveryFlippedBit() {
        for (int bit = 0; bit < PageLayout.SIZE * 8; bit++) {
            flip(bit);
            assertFalse(PageChecksum.verify(page, PAGE_ID), "bit=" + bit);
            flip(bit);
        }
        assertTrue(PageChecksum.verify(page, PAGE_ID));
    }

    @Test
    void shouldCatchAPageThatBelongsElsewhere() {
        assertFalse(PageChecksum.verify(page, PageId.of(17, PageId.MAIN, 4)));
        assertFalse(PageChecksum.verify(page, PageId.of(17, PageId.FREE_SPACE_MAP, 3)));
        assertFalse(PageChecksum.verify(page, PageId.of(18, PageId.MAIN, 3)));
    }

    @Test
    void shouldBeTheFormatsChecksum() {
        int stored = PageChecksum.stored(page);
        byte[] bytes = new byte[PageLayout.SIZE + Long.BYTES];
        page.get(0, bytes, 0, PageLayout.SIZE);
        ByteBuffer all = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        all.putInt(PageLayout.CHECKSUM_OFFSET, 0);
        all.putLong(PageLayout.SIZE, PAGE_ID);
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        assertEquals((int) crc.getValue(), stored);
    }

    @Test
    void shouldLeavePositionAndLimitAlone() {
        page.position(5);
        assertTrue(PageChecksum.verify(page, PAGE_ID));
        assertEquals(5, page.position());
        assertEquals(PageLayout.SIZE, page.limit());
    }

    private void flip(int bit) {
        page.put(bit >> 3, (byte) (page.get(bit >> 3) ^ 1 << (bit & 7)));
    }
}
