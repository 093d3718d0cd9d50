package dev.palimpsest.heap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import dev.palimpsest.tx.Horizon;
import dev.palimpsest.tx.SnapshotKind;
import dev.palimpsest.tx.Transaction;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Empty pages at the end of a heap are given back. Every test ends with the redo of its whole log. */
class TruncationTest {
    private final HeapFixture fixture = new HeapFixture(64);
    private final Heap heap = fixture.heap;
    private final List<Long> tids = new ArrayList<>();

    @AfterEach
    void shouldRedoToTheSamePages() {
        RedoCheck.check(fixture);
        fixture.close();
    }

    @Test
    void shouldGiveBackWhatIsEmptyAtTheEnd() {
        fill(10);
        free(4, 10);
        assertEquals(2, heap.truncate(2));
        assertEquals(8, heap.blockCount());
        assertEquals(4, heap.truncate(100));
        assertEquals(4, heap.blockCount());
        assertEquals(0, heap.truncate(100));
    }

    @Test
    void shouldStopAtAPageThatHoldsSomething() {
        fill(10);
        free(2, 7);
        free(8, 10);
        assertEquals(2, heap.truncate(100));
        assertEquals(8, heap.blockCount());
        Transaction tx = fixture.begin();
        for (long tid : tids) {
            boolean stays = Tid.block(tid) < 2 || Tid.block(tid) == 7;
            assertEquals(stays, fixture.read(tx, tid) != null);
        }
        fixture.commit(tx);
    }

    @Test
    void shouldKeepDeadRootsAndWhatSnapshotsNeed() {
        fill(3);
        Transaction reader = fixture.beginRepeatableRead();
        delete(1, 3);
        prune(1, 3);
        assertEquals(0, heap.truncate(100), "the reader needs them");
        fixture.commit(reader);
        prune(1, 3);
        assertEquals(0, heap.truncate(100), "index entries may lead to them");
    }

    @Test
    void shouldFindNoRowBehindTheEnd() {
        fill(4);
        free(1, 4);
        assertEquals(3, heap.truncate(100));
        long stale = tids.get(tids.size() - 1);
        Transaction tx = fixture.begin();
        assertNull(fixture.read(tx, stale));
        assertFalse(heap.fetchVersion(stale, new HeapTuple()));
        assertEquals(Heap.NO_CONFLICT, heap.checkLive(stale, tx));
        assertFalse(heap.prune(Tid.block(stale)));
        assertEquals(ModifyResult.Status.DELETED, fixture.delete(tx, stale).status());
        assertEquals(
                ModifyResult.Status.DELETED, fixture.update(tx, stale, 1, "x").status());
        ModifyResult out = new ModifyResult();
        tx.beginStatement(SnapshotKind.OPEN, HeapFixture.FILE);
        heap.lock(tx, stale, Xid.NONE, RowLockMode.SHARE, out);
        tx.endStatement();
        assertEquals(ModifyResult.Status.DELETED, out.status());
        fixture.commit(tx);
    }

    @Test
    void shouldScanOverACut() {
        fill(6);
        delete(3, 6);
        Transaction tx = fixture.begin();
        HeapScan scan = heap.scan(tx.beginStatement());
        assertTrue(scan.advance());
        prune(3, 6);
        freeDead(3, 6);
        assertEquals(3, heap.truncate(100));
        int rows = 1;
        while (scan.advance()) {
            assertTrue(Tid.block(scan.tid()) < 3);
            rows++;
        }
        assertEquals(tids.stream().filter(tid -> Tid.block(tid) < 3).count(), rows);
        tx.endStatement();
        fixture.commit(tx);
    }

    @Test
    void shouldExtendAgainWithNewPages() {
        fill(6);
        free(1, 6);
        assertEquals(5, heap.truncate(100));
        tids.clear();
        fill(6);
        assertEquals(6, heap.blockCount());
        Transaction tx = fixture.begin();
        for (long tid : tids) {
            assertTrue(fixture.read(tx, tid) != null);
        }
        fixture.commit(tx);
        assertEquals(0, heap.truncate(100));
    }

    @Test
    void shouldUseRoomBelowTheCut() {
        fill(6);
        free(1, 3);
        free(4, 6);
        assertEquals(2, heap.truncate(100));
        Transaction tx = fixture.begin();
        assertEquals(1, Tid.block(fixture.insert(tx, 1, "x".repeat(1000))), "the map still led to the pages cut off");
        fixture.commit(tx);
    }

    @Test
    void shouldLeaveNoBitOfAPageThatIsGone() {
        fill(3);
        fixture.wal.flush(fixture.wal.insertLsn());
        free(1, 3);
        prune(1, 3);
        heap.truncate(100);
        assertFalse(heap.vacuum().isAllVisible(1));
        assertFalse(heap.vacuum().isAllVisible(2));
    }

    @Test
    void shouldCutTheFileWithTheNextCheckpoint() {
        fill(6);
        checkpoint();
        assertEquals(6, fileBlocks());
        free(2, 6);
        heap.truncate(100);
        assertEquals(6, fileBlocks());
        checkpoint();
        assertEquals(2, fileBlocks());
        assertEquals(
                2,
                fixture.pool.forcedBlocks().values().stream()
                        .mapToInt(Integer::intValue)
                        .max()
                        .orElse(0));
    }

    private void checkpoint() {
        fixture.onEngineTask(() -> {
            fixture.pool.promiseLess();
            fixture.pool.cutFiles();
            fixture.pool.writeDirty((done, total) -> {});
            fixture.pool.forceFiles();
        });
    }

    private long fileBlocks() {
        try (var file = fixture.disk.open("base/" + HeapFixture.FILE, false)) {
            return file.size() / 8192;
        }
    }

    /** Rows until the heap has so many pages. */
    private void fill(int blocks) {
        Transaction tx = fixture.begin();
        do {
            tids.add(fixture.insert(tx, tids.size(), "x".repeat(1000)));
        } while (heap.blockCount() < blocks);
        fixture.commit(tx);
        fixture.wal.flush(fixture.wal.insertLsn());
    }

    private void free(int from, int to) {
        delete(from, to);
        prune(from, to);
        freeDead(from, to);
    }

    private void delete(int from, int to) {
        Transaction tx = fixture.begin();
        for (long tid : tids) {
            if (Tid.block(tid) >= from && Tid.block(tid) < to) {
                assertEquals(ModifyResult.Status.DONE, fixture.delete(tx, tid).status());
            }
        }
        fixture.commit(tx);
        fixture.wal.flush(fixture.wal.insertLsn());
    }

    private void prune(int from, int to) {
        Horizon horizon = fixture.transactions.captureHorizon();
        for (int block = from; block < to; block++) {
            heap.vacuum().prunePage(block, horizon, new VacuumCollector() {
                @Override
                public void deadRoot(long tid, byte[] body) {}

                @Override
                public void archivedRoot(long tid, byte[] body) {}

                @Override
                public void link(int from, long target) {}

                @Override
                public void kept(long begin, long end) {}
            });
        }
    }

    private void freeDead(int from, int to) {
        Horizon horizon = fixture.transactions.captureHorizon();
        for (int block = from; block < to; block++) {
            int current = block;
            int[] lines = tids.stream()
                    .filter(tid -> Tid.block(tid) == current)
                    .mapToInt(Tid::linePointer)
                    .toArray();
            heap.vacuum().free(block, lines, lines.length, horizon);
        }
    }
}
