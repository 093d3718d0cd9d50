package dev.palimpsest.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LinePointerTest {
    @Test
    void shouldKeepOffsetAndLength() {
        for (int offset = 0; offset < PageLayout.SIZE; offset += 8) {
            for (int length : new int[] {1, 7, 40, 116, 4096, 8159, 8191}) {
                int normal = LinePointer.normal(offset, length);
                assertEquals(offset, LinePointer.offset(normal));
                assertEquals(length, LinePointer.length(normal));
                assertEquals(LinePointer.STATE_NORMAL, LinePointer.state(normal));
                assertTrue(LinePointer.isNormal(normal) && LinePointer.hasItem(normal));
                int dead = LinePointer.dead(offset, length);
                assertEquals(offset, LinePointer.offset(dead));
                assertEquals(length, LinePointer.length(dead));
                assertEquals(LinePointer.STATE_DEAD, LinePointer.state(dead));
                assertFalse(LinePointer.isNormal(dead));
                assertTrue(LinePointer.hasItem(dead));
            }
        }
    }

    @Test
    void shouldKeepARedirectsTarget() {
        for (int target = 1; target <= LinePointer.MAX_NUMBER; target++) {
            int redirect = LinePointer.redirect(target);
            assertEquals(target, LinePointer.target(redirect));
            assertEquals(LinePointer.STATE_REDIRECT, LinePointer.state(redirect));
            assertFalse(LinePointer.hasItem(redirect), "target=" + target);
        }
    }

    @Test
    void shouldHaveNoItemWhereThereIsNone() {
        assertFalse(LinePointer.hasItem(LinePointer.UNUSED));
        assertFalse(LinePointer.hasItem(LinePointer.ARCHIVED));
        assertFalse(LinePointer.hasItem(LinePointer.dead(0, 0)));
        assertEquals(LinePointer.STATE_ARCHIVED, LinePointer.state(LinePointer.ARCHIVED));
        assertEquals(0, LinePointer.UNUSED);
    }

    @Test
    void shouldNumberMoreLinePointersThanAPageHolds() {
        assertTrue((PageLayout.SIZE - PageLayout.HEADER_BYTES) / LinePointer.BYTES <= LinePointer.MAX_NUMBER);
    }

    @Test
    void shouldDescribeItself() {
        assertEquals("NORMAL offset=8072 length=116", LinePointer.toString(LinePointer.normal(8072, 116)));
        assertEquals("REDIRECT target=9", LinePointer.toString(LinePointer.redirect(9)));
        assertEquals("invalid line pointer=0x3800000", LinePointer.toString(7 << 23));
    }
}
