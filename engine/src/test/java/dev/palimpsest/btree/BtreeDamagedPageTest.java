package dev.palimpsest.btree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.buffer.Frame;
import dev.palimpsest.id.Tid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Index pages with a sound checksum and wrong contents: writers too say which page it is. */
class BtreeDamagedPageTest {
    private static final long XID = 3;
    private static final int FEW = 3;

    private static void damage(BtreeFixture fixture, int block) {
        Frame frame = fixture.file.pin(block);
        frame.acquireExclusive();
        for (int slot = 0; slot < BtreePage.count(frame.page); slot++) {
            frame.page.putShort(
                    BtreeLayout.SLOTS + slot * BtreeLayout.SLOT_SIZE + BtreeLayout.SLOT_OFFSET, (short) 0xFFF0);
        }
        frame.releaseExclusive();
        frame.unpin();
    }

    private static void assertDamaged(int block, Executable change) {
        StoppedException e = assertThrows(StoppedException.class, change);
        assertEquals(SqlState.INDEX_CORRUPTED, e.sqlState());
        assertEquals("index \"test_idx\" contains corrupted page at block " + block, e.getMessage());
        assertTrue(e.detail().contains("relation file base/"), e.detail());
    }

    @Test
    void shouldNameALeafWhoseEntriesAreOutside() {
        try (BtreeFixture fixture = new BtreeFixture(100)) {
            for (int i = 0; i < FEW; i++) {
                fixture.writer.insert(fixture.tree, BtreeFixture.key(i), 8, Tid.of(i, 1), XID);
            }
            int leaf = fixture.tree.refreshRoot();
            damage(fixture, leaf);
            byte[] key = BtreeFixture.key(1);
            BtreeWriter writer = fixture.writer;
            assertDamaged(leaf, () -> writer.insert(fixture.tree, key, 8, Tid.of(7, 1), XID));
            assertDamaged(leaf, () -> writer.insertUnique(fixture.tree, key, 8, Tid.of(7, 1), XID, tid -> 0));
            assertDamaged(leaf, () -> writer.remove(fixture.tree, key, 8, Tid.of(1, 1), XID));
            BtreeBatch batch = new BtreeBatch();
            batch.add(key, 8, Tid.of(7, 1));
            assertDamaged(leaf, () -> writer.insertBatch(fixture.tree, batch, 0, XID, null));
            assertDamaged(leaf, () -> new BtreeCursor().findFirst(fixture.tree, key, 8));
        }
    }
}
