package dev.palimpsest.bench.pinned;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HotRowsTest {
    @Test
    void shouldUseAllHotRowsAndNoOthers() {
        Set<Long> together = keys(new HotRows(1000, 50, HotRows.Layout.TOGETHER, 1));
        assertEquals(50, together.size());
        assertTrue(together.stream().allMatch(key -> key >= 950 && key < 1000), together.toString());
        Set<Long> spread = keys(new HotRows(1000, 50, HotRows.Layout.SPREAD, 1));
        assertEquals(50, spread.size());
        assertTrue(spread.stream().allMatch(key -> key % 20 == 0 && key < 1000), spread.toString());
    }

    private static Set<Long> keys(HotRows rows) {
        Set<Long> keys = new HashSet<>();
        for (int i = 0; i < 5000; i++) {
            keys.add(rows.next());
        }
        return keys;
    }

    @Test
    void shouldRefuseMoreHotRowsThanRows() {
        assertThrows(IllegalArgumentException.class, () -> new HotRows(10, 11, HotRows.Layout.TOGETHER, 1));
    }
}
