package dev.palimpsest.btree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.StoppedException;
import dev.palimpsest.id.Tid;
import dev.palimpsest.latch.Latch;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Empty pages leave the tree and are used again. */
class BtreePageDeletionTest {
    private static final long XID = 3;
    private static final int LONG_KEY = 800;

    /** Sorts by its number; about ten go on a page, and as many separators on an inner one. */
    private static byte[] longKey(int number) {
        byte[] key = new byte[LONG_KEY];
        for (int i = 0; i < Integer.BYTES; i++) {
            key[LONG_KEY - Integer.BYTES + i] = (byte) (number >>> 24 - 8 * i);
        }
        return key;
    }

    private static void insert(BtreeFixture fixture, int number) {
        fixture.writer.insert(fixture.tree, longKey(number), LONG_KEY, Tid.of(number, 1), XID);
    }

    private static BtreeStatistics statistics(BtreeFixture fixture) {
        return new BtreeVacuum().statistics(fixture.tree, BtreeVacuum.Pacer.NONE);
    }

    private static long removeAll(BtreeFixture fixture, int from, int to) {
        BtreeBatch batch = new BtreeBatch();
        for (int i = from; i < to; i++) {
            batch.add(longKey(i), LONG_KEY, Tid.of(i, 1));
        }
        batch.sort();
        return new BtreeVacuum().removeAll(fixture.tree, batch, BtreeVacuum.Pacer.NONE);
    }

    private static void assertHolds(BtreeFixture fixture, BitSet numbers) {
        fixture.verify();
        BtreeCursor cursor = new BtreeCursor();
        int end = numbers.length() + 10;
        for (int i = 0; i < end; i++) {
            long expected = numbers.get(i) ? Tid.of(i, 1) : Tid.NONE;
            assertEquals(expected, cursor.findFirst(fixture.tree, longKey(i), LONG_KEY));
        }
        BtreeScan scan = new BtreeScan().open(fixture.tree, null, true, null, true, false);
        for (int i = numbers.nextSetBit(0); i >= 0; i = numbers.nextSetBit(i + 1)) {
            assertTrue(scan.next());
            assertEquals(Tid.of(i, 1), scan.tid());
        }
        assertFalse(scan.next());
        scan.open(fixture.tree, null, true, null, true, true);
        for (int i = numbers.length() - 1; i >= 0; i = numbers.previousSetBit(i - 1)) {
            assertTrue(scan.next());
            assertEquals(Tid.of(i, 1), scan.tid());
        }
        assertFalse(scan.next());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldLeaveAlmostNothingOfAnEmptiedTree(boolean byTid) {
        int count = 3_000;
        try (BtreeFixture fixture = new BtreeFixture(1000)) {
            for (int i = 0; i < count; i++) {
                insert(fixture, i * 7919 % count);
            }
            BtreeStatistics full = statistics(fixture);
            assertTrue(full.levels() >= 4 && full.leafPages() > 300, full::toString);
            long removed = byTid
                    ? new BtreeVacuum().removeTids(fixture.tree, tid -> true, BtreeVacuum.Pacer.NONE)
                    : removeAll(fixture, 0, count);
            assertEquals(count, removed);
            fixture.verify();
            BtreeStatistics empty = statistics(fixture);
            assertEquals(full.blocks(), empty.blocks());
            assertTrue(empty.leafPages() <= 1 + full.levels(), empty::toString);
            assertTrue(empty.innerPages() <= 2 * full.levels(), empty::toString);
            assertEquals(empty.deadPages(), fixture.tree.freePages().size());
            for (int i = 0; i < count; i++) {
                insert(fixture, i * 7919 % count);
            }
            BitSet all = new BitSet();
            all.set(0, count);
            assertHolds(fixture, all);
            assertTrue(fixture.file.blockCount() <= full.blocks() + 10, "blocks=" + fixture.file.blockCount());
        }
    }

    @Test
    void shouldKeepAQueuesIndexBounded() {
        try (BtreeFixture fixture = new BtreeFixture(1000)) {
            int next = 0;
            int afterFirst = 0;
            for (int round = 0; round < 30; round++) {
                int first = next;
                for (int i = 0; i < 500; i++) {
                    insert(fixture, next++);
                }
                assertEquals(500, removeAll(fixture, first, next));
                if (round == 1) {
                    afterFirst = fixture.file.blockCount();
                }
                fixture.verify();
            }
            assertTrue(
                    fixture.file.blockCount() <= afterFirst + 20,
                    "blocks=" + fixture.file.blockCount() + " after two rounds=" + afterFirst);
        }
    }

    /** What is in it moves through the key space, so that pages go on the left and come on the right. */
    @Test
    void shouldKeepAWindowOfKeysBounded() {
        try (BtreeFixture fixture = new BtreeFixture(1000)) {
            Deque<Integer> queue = new ArrayDeque<>();
            BitSet all = new BitSet();
            int most = 0;
            for (int i = 0; i < 12_000; i++) {
                insert(fixture, i);
                queue.add(i);
                all.set(i);
                if (queue.size() == 600) {
                    int from = queue.peek();
                    for (int r = 0; r < 200; r++) {
                        all.clear(queue.remove());
                    }
                    assertEquals(200, removeAll(fixture, from, from + 200));
                }
                if (i == 2_000) {
                    most = fixture.file.blockCount();
                }
            }
            assertTrue(fixture.file.blockCount() <= most + 10, "blocks=" + fixture.file.blockCount() + " of " + most);
            assertHolds(fixture, all);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void shouldAgreeWithASetThroughRandomRounds(int seed) {
        Random random = new Random(seed);
        int range = 1_200;
        BitSet model = new BitSet();
        try (BtreeFixture fixture = new BtreeFixture(1000)) {
            for (int round = 0; round < 40; round++) {
                int from = random.nextInt(range);
                int to = Math.min(range, from + random.nextInt(500));
                if (random.nextBoolean()) {
                    for (int i = from; i < to; i++) {
                        if (!model.get(i)) {
                            insert(fixture, i);
                            model.set(i);
                        }
                    }
                } else {
                    int cardinality = model.cardinality();
                    model.clear(from, to);
                    long removed = random.nextBoolean()
                            ? removeAll(fixture, from, to)
                            : new BtreeVacuum()
                                    .removeTids(
                                            fixture.tree,
                                            tid -> Tid.block(tid) >= from && Tid.block(tid) < to,
                                            BtreeVacuum.Pacer.NONE);
                    assertEquals(cardinality - model.cardinality(), removed);
                }
                if (round % 4 == 0) {
                    assertHolds(fixture, model);
                }
            }
        }
    }

    /** A key's entries fill many pages; the row check has to see all of them, whatever pages are missing among them. */
    @Test
    void shouldCheckAllEntriesOfAUniqueKeyAcrossDeletedPages() {
        try (BtreeFixture fixture = new BtreeFixture(1000)) {
            byte[] key = longKey(5);
            for (int i = 0; i < 100; i++) {
                fixture.writer.insert(fixture.tree, key, LONG_KEY, Tid.of(i, 1), XID);
                insert(fixture, 10 + i);
            }
            new BtreeVacuum()
                    .removeTids(
                            fixture.tree, tid -> Tid.block(tid) > 10 && Tid.block(tid) < 90, BtreeVacuum.Pacer.NONE);
            fixture.verify();
            BitSet asked = new BitSet();
            fixture.writer.insertUnique(fixture.tree, key, LONG_KEY, Tid.of(50, 1), XID, tid -> {
                asked.set(Tid.block(tid));
                return LiveTupleCheck.NO_CONFLICT;
            });
            BitSet expected = new BitSet();
            expected.set(0, 11);
            expected.set(90, 100);
            assertEquals(expected, asked);
            fixture.verify();
        }
    }

    /** The second step failed: the page stays among its siblings, and says nothing of the key that they have. */
    @Test
    void shouldCheckAllEntriesOfAUniqueKeyAcrossHalfDeadPages() {
        try (BtreeFixture fixture = new BtreeFixture(1000)) {
            byte[] key = longKey(5);
            for (int i = 0; i < 100; i++) {
                fixture.writer.insert(fixture.tree, key, LONG_KEY, Tid.of(i, 1), XID);
            }
            fixture.failAtDeletion = 2;
            assertThrows(
                    StoppedException.class,
                    () -> new BtreeVacuum()
                            .removeTids(
                                    fixture.tree,
                                    tid -> Tid.block(tid) > 10 && Tid.block(tid) < 90,
                                    BtreeVacuum.Pacer.NONE));
            assertTrue(Latch.noneHeld());
            fixture.verify();
            assertEquals(1, statistics(fixture).deadPages());
            assertEquals(0, fixture.tree.freePages().size());
            BitSet expected = new BitSet();
            BtreeVerifier.verify(fixture.tree, (bytes, length, tid) -> expected.set(Tid.block(tid)));
            BitSet asked = new BitSet();
            fixture.writer.insertUnique(fixture.tree, key, LONG_KEY, Tid.of(200, 1), XID, tid -> {
                asked.set(Tid.block(tid));
                return LiveTupleCheck.NO_CONFLICT;
            });
            assertEquals(expected, asked);
            new BtreeVacuum().removeAll(fixture.tree, new BtreeBatch(), BtreeVacuum.Pacer.NONE);
            assertEquals(1, fixture.tree.freePages().size(), "completed by the next removal");
            fixture.verify();
        }
    }

    /** A deletion that failed at any place leaves a tree that works, and the next removal ends it. */
    @Test
    void shouldWorkAfterAFailureAtAnyPlace() {
        int count = 200;
        for (int place = 1; ; place++) {
            try (BtreeFixture fixture = new BtreeFixture(1000)) {
                for (int i = 0; i < count; i++) {
                    insert(fixture, i);
                }
                fixture.failAtDeletion = place;
                try {
                    removeAll(fixture, 10, count - 10);
                    assertTrue(place > 30, "places=" + place);
                    return;
                } catch (StoppedException e) {
                    fixture.verify();
                }
                removeAll(fixture, 10, count - 10);
                assertEquals(
                        statistics(fixture).deadPages(),
                        fixture.tree.freePages().size());
                BitSet left = new BitSet();
                left.set(0, 10);
                left.set(count - 10, count);
                assertHolds(fixture, left);
            }
        }
    }

    /** A split is completed by whoever comes to its right half, so before anything on that is removed. */
    @Test
    void shouldCompleteSplitsBeforeItDeletes() {
        for (int split = 1; split < 40; split++) {
            try (BtreeFixture fixture = new BtreeFixture(1000)) {
                BitSet in = new BitSet();
                fixture.failAtSplit = split;
                int next = 0;
                try {
                    for (; ; next++) {
                        insert(fixture, next * 37 % 1000);
                        in.set(next * 37 % 1000);
                    }
                } catch (StoppedException e) {
                    in.set(next * 37 % 1000);
                }
                removeAll(fixture, 100, 900);
                in.clear(100, 900);
                assertHolds(fixture, in);
            }
        }
    }
}
