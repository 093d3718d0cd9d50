package dev.palimpsest.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class PageLayoutTest {
    private final ByteBuffer page = ByteBuffer.allocateDirect(PageLayout.SIZE).order(ByteOrder.LITTLE_ENDIAN);

    @Test
    void shouldLieWhereTheFormatSays() {
        PageLayout.init(page, PageType.BTREE, 13);
        PageLayout.setLsn(page, 0x1122334455667788L);
        PageLayout.setFlags(page, 0xFEDC);
        PageLayout.setOwn(page, -2);
        assertEquals(0x88, page.get(0) & 0xFF);
        assertEquals(0x11, page.get(7));
        assertEquals(0x31, page.get(12));
        assertEquals(0x50, page.get(13));
        assertEquals(2, page.getShort(14));
        assertEquals(32, page.getShort(16));
        assertEquals(8176, page.getShort(18));
        assertEquals(8176, page.getShort(20));
        assertEquals(0xFEDC, page.getShort(22) & 0xFFFF);
        assertEquals(-2, page.getLong(24));
        assertEquals(32, PageLayout.HEADER_BYTES);
    }

    @Test
    void shouldReadBackWhatWasSet() {
        PageLayout.init(page, PageType.HEAP, 0);
        PageLayout.setLsn(page, Long.MAX_VALUE - 1);
        PageLayout.setLower(page, 8191);
        PageLayout.setUpper(page, 8192);
        PageLayout.setFlags(page, 0xFFFF);
        PageLayout.setOwn(page, Long.MIN_VALUE);
        assertEquals(Long.MAX_VALUE - 1, PageLayout.lsn(page));
        assertEquals(8191, PageLayout.lower(page));
        assertEquals(8192, PageLayout.upper(page));
        assertEquals(8192, PageLayout.special(page));
        assertEquals(0xFFFF, PageLayout.flags(page));
        assertEquals(Long.MIN_VALUE, PageLayout.own(page));
        assertSame(PageType.HEAP, PageType.of(PageLayout.type(page)));
    }

    @Test
    void shouldClearWhatWasThereBefore() {
        for (int i = 0; i < PageLayout.SIZE; i++) {
            page.put(i, (byte) 0x5A);
        }
        PageLayout.init(page, PageType.HEAP, 8);
        assertEquals(0, PageLayout.lsn(page));
        for (int i = PageLayout.OWN_OFFSET; i < PageLayout.SIZE; i++) {
            assertEquals(0, page.get(i), "offset=" + i);
        }
    }

    @Test
    void shouldTellANewPageFromAnInitialisedOne() {
        assertTrue(PageLayout.isNew(page));
        assertTrue(PageLayout.isAllZero(page));
        page.put(8191, (byte) 1);
        assertTrue(PageLayout.isNew(page));
        assertFalse(PageLayout.isAllZero(page));
        PageLayout.init(page, PageType.SEQUENCE, 0);
        assertFalse(PageLayout.isNew(page));
    }

    @Test
    void shouldNameWhatIsWrongWithAHeader() {
        PageLayout.init(page, PageType.HEAP, 0);
        assertNull(PageLayout.headerProblem(page));
        PageLayout.setLower(page, 31);
        assertEquals("lower=31 upper=8192 special=8192", PageLayout.headerProblem(page));
        PageLayout.setLower(page, 8000);
        PageLayout.setUpper(page, 7992);
        assertNotNull(PageLayout.headerProblem(page));
        PageLayout.init(page, PageType.HEAP, 0);
        page.putShort(PageLayout.SPECIAL_OFFSET, (short) 8200);
        assertNotNull(PageLayout.headerProblem(page));
        page.putShort(PageLayout.SPECIAL_OFFSET, (short) 0xFFFF);
        assertNotNull(PageLayout.headerProblem(page));
        PageLayout.init(page, PageType.HEAP, 0);
        page.putShort(PageLayout.TYPE_OFFSET, (short) 77);
        assertEquals("unknown page type=77", PageLayout.headerProblem(page));
        page.putShort(PageLayout.MAGIC_OFFSET, (short) 0x5032);
        assertEquals("magic=0x5032 expected=0x5031", PageLayout.headerProblem(page));
    }

    @Test
    void shouldFindEveryTypeByItsCode() {
        for (PageType type : PageType.values()) {
            assertSame(type, PageType.of(type.code()));
        }
        assertNull(PageType.of(0));
        assertNull(PageType.of(-1));
        assertNull(PageType.of(PageType.values().length + 1));
    }
}
