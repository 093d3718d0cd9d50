package dev.palimpsest.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** Pages of sequences from before they had a start, an increment and bounds. */
class SequenceLogTest {
    private static ByteBuffer oldPage(long last) {
        ByteBuffer page = ByteBuffer.allocate(PageLayout.SIZE).order(ByteOrder.LITTLE_ENDIAN);
        PageLayout.init(page, PageType.SEQUENCE, 0);
        page.putLong(PageLayout.HEADER_BYTES, last);
        PageLayout.setLower(page, PageLayout.HEADER_BYTES + Long.BYTES);
        return page;
    }

    @Test
    void shouldReadOldPages() {
        ByteBuffer unused = oldPage(0);
        assertTrue(SequenceLog.isSequence(unused));
        assertEquals(1, SequenceLog.value(unused));
        assertFalse(SequenceLog.isCalled(unused));
        ByteBuffer used = oldPage(32);
        assertEquals(32, SequenceLog.value(used));
        assertTrue(SequenceLog.isCalled(used));
    }

    @Test
    void shouldReadWhatItWrites() {
        ByteBuffer page = oldPage(5);
        SequenceLog.apply(page, -7, true);
        assertTrue(SequenceLog.isSequence(page));
        assertEquals(-7, SequenceLog.value(page));
        assertTrue(SequenceLog.isCalled(page));
        SequenceLog.apply(page, 0, false);
        assertEquals(0, SequenceLog.value(page));
        assertFalse(SequenceLog.isCalled(page));
    }
}
