package dev.palimpsest.btree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.id.Tid;
import dev.palimpsest.latch.Latch;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Removal of many entries, by key and by tid. */
class BtreeVacuumTest {
    private static final long XID = 3;

    private static void insert(BtreeFixture fixture, int count) {
        for (int i = 0; i < count; i++) {
            fixture.writer.insert(fixture.tree, BtreeFixture.key(i * 7919L % count), 8, Tid.of(i, 1), XID);
        }
    }

    private static BtreeBatch batch(int count, BitSet chosen) {
        BtreeBatch batch = new BtreeBatch();
        chosen.stream().forEach(i -> batch.add(BtreeFixture.key(i * 7919L % count), 8, Tid.of(i, 1)));
        batch.sort();
        return batch;
    }

    private static void assertLeft(BtreeFixture fixture, int count, BitSet removed) {
        BitSet left = new BitSet();
        assertEquals(List.of(), BtreeVerifier.verify(fixture.tree, (key, length, tid) -> left.set(Tid.block(tid))));
        BitSet expected = (BitSet) removed.clone();
        expected.flip(0, count);
        assertEquals(expected, left);
    }

    private static BitSet random(int count, int percent) {
        Random random = new Random(percent);
        BitSet chosen = new BitSet();
        for (int i = 0; i < count; i++) {
            if (random.nextInt(100) < percent) {
                chosen.set(i);
            }
        }
        return chosen;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 50, 99, 100})
    void shouldRemoveByKey(int percent) {
        int count = 5_000;
        try (BtreeFixture fixture = new BtreeFixture(500)) {
            insert(fixture, count);
            BitSet chosen = random(count, percent);
            BtreeVacuum vacuum = new BtreeVacuum();
            BtreeBatch batch = batch(count, chosen);
            assertEquals(batch.size(), vacuum.removeAll(fixture.tree, batch, BtreeVacuum.Pacer.NONE));
            assertLeft(fixture, count, chosen);
            assertEquals(0, vacuum.removeAll(fixture.tree, batch, BtreeVacuum.Pacer.NONE), "a second time");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 50, 99, 100})
    void shouldRemoveByTid(int percent) {
        int count = 5_000;
        try (BtreeFixture fixture = new BtreeFixture(500)) {
            insert(fixture, count);
            BitSet chosen = random(count, percent);
            BtreeVacuum vacuum = new BtreeVacuum();
            assertEquals(
                    chosen.cardinality(),
                    vacuum.removeTids(fixture.tree, tid -> chosen.get(Tid.block(tid)), BtreeVacuum.Pacer.NONE));
            assertLeft(fixture, count, chosen);
        }
    }

    @Test
    void shouldStopBetweenPagesHoldingNothing() {
        int count = 5_000;
        try (BtreeFixture fixture = new BtreeFixture(500)) {
            insert(fixture, count);
            BtreeVacuum vacuum = new BtreeVacuum();
            int[] pages = new int[1];
            BtreeVacuum.Pacer stopping = (missed, dirtied) -> {
                assertTrue(Latch.noneHeld());
                assertTrue(dirtied);
                if (++pages[0] == 5) {
                    throw new IllegalStateException("stop");
                }
            };
            assertThrows(IllegalStateException.class, () -> vacuum.removeTids(fixture.tree, tid -> true, stopping));
            long left = vacuum.statistics(fixture.tree, BtreeVacuum.Pacer.NONE).entries();
            assertTrue(left > 0 && left < count, "left=" + left);
            assertEquals(left, vacuum.removeTids(fixture.tree, tid -> true, BtreeVacuum.Pacer.NONE));
            assertEquals(
                    0, vacuum.statistics(fixture.tree, BtreeVacuum.Pacer.NONE).entries());
            fixture.verify();
        }
    }

    @Test
    void shouldSkipKeysThatAreTooLargeForAnIndex() {
        try (BtreeFixture fixture = new BtreeFixture(500)) {
            insert(fixture, 10);
            BtreeBatch batch = new BtreeBatch();
            batch.add(new byte[5_000], 5_000, Tid.of(1, 1));
            batch.add(BtreeFixture.key(0), 8, Tid.of(0, 1));
            batch.add(new byte[5_000], 5_000, Tid.of(2, 1));
            batch.sort();
            assertEquals(1, new BtreeVacuum().removeAll(fixture.tree, batch, BtreeVacuum.Pacer.NONE));
        }
    }

    @Test
    void shouldCountPagesAndEntries() {
        try (BtreeFixture fixture = new BtreeFixture(500)) {
            insert(fixture, 5_000);
            List<Boolean> misses = new ArrayList<>();
            BtreeStatistics statistics =
                    new BtreeVacuum().statistics(fixture.tree, (missed, dirtied) -> misses.add(missed));
            assertEquals(5_000, statistics.entries());
            assertEquals(2, statistics.levels());
            assertEquals(fixture.file.blockCount(), statistics.blocks());
            assertEquals(statistics.blocks(), statistics.leafPages() + statistics.innerPages() + 1);
            assertEquals(statistics.blocks(), misses.size());
        }
    }
}
