package dev.palimpsest.heap;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.buffer.PageGuard;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalRecordBuilder;
import java.nio.ByteBuffer;

/**
 * Which heap pages are visible to all, a bit each, so that vacuum skips them. A bit is set only with the page's own flag
 * ({@link HeapPage#isAllVisible}), in one record over both pages; it is cleared, in a record of its own, before a change of the page clears the flag. So a bit
 * that is set tells the truth at every moment, and after every crash.
 *
 * <pre>
 *  map page: common header, then {@value #BITS} bits, one for each heap page
 *  record HeapLog.MAP_CLEAR: block 0: map page. u16 bit
 * </pre>
 *
 * <p>Thread-safe. Source of the protocol: PostgreSQL, {@code visibilitymap.c}.
 */
final class VisibilityMap {
    static final int BITS = (PageLayout.SIZE - PageLayout.HEADER_BYTES) * Byte.SIZE;

    private final PageFile file;
    private final Wal wal;

    VisibilityMap(PageFile file, Wal wal) {
        this.file = file;
        this.wal = wal;
    }

    boolean isSet(int block) {
        int mapBlock = block / BITS;
        if (mapBlock >= file.blockCount()) {
            return false;
        }
        try (PageGuard guard = file.latchShared(mapBlock)) {
            return isSet(guard.page(), block % BITS);
        }
    }

    /** The first block from one on whose bit isn't set, at most the given number of blocks. */
    int nextClear(int from, int blockCount) {
        int block = from;
        while (block < blockCount && block / BITS < file.blockCount()) {
            int end = Math.min(blockCount, (block / BITS + 1) * BITS);
            try (PageGuard guard = file.latchShared(block / BITS)) {
                while (block < end && isSet(guard.page(), block % BITS)) {
                    block++;
                }
            }
            if (block < end) {
                return block;
            }
        }
        return block;
    }

    /** Clears a heap page's bit. The caller holds that page's exclusive latch, and hasn't begun to change it. */
    void clear(int block) {
        if (!isSet(block)) {
            return; // only the holder of the heap page's latch sets it
        }
        int bit = block % BITS;
        try (PageGuard guard = file.latchExclusive(block / BITS)) {
            guard.markDirty();
            try {
                setBit(guard.page(), bit, false);
                WalRecordBuilder record = HeapLog.begin(ResourceManagerId.HEAP, HeapLog.MAP_CLEAR, 0);
                record.block(guard.frame().pageId(), guard.page(), false).putShort(bit);
                wal.append(record);
            } catch (Throwable e) {
                wal.poison(e);
                throw e;
            }
        }
    }

    /** The map page that has a block's bit, pinned and latched exclusively. The caller may hold latches of heap pages. */
    PageGuard latch(int block) {
        int mapBlock = block / BITS;
        while (mapBlock >= file.blockCount()) {
            Frame extended = file.pinNew(); // stays new until its first bit is set
            extended.releaseExclusive();
            extended.unpin();
        }
        return file.latchExclusive(mapBlock);
    }

    /** Also at redo. */
    static void set(ByteBuffer page, boolean init, int block) {
        if (init) {
            PageLayout.init(page, PageType.VISIBILITY_MAP, 0);
            PageLayout.setLower(page, PageLayout.SIZE); // no hole: every bit counts
        }
        setBit(page, block % BITS, true);
    }

    static void setBit(ByteBuffer page, int bit, boolean value) {
        int at = PageLayout.HEADER_BYTES + (bit >>> 3);
        int mask = 1 << (bit & 7);
        page.put(at, (byte) (value ? page.get(at) | mask : page.get(at) & ~mask));
    }

    /** On a new page none is set. */
    private static boolean isSet(ByteBuffer page, int bit) {
        return (page.get(PageLayout.HEADER_BYTES + (bit >>> 3)) >> (bit & 7) & 1) != 0;
    }
}
