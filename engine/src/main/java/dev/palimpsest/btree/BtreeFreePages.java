package dev.palimpsest.btree;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.BitSet;

/**
 * The pages of an index that left the tree, or are about to: in a map on disk, two bits a page, and in memory in the order in which they
 * become free.
 *
 * <pre>
 *  map page (the index's free-space fork): common header, then {@value #PAGES} times two bits, the lowest of a byte first:
 *    0 in the tree, or new   1 perhaps half-dead   2 deleted
 * </pre>
 *
 * "Deleted" is exact: it is set and cleared by the record that deletes the page or uses it again. "Perhaps half-dead" is logged before the
 * page is, so that a crash leaves no half-dead page that nobody would find.
 *
 * <p>In memory, map pages are taken up once ({@link #latch}); what they say of an earlier life is free at once, since no operation
 * of that life is in flight. Thread-safe; its monitor is held for moments, without waiting.
 */
final class BtreeFreePages {
    static final int IN_TREE = 0;
    static final int HALF_DEAD = 1;
    static final int DELETED = 2;

    static final int PAGES = (PageLayout.SIZE - PageLayout.HEADER_BYTES) * 4;

    private record FreePage(int block, long epoch) {}

    private final PageFile map;
    private final BtreeEpochs epochs;

    /** Deleted pages, oldest first. Guarded by this. */
    private final ArrayDeque<FreePage> free = new ArrayDeque<>();

    /** Guarded by this. */
    private final BitSet halfDead = new BitSet();

    /** Map pages whose bits are in {@link #free} and {@link #halfDead}. Guarded by this, and changed under the page's latch. */
    private final BitSet known = new BitSet();

    /** Volatile; written under the monitor. At least so many map pages, from the first on, are known. */
    private volatile int knownPages;

    BtreeFreePages(PageFile map, BtreeEpochs epochs) {
        this.map = map;
        this.epochs = epochs;
    }

    /** A page that nobody can come to any more, now the caller's; or -1. The caller may hold pages of the tree. */
    int poll() {
        takeUp();
        synchronized (this) {
            FreePage oldest = free.peek();
            if (oldest == null || !epochs.isOver(oldest.epoch())) {
                return -1;
            }
            return free.remove().block();
        }
    }

    /** Nothing came of it. */
    synchronized void giveBack(int block) {
        free.addFirst(new FreePage(block, 0));
    }

    /** How many pages are free, or will be when operations end. */
    int size() {
        takeUp();
        synchronized (this) {
            return free.size();
        }
    }

    /** A page that may be half-dead, from {@code block} on; or -1. */
    int nextHalfDead(int block) {
        takeUp();
        synchronized (this) {
            return halfDead.nextSetBit(block);
        }
    }

    /** The page has no link any more, and the map's page, which the caller holds, says so. */
    void deleted(int block) {
        long epoch = epochs.advance();
        synchronized (this) {
            halfDead.clear(block);
            free.add(new FreePage(block, epoch));
        }
    }

    synchronized void halfDead(int block, boolean is) {
        halfDead.set(block, is);
    }

    private void takeUp() {
        while (knownPages < map.blockCount()) {
            Frame page = latch(knownPages * PAGES);
            page.releaseExclusive();
            page.unpin();
        }
    }

    /** Pins and latches the map's page for a block exclusively; it may be new. The caller may hold pages of the tree. */
    Frame latch(int block) {
        int mapBlock = block / PAGES;
        while (mapBlock >= map.blockCount()) {
            Frame extended = map.pinNew(); // stays new until its first bits are logged
            extended.releaseExclusive();
            extended.unpin();
        }
        Frame page = map.pin(mapBlock);
        page.acquireExclusive();
        takeUp(mapBlock, page.page);
        return page;
    }

    private synchronized void takeUp(int mapBlock, ByteBuffer page) {
        if (known.get(mapBlock)) {
            return;
        }
        for (int i = 0; i < PAGES; i++) {
            switch (state(page, i)) {
                case DELETED -> free.addFirst(new FreePage(mapBlock * PAGES + i, 0));
                case HALF_DEAD -> halfDead.set(mapBlock * PAGES + i);
                default -> {}
            }
        }
        known.set(mapBlock);
        knownPages = known.nextClearBit(0);
    }

    /** What the map says of a block. */
    int stateOf(int block) {
        int mapBlock = block / PAGES;
        if (mapBlock >= map.blockCount()) {
            return IN_TREE;
        }
        Frame page = map.pin(mapBlock);
        page.acquireShared();
        try {
            return state(page.page, block);
        } finally {
            page.releaseShared();
            page.unpin();
        }
    }

    /** What a map page says of a block that is on it. */
    static int state(ByteBuffer page, int block) {
        int entry = block % PAGES;
        return page.get(PageLayout.HEADER_BYTES + (entry >> 2)) >> 2 * (entry & 3) & 3;
    }

    /** Also redo. */
    static void set(ByteBuffer page, int block, int state) {
        if (PageLayout.isNew(page)) {
            PageLayout.init(page, PageType.FREE_SPACE_MAP, 0);
            PageLayout.setLower(page, PageLayout.SIZE); // no hole: every byte counts
        }
        int entry = block % PAGES;
        int at = PageLayout.HEADER_BYTES + (entry >> 2);
        int shift = 2 * (entry & 3);
        page.put(at, (byte) (page.get(at) & ~(3 << shift) | state << shift));
    }
}
