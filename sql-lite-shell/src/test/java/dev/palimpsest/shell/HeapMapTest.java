package dev.palimpsest.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.HeapMapPage;
import dev.palimpsest.api.VacuumProgress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeapMapTest {
    /** A page of 8000 bytes to be shared; versions take 100 each. */
    private static HeapMapPage page(int block, int live, int dead, int pinned, int archived) {
        int free = 8000 - 100 * (live + dead + pinned);
        return new HeapMapPage(
                block,
                dead + pinned + archived == 0 && live > 0,
                live,
                100 * live,
                dead,
                100 * dead,
                pinned,
                100 * pinned,
                0,
                archived,
                100 * archived,
                0,
                live + dead + pinned,
                free);
    }

    private static List<HeapMapPage> pages(int count, int live, int dead, int pinned, int archived) {
        List<HeapMapPage> pages = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            pages.add(page(i, live, dead, pinned, archived));
        }
        return pages;
    }

    private static List<String> draw(List<HeapMapPage> pages) {
        return new HeapMap("t", pages, false).lines();
    }

    @Test
    void shouldDrawSmallTablesPageByPage() {
        assertEquals(
                List.of(
                        "t: 4 pages, 1 known to be visible to all; a page is 64 characters",
                        "0 |" + "#".repeat(64) + "|",
                        "1 |" + "#".repeat(32) + "x".repeat(16) + ".".repeat(16) + "|",
                        "2 |" + "#".repeat(16) + "P".repeat(40) + ".".repeat(8) + "|",
                        "3 |" + "#".repeat(32) + "a".repeat(24) + ".".repeat(8) + "|",
                        "# live 180 (18 kB)  P pinned 50 (5000 B)  x dead 20 (2000 B)",
                        "a archived 30 (3000 B)  . free 21 %"),
                draw(List.of(
                        page(0, 80, 0, 0, 0), page(1, 40, 20, 0, 0), page(2, 20, 0, 50, 0), page(3, 40, 0, 0, 30))));
        assertEquals(
                List.of("t: no pages", "# live 0  P pinned 0  x dead 0  a archived 0  . free 0 %"), draw(List.of()));
    }

    @Test
    void shouldGiveAPageLessRoomWhereThereAreMore() {
        List<String> lines = draw(pages(73, 40, 20, 10, 0));
        assertEquals("t: 73 pages, 0 known to be visible to all; a page is 8 characters", lines.get(0));
        assertEquals(" 0 " + "|####Pxx.".repeat(8) + "|", lines.get(1));
        assertEquals("72 |####Pxx.|", lines.get(10));
    }

    /** An archived version that wouldn't fit any more is drawn as far as there is room. */
    @Test
    void shouldDrawArchivedVersionsOverFreeRoomOnly() {
        assertTrue(draw(List.of(page(0, 70, 0, 0, 500))).get(1).endsWith("|" + "#".repeat(56) + "a".repeat(8) + "|"));
    }

    @Test
    void shouldShowPartsOfARowWherePagesShareCharacters() {
        List<String> lines = draw(pages(600, 60, 0, 20, 0));
        assertEquals("t: 600 pages, 0 known to be visible to all; a character is a page", lines.get(0));
        assertEquals(13, lines.size());
        String row = lines.get(1);
        assertEquals("  0 |", row.substring(0, 5));
        assertEquals(48, row.chars().filter(c -> c == '#').count());
        assertEquals(16, row.chars().filter(c -> c == 'P').count());
        assertEquals("576 |" + "##P#".repeat(6) + "|", lines.get(10));
    }

    @Test
    void shouldPutPagesOfLargeTablesTogether() {
        List<HeapMapPage> pages = pages(3000, 80, 0, 0, 0);
        for (int i = 1000; i < 3000; i++) {
            pages.set(i, page(i, 0, 0, 0, 0));
        }
        List<String> lines = draw(pages);
        assertEquals("t: 3000 pages, 1000 known to be visible to all; a character is 4 pages", lines.get(0));
        assertEquals("   0 |" + "#".repeat(64) + "|", lines.get(1));
        assertEquals(" 768 |" + "#".repeat(58) + "......|", lines.get(4));
        assertEquals("2816 |" + ".".repeat(46) + "|", lines.get(12));
        assertEquals(". free 65 %", lines.get(14));
    }

    @Test
    void shouldColourOnATerminalOnly() {
        List<String> lines = new HeapMap("t", List.of(page(0, 40, 0, 0, 0)), true).lines();
        assertEquals("0 |\u001b[32m" + "█".repeat(32) + "\u001b[90m" + "·".repeat(32) + "\u001b[0m|", lines.get(1));
        assertTrue(lines.get(2).startsWith("\u001b[32m█\u001b[0m live 40"), lines.get(2));
    }

    @Test
    void shouldSayHowFarAVacuumIs() {
        VacuumProgress progress = new VacuumProgress(
                7, "t", 16400, false, VacuumProgress.Phase.SCANNING_HEAP, 4000, 1000, 0, 1, 100_000, 2345);
        assertEquals(
                "t: scanning heap [####............]  25 %  1,000 of 4,000 pages  2,345 dead",
                VacuumBar.text(progress));
    }
}
