package dev.palimpsest.heap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.buffer.PageGuard;
import dev.palimpsest.id.PageId;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.wal.RedoPages;
import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.WalReader;
import dev.palimpsest.wal.WalRecord;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/** Redoes the whole log of a fixture on pages of its own, and compares them with those in the pool: but for marks, they are the same. */
final class RedoCheck implements RedoPages {
    private final Map<Long, ByteBuffer> pages = new HashMap<>();
    private WalRecord record;
    private boolean[] redone;

    private RedoCheck() {}

    static void check(HeapFixture fixture) {
        RedoCheck check = new RedoCheck();
        fixture.onEngineTask(() -> {
            fixture.wal.flush(fixture.wal.insertLsn());
            check.redoAll(fixture);
            Map<Long, byte[]> once = check.bytes();
            check.redoAll(fixture); // each page carries all of it already
            check.bytes().forEach((id, bytes) -> assertArrayEquals(once.get(id), bytes, PageId.toString(id)));
        });
        check.compare(fixture);
    }

    private void redoAll(HeapFixture fixture) {
        try (WalReader reader = fixture.wal.read(fixture.firstLsn)) {
            while (reader.next()) {
                record = reader.record();
                redone = new boolean[record.blockCount()];
                for (ResourceManager manager : Heap.resourceManagers()) {
                    if (manager.id() == record.rmgr()) {
                        redo(manager);
                    }
                }
            }
        }
    }

    private void redo(ResourceManager manager) {
        for (int i = 0; i < record.blockCount(); i++) {
            ByteBuffer page = page(record.pageId(i));
            if (record.hasImage(i)) {
                record.restoreImage(i, page);
                redone[i] = true;
            }
        }
        manager.describe(record);
        manager.redo(record, this);
        for (int i = 0; i < record.blockCount(); i++) {
            ByteBuffer page = page(record.pageId(i));
            PageLayout.setLsn(page, Math.max(PageLayout.lsn(page), record.lsn()));
        }
    }

    private ByteBuffer page(long pageId) {
        return pages.computeIfAbsent(
                pageId, id -> ByteBuffer.allocate(PageLayout.SIZE).order(ByteOrder.LITTLE_ENDIAN));
    }

    @Override
    public ByteBuffer page(int blockIndex) {
        ByteBuffer page = page(record.pageId(blockIndex));
        return redone[blockIndex] || PageLayout.lsn(page) >= record.lsn() ? null : page;
    }

    private Map<Long, byte[]> bytes() {
        Map<Long, byte[]> copies = new HashMap<>();
        pages.forEach((id, page) -> copies.put(id, page.array().clone()));
        return copies;
    }

    private void compare(HeapFixture fixture) {
        pages.forEach((id, page) -> {
            PageFile file = fixture.pool.file(PageId.fileNumber(id), PageId.fork(id));
            byte[] actual = new byte[PageLayout.SIZE];
            try (PageGuard guard = file.latchShared(PageId.block(id))) {
                guard.page().get(0, actual);
            }
            assertArrayEquals(plain(actual), plain(page.array()), PageId.toString(id));
        });
    }

    /** Without marks and checksum, and without the page's hints. */
    private static byte[] plain(byte[] bytes) {
        ByteBuffer page = ByteBuffer.wrap(bytes.clone()).order(ByteOrder.LITTLE_ENDIAN);
        page.putInt(PageLayout.CHECKSUM_OFFSET, 0);
        if (PageLayout.type(page) == PageType.HEAP.code()) {
            for (int number = 1; number <= SlottedPage.lineCount(page); number++) {
                int line = SlottedPage.line(page, number);
                if (LinePointer.hasItem(line)) {
                    int at = LinePointer.offset(line);
                    HeapPage.setFlags(page, at, HeapPage.flags(page, at) & ~TupleLayout.MARKS);
                }
            }
            PageLayout.setFlags(page, HeapPage.isAllVisible(page) ? 2 : 0);
        }
        return page.array();
    }

    @Override
    public ByteBuffer pageById(long pageId) {
        return page(pageId);
    }

    @Override
    public void cut(long pageId) {
        pages.keySet()
                .removeIf(id -> PageId.fileNumber(id) == PageId.fileNumber(pageId)
                        && PageId.fork(id) == PageId.fork(pageId)
                        && PageId.block(id) >= PageId.block(pageId));
    }

    @Override
    public void noteXid(long xid) {}

    @Override
    public void noteFileNumber(int fileNumber) {}

    @Override
    public void noteOid(long oid) {}
}
