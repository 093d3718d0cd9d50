package dev.palimpsest.heap;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.SlottedPage;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Finds a page for a new tuple: the one this thread used last, else one that the free-space map knows, else a new one at the end.
 * Inserts leave some room on each page, so that the first updates of its rows stay on it (HOT). Threads are spread over several target
 * pages, so that they don't wait for each other's latch. Thread-safe.
 */
final class RoomFinder {
    private static final int TARGETS = 8;
    private static final int NO_BLOCK = -1;

    /**
     * What inserts leave free for updates: room for a row more, at least a tenth and at most an eighth of a page. With less, each update
     * of a full page would have to prune it first.
     */
    static final int MIN_RESERVE = PageLayout.SIZE / 10;

    private static final int MAX_RESERVE = PageLayout.SIZE / 8;

    private final PageFile file;
    private final FreeSpaceMap map;

    /** Hints: volatile elements, any thread. */
    private final AtomicIntegerArray targets;

    RoomFinder(PageFile file, FreeSpaceMap map) {
        this.file = file;
        this.map = map;
        int[] none = new int[TARGETS];
        Arrays.fill(none, file.blockCount() - 1);
        targets = new AtomicIntegerArray(none);
    }

    /** Room on a page, a new one too. */
    static int freeBytes(ByteBuffer page) {
        return PageLayout.isNew(page) ? PageLayout.SIZE - PageLayout.HEADER_BYTES : SlottedPage.freeBytes(page);
    }

    static int withReserve(int needed) {
        return Math.min(
                needed + Math.max(MIN_RESERVE, Math.min(needed, MAX_RESERVE)),
                PageLayout.SIZE - PageLayout.HEADER_BYTES);
    }

    /**
     * @param needed bytes of a tuple and its line pointer
     * @return a page with room for it and the reserve: pinned, latched exclusively, perhaps new (all zero)
     */
    Frame latchPage(int needed) {
        int wanted = withReserve(needed);
        int stripe = (int) Thread.currentThread().getId() & TARGETS - 1;
        int block = targets.get(stripe);
        if (block >= file.blockCount()) {
            block = map.search(wanted); // the target was cut off
        }
        while (block != NO_BLOCK) {
            Frame frame = file.pinIfPresent(block);
            if (frame == null) { // the map is behind a cut: a crash came between the two
                map.record(block, 0);
                block = map.search(wanted);
                continue;
            }
            frame.acquireExclusive();
            int free = file.isCut(frame) ? 0 : freeBytes(frame.page);
            if (free >= wanted) {
                targets.set(stripe, block);
                return frame;
            }
            frame.releaseExclusive();
            frame.unpin();
            map.record(block, free);
            block = map.search(wanted);
        }
        Frame frame = file.pinNew();
        targets.set(stripe, frame.block());
        return frame;
    }
}
