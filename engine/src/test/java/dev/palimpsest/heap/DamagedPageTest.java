package dev.palimpsest.heap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.buffer.Frame;
import dev.palimpsest.id.PageId;
import dev.palimpsest.id.Tid;
import dev.palimpsest.latch.LatchRank;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.tx.Transaction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Pages with a sound checksum and wrong contents: whoever reads them gets an error that names the place. */
class DamagedPageTest {
    private static final int FRAMES = 16;
    private static final int OUTSIDE = PageLayout.SIZE - 8;

    private final HeapFixture fixture = new HeapFixture(FRAMES);
    private final long root = row("x");

    @AfterEach
    void close() {
        fixture.close();
    }

    private long row(String value) {
        Transaction tx = fixture.begin();
        long tid = fixture.insert(tx, 1, value);
        fixture.commit(tx);
        return tid;
    }

    /** @param offset 0 to leave it as it is */
    private void damage(int offset, int length) {
        Frame frame = fixture.pool
                .file(HeapFixture.FILE, PageId.MAIN, LatchRank.HEAP_PAGE)
                .pin(Tid.block(root));
        frame.acquireExclusive();
        frame.markDirty();
        int number = Tid.linePointer(root);
        int at = offset == 0 ? LinePointer.offset(SlottedPage.line(frame.page, number)) : offset;
        SlottedPage.setLine(frame.page, number, LinePointer.normal(at, length));
        frame.releaseExclusive();
        frame.unpin();
    }

    private void assertDamaged(Executable read) {
        StoppedException e = assertThrows(StoppedException.class, read);
        assertEquals(SqlState.DATA_CORRUPTED, e.sqlState());
        assertTrue(
                e.getMessage().startsWith("invalid page in block " + Tid.block(root) + " of relation file base/"),
                e::toString);
        assertTrue(e.getMessage().contains(String.valueOf(HeapFixture.FILE)), e::toString);
    }

    private void assertReadersNotice() {
        Transaction reader = fixture.begin();
        for (int i = 0; i < 20; i++) { // some of them try to set marks first
            assertDamaged(() -> fixture.read(fixture.begin(), root));
        }
        assertDamaged(() -> fixture.heap.fetchVersion(root, new HeapTuple()));
        assertDamaged(() -> fixture.heap.checkLive(root, reader));
        assertDamaged(() -> {
            HeapScan scan = fixture.heap.scan(reader.beginStatement());
            while (scan.advance()) {
                // to the end
            }
        });
    }

    @Test
    void shouldNameAPageWhoseTupleHeaderIsOutside() {
        damage(OUTSIDE, 40);
        assertReadersNotice();
    }

    @Test
    void shouldNameAPageThatWasMarkedBefore() {
        for (int i = 0; i < 20; i++) {
            assertEquals("x", fixture.read(fixture.begin(), root));
        }
        damage(OUTSIDE, 40);
        assertReadersNotice();
    }

    @Test
    void shouldNameAPageWhoseTupleEndsOutside() {
        damage(0, 4000);
        Transaction reader = fixture.begin();
        assertDamaged(() -> fixture.read(fixture.begin(), root));
        assertDamaged(() -> fixture.heap.fetchVersion(root, new HeapTuple()));
        assertDamaged(() -> {
            HeapScan scan = fixture.heap.scan(reader.beginStatement());
            while (scan.advance()) {
                // to the end
            }
        });
    }

    @Test
    void shouldNameAPageThatIsReadUnderItsLatch() {
        damage(OUTSIDE, 40);
        fixture.onEngineTask(() -> fixture.pool.writeDirty((done, total) -> {}));
        String filling = "y".repeat(1500);
        for (int i = 0; i < 10 * FRAMES; i++) {
            row(filling);
        }
        Frame cached = fixture.pool
                .file(HeapFixture.FILE, PageId.MAIN, LatchRank.HEAP_PAGE)
                .cached(Tid.block(root));
        assertEquals(null, cached, "the page has left the pool");
        Transaction reader = fixture.begin();
        assertDamaged(() -> fixture.read(reader, root));
    }
}
