package dev.palimpsest.heap;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.buffer.PageGuard;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.wal.RedoPages;
import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalRecord;
import dev.palimpsest.wal.WalRecordBuilder;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * How much room each heap page has, so that inserts find some: a byte a page, in units of {@value #UNIT} bytes. A hint: the inserter
 * looks at the page itself and corrects the map. Logged (a page of it is torn by a power cut like any other), which is cheap
 * because an entry changes only when an inserter gives a page up or a prune frees much of one.
 *
 * <pre>
 *  map page: common header, then {@value #ENTRIES} bytes, one for each heap page
 *  record SET: block 0: map page (INIT if new). u16 entry, u8 category
 *  record CUT: block 0: map page. u16 entry: it and all after it have no room
 * </pre>
 *
 * <p>Thread-safe. {@code best} holds for each map page a number not below its largest category, in memory only.
 */
final class FreeSpaceMap {
    static final int UNIT = 32;
    static final int ENTRIES = PageLayout.SIZE - PageLayout.HEADER_BYTES;
    private static final int SET = 0;
    private static final int CUT = 1;
    private static final VarHandle BYTES = MethodHandles.arrayElementVarHandle(byte[].class);

    private final PageFile file;
    private final Wal wal;

    /** Opaque element accesses; replaced whole when it grows, a lost update only costs a search. */
    private volatile byte[] best;

    FreeSpaceMap(PageFile file, Wal wal) {
        this.file = file;
        this.wal = wal;
        best = new byte[Math.max(4, file.blockCount())];
        Arrays.fill(best, (byte) -1);
    }

    /** @return a block that had this much room when last looked at, or -1 */
    int search(int bytes) {
        int wanted = (bytes + UNIT - 1) / UNIT;
        byte[] known = best;
        for (int mapBlock = 0; mapBlock < Math.min(file.blockCount(), known.length); mapBlock++) {
            if (((byte) BYTES.getOpaque(known, mapBlock) & 0xFF) < wanted) {
                continue;
            }
            try (PageGuard guard = file.latchShared(mapBlock)) {
                int found = searchPage(guard.page(), wanted, known, mapBlock);
                if (found >= 0) {
                    return mapBlock * ENTRIES + found;
                }
            }
        }
        return -1;
    }

    private static int searchPage(ByteBuffer page, int wanted, byte[] known, int mapBlock) {
        if (PageLayout.isNew(page)) {
            return -1;
        }
        int largest = 0;
        for (int i = 0; i < ENTRIES; i++) {
            int category = page.get(PageLayout.HEADER_BYTES + i) & 0xFF;
            if (category >= wanted) {
                return i;
            }
            largest = Math.max(largest, category);
        }
        BYTES.setOpaque(known, mapBlock, (byte) largest); // under the latch, so no larger one was recorded meanwhile
        return -1;
    }

    /** What the map says of a block, in bytes. */
    int recorded(int block) {
        int mapBlock = block / ENTRIES;
        if (mapBlock >= file.blockCount()) {
            return 0;
        }
        try (PageGuard guard = file.latchShared(mapBlock)) {
            return (guard.page().get(PageLayout.HEADER_BYTES + block % ENTRIES) & 0xFF) * UNIT;
        }
    }

    /** Records a block's room; the caller may hold heap latches. */
    void record(int block, int bytes) {
        int mapBlock = block / ENTRIES;
        while (mapBlock >= file.blockCount()) {
            Frame extended = file.pinNew(); // stays new until its first entry is logged
            extended.releaseExclusive();
            extended.unpin();
        }
        int category = Math.min(255, bytes / UNIT);
        int entry = block % ENTRIES;
        try (PageGuard guard = file.latchExclusive(mapBlock)) {
            ByteBuffer page = guard.page();
            boolean init = PageLayout.isNew(page);
            if (!init && (page.get(PageLayout.HEADER_BYTES + entry) & 0xFF) == category) {
                return;
            }
            raise(mapBlock, category);
            guard.markDirty();
            WalRecordBuilder record = HeapLog.begin(ResourceManagerId.FREE_SPACE, SET, 0);
            apply(page, init, entry, category);
            record.block(guard.frame().pageId(), page, init);
            record.putShort(entry).putByte(category);
            wal.append(record);
        }
    }

    /** The heap ends here: there is no room in blocks from this one on. An inserter's note of one that is new again may be lost. */
    void cut(int blockCount) {
        for (int mapBlock = blockCount / ENTRIES; mapBlock < file.blockCount(); mapBlock++) {
            int entry = Math.max(0, blockCount - mapBlock * ENTRIES);
            try (PageGuard guard = file.latchExclusive(mapBlock)) {
                ByteBuffer page = guard.page();
                if (PageLayout.isNew(page) || isCut(page, entry)) {
                    continue;
                }
                guard.markDirty();
                WalRecordBuilder record = HeapLog.begin(ResourceManagerId.FREE_SPACE, CUT, 0);
                applyCut(page, entry);
                record.block(guard.frame().pageId(), page, false);
                wal.append(record.putShort(entry));
            }
        }
    }

    private static boolean isCut(ByteBuffer page, int entry) {
        for (int i = entry; i < ENTRIES; i++) {
            if (page.get(PageLayout.HEADER_BYTES + i) != 0) {
                return false;
            }
        }
        return true;
    }

    private static void applyCut(ByteBuffer page, int entry) {
        for (int i = entry; i < ENTRIES; i++) {
            page.put(PageLayout.HEADER_BYTES + i, (byte) 0);
        }
    }

    private void raise(int mapBlock, int category) {
        byte[] known = best;
        if (mapBlock >= known.length) {
            known = Arrays.copyOf(known, Math.max(2 * known.length, mapBlock + 1));
            Arrays.fill(known, best.length, known.length, (byte) -1);
            best = known;
        }
        if (((byte) BYTES.getOpaque(known, mapBlock) & 0xFF) < category) {
            BYTES.setOpaque(known, mapBlock, (byte) category);
        }
    }

    private static void apply(ByteBuffer page, boolean init, int entry, int category) {
        if (init) {
            PageLayout.init(page, PageType.FREE_SPACE_MAP, 0);
            PageLayout.setLower(page, PageLayout.SIZE); // no hole: every byte is an entry
        }
        page.put(PageLayout.HEADER_BYTES + entry, (byte) category);
    }

    /** Redo of both. */
    static final class Log implements ResourceManager {
        @Override
        public ResourceManagerId id() {
            return ResourceManagerId.FREE_SPACE;
        }

        @Override
        public void redo(WalRecord record, RedoPages pages) {
            ByteBuffer page = pages.page(0);
            if (page != null) {
                ByteBuffer payload = record.payload();
                int entry = payload.getShort() & 0xFFFF;
                if (record.info() == CUT) {
                    applyCut(page, entry);
                } else {
                    apply(page, record.isInit(0), entry, payload.get() & 0xFF);
                }
            }
        }

        @Override
        public String describe(WalRecord record) {
            ByteBuffer payload = record.payload();
            int entry = payload.getShort() & 0xFFFF;
            return record.info() == CUT
                    ? "CUT entry=" + entry
                    : "SET entry=" + entry + " category=" + (payload.get() & 0xFF);
        }
    }
}
