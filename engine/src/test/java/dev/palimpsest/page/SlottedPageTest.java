package dev.palimpsest.page;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class SlottedPageTest {
    private static final int SPECIAL = 16;

    private final ByteBuffer page = ByteBuffer.allocateDirect(PageLayout.SIZE).order(ByteOrder.LITTLE_ENDIAN);

    @BeforeEach
    void init() {
        PageLayout.init(page, PageType.HEAP, SPECIAL);
        page.putLong(PageLayout.SIZE - 8, 0x5EC1A1L);
    }

    /** What a line pointer should be: its state and, where it has one, its item. */
    private record Line(int state, byte[] item) {
        static final Line UNUSED = new Line(LinePointer.STATE_UNUSED, null);
    }

    @RepeatedTest(20)
    void shouldAgreeWithAModel(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        List<Line> model = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            switch (random.nextInt(10)) {
                case 0, 1, 2, 3 -> add(model, random);
                case 4 -> insert(model, random);
                case 5 -> remove(model, random);
                case 6, 7 -> change(model, random);
                case 8 -> SlottedPage.compact(page);
                default -> truncate(model);
            }
            check(model);
        }
    }

    private void add(List<Line> model, Random random) {
        byte[] item = item(random);
        int number = SlottedPage.firstUnusedLine(page);
        int unused = model.indexOf(Line.UNUSED);
        assertEquals(unused < 0 ? model.size() + 1 : unused + 1, number);
        if (makeRoom(SlottedPage.bytesNeeded(item.length, number > model.size()))) {
            int offset = SlottedPage.addItem(page, number, item.length);
            assertEquals(0, offset % PageLayout.ALIGNMENT);
            page.put(offset, item);
            if (number > model.size()) {
                model.add(Line.UNUSED);
            }
            model.set(number - 1, new Line(LinePointer.STATE_NORMAL, item));
        }
    }

    private void insert(List<Line> model, Random random) {
        byte[] item = item(random);
        int number = 1 + random.nextInt(model.size() + 1);
        if (makeRoom(SlottedPage.bytesNeeded(item.length, true))) {
            page.put(SlottedPage.insertItem(page, number, item.length), item);
            model.add(number - 1, new Line(LinePointer.STATE_NORMAL, item));
        }
    }

    private void remove(List<Line> model, Random random) {
        if (!model.isEmpty()) {
            int number = 1 + random.nextInt(model.size());
            SlottedPage.removeLine(page, number);
            model.remove(number - 1);
        }
    }

    private void change(List<Line> model, Random random) {
        if (model.isEmpty()) {
            return;
        }
        int number = 1 + random.nextInt(model.size());
        int line = SlottedPage.line(page, number);
        Line changed = switch (random.nextInt(4)) {
            case 0 -> Line.UNUSED;
            case 1 -> new Line(LinePointer.STATE_REDIRECT, null);
            case 2 -> new Line(LinePointer.STATE_ARCHIVED, null);
            default ->
                LinePointer.isNormal(line)
                        ? new Line(LinePointer.STATE_DEAD, model.get(number - 1).item)
                        : new Line(LinePointer.STATE_DEAD, null);
        };
        int redirect = LinePointer.redirect(1 + random.nextInt(model.size()));
        SlottedPage.setLine(
                page,
                number,
                switch (changed.state) {
                    case LinePointer.STATE_UNUSED -> LinePointer.UNUSED;
                    case LinePointer.STATE_REDIRECT -> redirect;
                    case LinePointer.STATE_ARCHIVED -> LinePointer.ARCHIVED;
                    default ->
                        changed.item == null
                                ? LinePointer.dead(0, 0)
                                : LinePointer.dead(LinePointer.offset(line), LinePointer.length(line));
                });
        model.set(number - 1, changed);
    }

    private void truncate(List<Line> model) {
        SlottedPage.truncateLines(page);
        while (!model.isEmpty() && model.get(model.size() - 1) == Line.UNUSED) {
            model.remove(model.size() - 1);
        }
        // a redirect may point behind the end now, which is the room's business: this model has no chains
        for (int number = 1; number <= model.size(); number++) {
            if (model.get(number - 1).state == LinePointer.STATE_REDIRECT) {
                SlottedPage.setLine(page, number, LinePointer.redirect(1));
            }
        }
    }

    private boolean makeRoom(int bytes) {
        if (SlottedPage.freeBytes(page) < bytes && SlottedPage.freeBytesCompacted(page) >= bytes) {
            SlottedPage.compact(page);
        }
        return SlottedPage.freeBytes(page) >= bytes;
    }

    private static byte[] item(Random random) {
        byte[] item = new byte[1 + random.nextInt(random.nextInt(20) == 0 ? 2_000 : 150)];
        random.nextBytes(item);
        return item;
    }

    private void check(List<Line> model) {
        assertEquals(model.size(), SlottedPage.lineCount(page));
        int used = 0;
        for (int number = 1; number <= model.size(); number++) {
            Line expected = model.get(number - 1);
            int line = SlottedPage.line(page, number);
            assertEquals(expected.state, LinePointer.state(line));
            assertEquals(expected.item != null, LinePointer.hasItem(line));
            if (expected.item != null) {
                byte[] found = new byte[LinePointer.length(line)];
                page.get(LinePointer.offset(line), found);
                assertArrayEquals(expected.item, found);
                used += PageLayout.align(found.length);
            }
        }
        int room = PageLayout.SIZE - SPECIAL - PageLayout.HEADER_BYTES - 4 * model.size();
        assertEquals(room - used, SlottedPage.freeBytesCompacted(page));
        assertTrue(SlottedPage.freeBytes(page) <= room - used);
        assertEquals(0x5EC1A1L, page.getLong(PageLayout.SIZE - 8));
        assertNull(PageLayout.headerProblem(page));
        // removeLine of this model may leave a redirect to the line after the last
        String problem = SlottedPage.problem(page);
        assertTrue(problem == null || problem.contains("REDIRECT"), problem);
        for (int offset = PageLayout.lower(page); offset < PageLayout.upper(page); offset++) {
            if (page.get(offset) != 0) {
                assertEquals(0, page.get(offset), "the hole isn't zero, offset=" + offset);
            }
        }
    }

    @Test
    void shouldGetAllRoomBackByCompacting() {
        int full = SlottedPage.freeBytes(page);
        for (int number = 1; SlottedPage.freeBytes(page) >= 204; number++) {
            SlottedPage.addItem(page, number, 200);
        }
        for (int number = 1; number <= SlottedPage.lineCount(page); number++) {
            SlottedPage.setLine(page, number, LinePointer.UNUSED);
        }
        SlottedPage.compact(page);
        SlottedPage.truncateLines(page);
        assertEquals(full, SlottedPage.freeBytes(page));
    }

    @Test
    void shouldReadALineThatIsNotThereAsUnused() {
        SlottedPage.addItem(page, 1, 8);
        assertEquals(LinePointer.UNUSED, SlottedPage.line(page, 0));
        assertEquals(LinePointer.UNUSED, SlottedPage.line(page, 2));
        assertEquals(LinePointer.UNUSED, SlottedPage.line(page, -1));
        assertEquals(LinePointer.UNUSED, SlottedPage.line(page, Integer.MAX_VALUE));
    }

    @Test
    void shouldNotEndInAnythingButAnIndexErrorOnGarbage() {
        Random random = new Random(5);
        int thrown = 0;
        for (int i = 0; i < 20_000; i++) {
            for (int offset = 0; offset < 64; offset += 8) {
                page.putLong(offset, random.nextLong());
            }
            try {
                int number = random.nextInt(0x10000);
                SlottedPage.line(page, number);
                SlottedPage.freeBytesCompacted(page);
                SlottedPage.firstUnusedLine(page);
            } catch (IndexOutOfBoundsException e) {
                thrown++;
            }
        }
        assertTrue(thrown > 0);
    }

    @Test
    void shouldNameWhatIsWrong() {
        SlottedPage.addItem(page, 1, 100);
        SlottedPage.addItem(page, 2, 100);
        assertNull(SlottedPage.problem(page));
        int second = SlottedPage.line(page, 2);
        SlottedPage.setLine(page, 2, LinePointer.normal(LinePointer.offset(second), 108));
        assertEquals("items overlap at offset=8072", SlottedPage.problem(page));
        SlottedPage.setLine(page, 2, LinePointer.normal(LinePointer.offset(second) - 8, 100));
        assertNotNull(SlottedPage.problem(page));
        SlottedPage.setLine(page, 2, LinePointer.redirect(3));
        assertEquals("line pointer=2 REDIRECT target=3", SlottedPage.problem(page));
        SlottedPage.setLine(page, 2, 6 << 23);
        assertNotNull(SlottedPage.problem(page));
        PageLayout.setLower(page, PageLayout.lower(page) + 1);
        assertEquals("lower=41 ends within a line pointer", SlottedPage.problem(page));
    }
}
