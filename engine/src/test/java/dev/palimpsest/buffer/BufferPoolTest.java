package dev.palimpsest.buffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.id.Lsn;
import dev.palimpsest.id.PageId;
import dev.palimpsest.latch.LatchRank;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.storage.DiskFile;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BufferPoolTest {
    private final PoolFixture fixture = new PoolFixture(16);
    private PageFile file = fixture.pool.file(17, PageId.MAIN);

    @AfterEach
    void close() {
        fixture.close();
    }

    private void reopen() {
        fixture.reopen();
        file = fixture.pool.file(17, PageId.MAIN);
    }

    @Test
    void shouldKeepOnePageFileForEachFork() {
        assertSame(file, fixture.pool.file(17, PageId.MAIN));
        assertNotSame(file, fixture.pool.file(17, PageId.FREE_SPACE_MAP));
        assertNotSame(file, fixture.pool.file(18, PageId.MAIN));
        assertEquals("base/17_fsm", fixture.pool.file(17, PageId.FREE_SPACE_MAP).path());
    }

    @Test
    void shouldReadBackTwentyTimesThePool() {
        fixture.extend(file, 20 * 16);
        assertEquals(320, file.blockCount());
        for (int block = 0; block < 320; block++) {
            try (PageGuard guard = file.latchShared(block)) {
                assertEquals(block, PoolFixture.value(guard));
                assertEquals(file.pageId(block), guard.frame().pageId());
            }
        }
        assertTrue(fixture.pool.metrics().evictions() >= 2 * (320 - 16));
        assertTrue(fixture.pool.metrics().pagesWritten() >= 320 - 16);
        assertTrue(
                fixture.pool.metrics().writes() < fixture.pool.metrics().pagesWritten(), "neighbours go in one write");
    }

    @Test
    void shouldWriteWhatIsDirtyAtACheckpointAndForceIt() {
        PageFile map = fixture.pool.file(17, PageId.FREE_SPACE_MAP);
        fixture.extend(file, 5);
        fixture.extend(map, 2);
        fixture.checkpoint();
        assertEquals(Set.of(), fixture.disk.unforced);
        assertEquals(Set.of(), fixture.disk.unforcedDirectories);
        assertEquals(7, fixture.pool.metrics().pagesWritten());
        assertEquals(2, fixture.pool.metrics().writes());
        reopen();
        assertEquals(5, file.blockCount());
        try (PageGuard guard = file.latchShared(4)) {
            assertEquals(4, PoolFixture.value(guard));
        }
        fixture.checkpoint();
        assertEquals(0, fixture.pool.metrics().pagesWritten(), "a clean page isn't written");
    }

    @Test
    void shouldLoseWhatWasNotWritten() {
        fixture.extend(file, 3);
        reopen();
        assertEquals(0, file.blockCount());
        assertFalse(fixture.disk.exists("base/17"));
    }

    @Test
    void shouldNotLoadPastTheEnd() {
        fixture.extend(file, 3);
        StoppedException e = assertThrows(StoppedException.class, () -> file.pin(3));
        assertEquals(SqlState.DATA_CORRUPTED, e.sqlState());
        assertEquals("could not read block 3 of relation file base/17: past its end", e.getMessage());
        assertNull(file.cached(3));
        assertNull(file.cached(-1));
        assertNull(file.cached(Integer.MAX_VALUE));
    }

    @Test
    void shouldExtendForRedoOverAHole() {
        Frame frame = file.pinOrExtendForRedo(2_000, false);
        assertEquals(2_001, file.blockCount());
        assertTrue(PageLayout.isAllZero(frame.page));
        frame.unpin();
        try (PageGuard guard = file.latchExclusive(2_000)) {
            fixture.fill(guard, 5);
        }
        fixture.checkpoint();
        reopen();
        assertEquals(2_001, file.blockCount());
        try (PageGuard hole = file.latchShared(1_234)) {
            assertTrue(PageLayout.isAllZero(hole.page()));
        }
        try (PageGuard guard = file.latchShared(2_000)) {
            assertEquals(5, PoolFixture.value(guard));
        }
    }

    @Test
    void shouldWriteANewPageAsZeroes() {
        Frame frame = file.pinNew();
        frame.releaseExclusive();
        frame.unpin();
        fixture.checkpoint();
        reopen();
        try (PageGuard guard = file.latchShared(0)) {
            assertTrue(PageLayout.isAllZero(guard.page()));
        }
    }

    @Test
    void shouldNameADamagedPageToThatCallerOnly() {
        fixture.extend(file, 5);
        fixture.checkpoint();
        reopen();
        damage(3, 5_000);
        for (int i = 0; i < 2; i++) {
            StoppedException e = assertThrows(StoppedException.class, () -> file.pin(3));
            assertEquals(SqlState.DATA_CORRUPTED, e.sqlState());
            assertEquals("invalid page in block 3 of relation file base/17", e.getMessage());
            assertTrue(e.detail().matches("checksum=0x[0-9a-f]+ expected=0x[0-9a-f]+"), e.detail());
        }
        assertNull(file.cached(3));
        assertNull(fixture.poison.get());
        try (PageGuard guard = file.latchShared(4)) {
            assertEquals(4, PoolFixture.value(guard));
        }
        fixture.checkpoint();
    }

    @Test
    void shouldReportTheTornTailOfAFile() {
        fixture.extend(file, 2);
        fixture.checkpoint();
        reopen();
        fixture.onEngineTask(() -> {
            try (DiskFile raw = fixture.disk.open("base/17", false)) {
                raw.truncate(PageLayout.SIZE + 512);
            }
        });
        StoppedException e = assertThrows(StoppedException.class, () -> file.pin(1));
        assertTrue(e.detail().endsWith("bytesRead=512"), e.detail());
        reopen();
        assertEquals(1, file.blockCount());
        Frame frame = file.pinOrExtendForRedo(1, true);
        assertTrue(PageLayout.isAllZero(frame.page));
        frame.unpin();
    }

    @Test
    void shouldOverwriteADamagedPageInRedo() {
        fixture.extend(file, 2);
        fixture.checkpoint();
        reopen();
        damage(1, 40);
        Frame frame = file.pinOrExtendForRedo(1, true);
        frame.acquireExclusive();
        assertTrue(PageLayout.isAllZero(frame.page));
        frame.releaseExclusive();
        frame.unpin();
    }

    @Test
    void shouldFailOneReadAndNoMore() {
        fixture.extend(file, 3);
        fixture.checkpoint();
        reopen();
        fixture.disk.failingPath = "base/17";
        fixture.disk.failuresLeft.set(1);
        StoppedException e = assertThrows(StoppedException.class, () -> file.pin(1));
        assertEquals(SqlState.IO_ERROR, e.sqlState());
        try (PageGuard guard = file.latchShared(1)) {
            assertEquals(1, PoolFixture.value(guard));
        }
        assertNull(fixture.poison.get());
    }

    @Test
    void shouldSurviveMoreFailedReadsThanFrames() {
        fixture.extend(file, 3);
        fixture.checkpoint();
        reopen();
        fixture.disk.failingPath = "base/17";
        fixture.disk.failuresLeft.set(100);
        for (int i = 0; i < 100; i++) {
            assertThrows(StoppedException.class, () -> file.pin(1));
        }
        file.pin(1).unpin();
    }

    @Test
    void shouldSayWhenEveryFrameIsPinned() {
        fixture.extend(file, 17);
        fixture.checkpoint();
        List<Frame> pinned = new ArrayList<>();
        for (int block = 0; block < 16; block++) {
            pinned.add(file.pin(block));
        }
        StoppedException e = assertThrows(StoppedException.class, () -> file.pin(16));
        assertEquals(SqlState.INSUFFICIENT_RESOURCES, e.sqlState());
        assertEquals("no unpinned buffers available", e.getMessage());
        assertEquals("frames=16", e.detail());
        assertThrows(StoppedException.class, file::pinNew);
        assertEquals(17, file.blockCount(), "a failed extension leaves no trace");
        pinned.remove(7).unpin();
        file.pin(16).unpin();
        pinned.forEach(Frame::unpin);
    }

    @Test
    void shouldWaitForSomebodyToUnpin() {
        fixture.extend(file, 17);
        fixture.checkpoint();
        List<Frame> pinned = new ArrayList<>();
        for (int block = 0; block < 16; block++) {
            pinned.add(file.pin(block));
        }
        Thread waiter = fixture.scheduler.spawn("waiter", () -> file.pin(16).unpin());
        while (fixture.pool.events().unpinned().isEmpty()) {
            Thread.onSpinWait();
        }
        pinned.remove(0).unpin();
        fixture.scheduler.join(waiter);
        assertNotNull(file.cached(16));
        pinned.forEach(Frame::unpin);
    }

    @Test
    void shouldEvictUnderLatchesOfTheCallersOwn() {
        fixture.extend(file, 100);
        try (PageGuard held = file.latchExclusive(0)) {
            fixture.fill(held, 77); // dirty and latched: the page writer has to pass it by
            for (int block = 1; block < 100; block++) {
                try (PageGuard guard = file.latchExclusive(block)) {
                    fixture.fill(guard, 1_000 + block);
                }
            }
            assertEquals(77, PoolFixture.value(held));
        }
    }

    @Test
    void shouldStopTheEngineAtAFailedWrite() {
        fixture.extend(file, 3);
        fixture.disk.failWrites = true;
        assertThrows(StoppedException.class, fixture::checkpoint);
        assertNotNull(fixture.poison.get());
        assertTrue(file.cached(0).isDirty(), "a page that was not written stays dirty");
        fixture.disk.failWrites = false;
        PageFile other = fixture.pool.file(18, PageId.MAIN);
        StoppedException e = assertThrows(StoppedException.class, other::pinNew);
        assertEquals("the engine has stopped", e.getMessage());
    }

    @Test
    void shouldTellThoseWhoWaitThatThePageWriterHasFailed() {
        fixture.disk.failWrites = true;
        StoppedException e = assertThrows(StoppedException.class, () -> fixture.extend(file, 100));
        assertEquals("the engine has stopped", e.getMessage());
        assertEquals(
                "could not write file \"base/17\": as asked for", e.getCause().getMessage());
    }

    @Test
    void shouldStopTheEngineAtAFailedForce() {
        fixture.extend(file, 3);
        fixture.disk.failForces = true;
        assertThrows(StoppedException.class, fixture::checkpoint);
        assertNotNull(fixture.poison.get());
    }

    @Test
    void shouldDropAllForksUnwritten() {
        PageFile map = fixture.pool.file(17, PageId.FREE_SPACE_MAP);
        fixture.extend(map, 2);
        fixture.checkpoint();
        fixture.extend(file, 10);
        fixture.pool.drop(17);
        assertFalse(fixture.disk.exists("base/17"));
        assertFalse(fixture.disk.exists("base/17_fsm"));
        assertThrows(StoppedException.class, file::pinNew);
        long written = fixture.pool.metrics().pagesWritten();
        fixture.checkpoint();
        assertEquals(written, fixture.pool.metrics().pagesWritten());
        assertEquals(Set.of(), fixture.disk.unforcedDirectories);
        fixture.extend(fixture.pool.file(18, PageId.MAIN), 50);
    }

    @Test
    void shouldCloseEveryFile() {
        fixture.extend(file, 40);
        fixture.checkpoint();
        fixture.pool.close();
        fixture.disk.openFiles.forEach((path, open) -> assertEquals(0, open, path));
    }

    @Test
    void shouldRefuseAfterClosing() {
        fixture.extend(file, 40);
        fixture.checkpoint();
        fixture.pool.close();
        StoppedException e = assertThrows(StoppedException.class, () -> {
            for (int block = 0; block < 40; block++) {
                file.pin(block); // never unpinned: the frames end somewhere
            }
        });
        assertEquals(SqlState.ADMIN_SHUTDOWN, e.sqlState());
    }

    @Test
    void shouldForgetTheNewestCsnOfAnEvictedPage() {
        fixture.extend(file, 40);
        try (PageGuard guard = file.latchExclusive(0)) {
            guard.frame().setNewestCsn(42);
            assertEquals(42, guard.frame().newestCsn());
        }
        for (int block = 1; block < 40; block++) {
            file.pin(block).unpin();
        }
        assertNull(file.cached(0));
        try (PageGuard guard = file.latchShared(0)) {
            assertEquals(Lsn.INFINITE, guard.frame().newestCsn());
        }
    }

    @Test
    void shouldChangeVersionOnlyWithAChange() {
        fixture.extend(file, 1);
        Frame frame = file.cached(0);
        long pageId = file.pageId(0);
        long version = frame.beginRead(pageId);
        assertTrue(version >= 0 && version % 2 == 0);
        file.latchShared(0).close();
        assertTrue(frame.validate(version));
        try (PageGuard guard = file.latchExclusive(0)) {
            assertEquals(Frame.UNREADABLE, frame.beginRead(pageId));
            assertFalse(frame.validate(version));
            assertSame(frame, guard.frame());
        }
        assertFalse(frame.validate(version));
        assertTrue(frame.beginRead(pageId) > version);
        assertEquals(Frame.UNREADABLE, frame.beginRead(file.pageId(1)));
    }

    @Test
    void shouldKeepWhatWasTouchedOverAScan() {
        fixture.extend(file, 60);
        fixture.checkpoint();
        PageFile hot = fixture.pool.file(18, PageId.MAIN);
        fixture.extend(hot, 4);
        fixture.checkpoint();
        long loads = fixture.pool.metrics().loads();
        for (int block = 0; block < 60; block++) {
            file.pin(block).unpin();
            for (int i = 0; i < 4; i++) {
                hot.pin(i).unpin();
            }
        }
        long hotLoads = fixture.pool.metrics().loads() - loads - 60;
        assertTrue(hotLoads <= 4, "loads of pages in constant use=" + hotLoads);
    }

    @Test
    void shouldTakeItsLatchRankFromTheFile() {
        PageFile index = fixture.pool.file(20, PageId.MAIN, LatchRank.BTREE_PAGE);
        fixture.extend(file, 1);
        fixture.extend(index, 1);
        try (PageGuard heap = file.latchShared(0)) {
            AssertionError e = assertThrows(AssertionError.class, () -> index.latchShared(0));
            assertTrue(e.getMessage().contains("BTREE_PAGE"), e.getMessage());
            assertEquals(0, heap.frame().block());
        }
        index.cached(0).unpin(); // the refused latch's pin
        try (PageGuard leaf = index.latchShared(0);
                PageGuard heap = file.latchShared(0)) {
            assertNotSame(leaf.frame(), heap.frame());
        }
    }

    private void damage(int block, int offset) {
        fixture.onEngineTask(() -> {
            try (DiskFile raw = fixture.disk.open("base/17", false)) {
                ByteBuffer page = ByteBuffer.allocate(PageLayout.SIZE);
                raw.read(page, (long) block * PageLayout.SIZE);
                page.put(offset, (byte) (page.get(offset) ^ 4));
                raw.write(page.flip(), (long) block * PageLayout.SIZE);
            }
        });
    }
}
