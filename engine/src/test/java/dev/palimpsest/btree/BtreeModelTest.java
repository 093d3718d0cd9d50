package dev.palimpsest.btree;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.UsageException;
import dev.palimpsest.id.Tid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tree against a sorted set. */
class BtreeModelTest {
    /** An entry of the model: key bytes, then the tid as in the index. */
    private static byte[] entry(byte[] key, long tid) {
        byte[] entry = Arrays.copyOf(key, key.length + BtreeLayout.TID_SIZE);
        KeyEncoder.putTid(entry, key.length, tid);
        return entry;
    }

    /** Self-delimiting keys of very different length, many with long common prefixes, some very long. */
    private static byte[] randomKey(Random random) {
        KeyEncoder encoder = new KeyEncoder(new KeyColumn(KeyType.TEXT), new KeyColumn(KeyType.INT32, false, true));
        int kind = random.nextInt(10);
        if (kind == 0) {
            encoder.begin().addNull();
        } else {
            int length = kind < 6 ? random.nextInt(12) : kind < 9 ? random.nextInt(300) : 2000 + random.nextInt(690);
            String stem = "ab".repeat(length / 2 + 1);
            encoder.begin().addText(stem.substring(0, length / 2) + random.nextInt(40));
        }
        return encoder.addInt32(random.nextInt(5)).toBytes();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void shouldAgreeWithASortedSet(long seed) {
        Random random = new Random(seed);
        NavigableSet<byte[]> model = new TreeSet<>(Arrays::compareUnsigned);
        List<byte[]> keys = new ArrayList<>();
        try (BtreeFixture fixture = new BtreeFixture(2000)) {
            BtreeCursor cursor = new BtreeCursor();
            for (int i = 0; i < 12_000; i++) {
                byte[] key = keys.isEmpty() || random.nextInt(3) == 0
                        ? randomKey(random)
                        : keys.get(random.nextInt(keys.size()));
                long tid = Tid.of(random.nextInt(1 << 20), 1 + random.nextInt(100));
                if (random.nextInt(4) == 0) {
                    byte[] near = model.ceiling(entry(key, tid));
                    if (near != null) {
                        byte[] itsKey = Arrays.copyOf(near, near.length - BtreeLayout.TID_SIZE);
                        assertTrue(fixture.writer.remove(
                                fixture.tree, itsKey, itsKey.length, KeyEncoder.tid(near, itsKey.length), 3));
                        model.remove(near);
                    }
                } else if (model.add(entry(key, tid))) {
                    fixture.writer.insert(fixture.tree, key, key.length, tid, 3);
                    keys.add(key);
                }
                if (random.nextInt(8) == 0) {
                    assertEquals(tidsInModel(model, key), tidsInTree(cursor, fixture.tree, key));
                }
            }
            assertTrue(fixture.level() >= 2, "level=" + fixture.level());
            assertSame(model, fixture);
            for (int i = 0; i < 300; i++) {
                checkRandomRange(random, model, keys, fixture);
            }
        }
    }

    private static void assertSame(NavigableSet<byte[]> model, BtreeFixture fixture) {
        List<byte[]> entries = new ArrayList<>();
        assertEquals(
                List.of(),
                BtreeVerifier.verify(
                        fixture.tree, (key, length, tid) -> entries.add(entry(Arrays.copyOf(key, length), tid))));
        assertEntries(new ArrayList<>(model), entries);
    }

    private static void assertEntries(List<byte[]> expected, List<byte[]> actual) {
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), actual.get(i));
        }
    }

    private static List<Long> tidsInModel(NavigableSet<byte[]> model, byte[] key) {
        List<Long> tids = new ArrayList<>();
        for (byte[] entry : model.tailSet(key, true)) {
            if (entry.length != key.length + BtreeLayout.TID_SIZE || Arrays.mismatch(key, entry) != key.length) {
                break;
            }
            tids.add(KeyEncoder.tid(entry, key.length));
        }
        return tids;
    }

    private static List<Long> tidsInTree(BtreeCursor cursor, Btree tree, byte[] key) {
        List<Long> tids = new ArrayList<>();
        for (long tid = cursor.findFirst(tree, key, key.length); tid != Tid.NONE; tid = cursor.next()) {
            tids.add(tid);
        }
        return tids;
    }

    private static void checkRandomRange(
            Random random, NavigableSet<byte[]> model, List<byte[]> keys, BtreeFixture fixture) {
        byte[] from = randomBound(random, keys);
        byte[] to = randomBound(random, keys);
        boolean fromInclusive = random.nextBoolean();
        boolean toInclusive = random.nextBoolean();
        boolean backward = random.nextBoolean();
        List<byte[]> expected = new ArrayList<>();
        for (byte[] entry : model) {
            boolean above = from == null
                    || isWithin(from, entry) && fromInclusive
                    || !isWithin(from, entry) && Arrays.compareUnsigned(from, entry) < 0;
            boolean below = to == null
                    || isWithin(to, entry) && toInclusive
                    || !isWithin(to, entry) && Arrays.compareUnsigned(to, entry) > 0;
            if (above && below) {
                expected.add(entry);
            }
        }
        if (backward) {
            Collections.reverse(expected);
        }
        List<byte[]> actual = new ArrayList<>();
        BtreeScan scan = new BtreeScan().open(fixture.tree, from, fromInclusive, to, toInclusive, backward);
        while (scan.next()) {
            byte[] key = new byte[scan.keyLength()];
            scan.copyKey(key, 0);
            actual.add(entry(key, scan.tid()));
        }
        assertEntries(expected, actual);
    }

    private static boolean isWithin(byte[] prefix, byte[] entry) {
        int mismatch = Arrays.mismatch(prefix, entry);
        return mismatch == prefix.length || mismatch < 0;
    }

    /** A whole key, the first column only, or none. */
    private static byte[] randomBound(Random random, List<byte[]> keys) {
        byte[] key = keys.get(random.nextInt(keys.size()));
        return switch (random.nextInt(4)) {
            case 0 -> null;
            case 1 -> Arrays.copyOf(key, key.length - Integer.BYTES);
            default -> key;
        };
    }

    @Test
    void shouldKeepDuplicatesOverManyPages() {
        try (BtreeFixture fixture = new BtreeFixture(2000)) {
            List<Long> tids = new ArrayList<>();
            for (int i = 0; i < 20_000; i++) {
                tids.add(Tid.of(i / 50, 1 + i % 50));
            }
            List<Long> shuffled = new ArrayList<>(tids);
            Collections.shuffle(shuffled, new Random(7));
            for (long other : new long[] {1, 3}) {
                fixture.writer.insert(fixture.tree, BtreeFixture.key(other), 8, 99, 3);
            }
            byte[] key = BtreeFixture.key(2);
            for (long tid : shuffled) {
                fixture.writer.insert(fixture.tree, key, 8, tid, 3);
            }
            fixture.verify();
            assertEquals(tids, tidsInTree(new BtreeCursor(), fixture.tree, key));
            assertEquals(List.of(99L), tidsInTree(new BtreeCursor(), fixture.tree, BtreeFixture.key(3)));
            assertEquals(List.of(), tidsInTree(new BtreeCursor(), fixture.tree, BtreeFixture.key(4)));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void shouldInsertBatches(long seed) {
        Random random = new Random(seed);
        NavigableSet<byte[]> model = new TreeSet<>(Arrays::compareUnsigned);
        try (BtreeFixture fixture = new BtreeFixture(2000)) {
            BtreeBatch batch = new BtreeBatch();
            for (int round = 0; round < 40; round++) {
                batch.clear();
                for (int i = 0; i < 500; i++) {
                    byte[] key = randomKey(random);
                    long tid = Tid.of(round, i);
                    batch.add(key, key.length, tid);
                    model.add(entry(key, tid));
                }
                batch.sort();
                assertEquals(500, fixture.writer.insertBatch(fixture.tree, batch, 0, 3, null));
            }
            assertSame(model, fixture);
        }
    }

    @Test
    void shouldFillPagesWithAscendingKeys() {
        try (BtreeFixture fixture = new BtreeFixture(2000)) {
            for (long i = 0; i < 50_000; i++) {
                fixture.writer.insert(fixture.tree, BtreeFixture.key(i), 8, Tid.of((int) i, 1), 3);
            }
            fixture.verify();
            int perFullPage = BtreeLayout.CAPACITY / (8 + BtreeLayout.TID_SIZE + BtreeLayout.SLOT_SIZE);
            int fullPages = 50_000 / perFullPage;
            assertTrue(fixture.file.blockCount() < fullPages * 1.2, "blocks=" + fixture.file.blockCount());
        }
    }

    @Test
    void shouldFillPagesWithAscendingBatches() {
        try (BtreeFixture fixture = new BtreeFixture(2000)) {
            BtreeBatch batch = new BtreeBatch();
            for (int i = 0; i < 50_000; i++) {
                batch.add(BtreeFixture.key(i), 8, Tid.of(i, 1));
                if (i % 1000 == 999) {
                    batch.sort();
                    assertEquals(1000, fixture.writer.insertBatch(fixture.tree, batch, 0, 3, tid -> 0));
                    batch.clear();
                }
            }
            fixture.verify();
            int perFullPage = BtreeLayout.CAPACITY / (8 + BtreeLayout.TID_SIZE + BtreeLayout.SLOT_SIZE);
            int fullPages = 50_000 / perFullPage;
            assertTrue(fixture.file.blockCount() < fullPages * 1.2, "blocks=" + fixture.file.blockCount());
            assertTrue(fixture.file.blockCount() > fullPages * 1.05, "room is left for later entries between");
        }
    }

    /** Runs of ascending entries of all sizes, also such whose separator doesn't fit onto the last page, between others. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void shouldInsertBatchesBehindEverything(long seed) {
        Random random = new Random(seed);
        NavigableSet<byte[]> model = new TreeSet<>(Arrays::compareUnsigned);
        try (BtreeFixture fixture = new BtreeFixture(2000)) {
            KeyEncoder encoder = new KeyEncoder(new KeyColumn(KeyType.TEXT, false, false));
            BtreeBatch batch = new BtreeBatch();
            for (int round = 0, number = 0; round < 60; round++) {
                batch.clear();
                int longest = 1 + random.nextInt(round % 3 == 0 ? 2600 : 300);
                for (int i = 0; i < 100; i++) {
                    boolean behind = random.nextInt(200) != 0;
                    String digits = String.format("%06d", behind ? number++ : random.nextInt(number + 1));
                    // the digits at the end, where a separator has to reach, or at the beginning
                    String text = round % 2 == 0
                            ? "z".repeat(longest) + digits
                            : digits + "z".repeat(random.nextInt(longest));
                    byte[] key = encoder.begin().addText(text).toBytes();
                    long tid = Tid.of(round, i);
                    batch.add(key, key.length, tid);
                    model.add(entry(key, tid));
                }
                batch.sort();
                assertEquals(100, fixture.writer.insertBatch(fixture.tree, batch, 0, 3, null));
            }
            assertSame(model, fixture);
        }
    }

    @Test
    void shouldRefuseKeysLargerThanAThirdOfAPage() {
        try (BtreeFixture fixture = new BtreeFixture(100)) {
            byte[] largest = new byte[BtreeLayout.MAX_ENTRY - BtreeLayout.TID_SIZE];
            fixture.writer.insert(fixture.tree, largest, largest.length, 1, 3);
            UsageException refused = assertThrows(
                    UsageException.class, () -> fixture.writer.insert(fixture.tree, new byte[2699], 2699, 1, 3));
            assertEquals(
                    "index row size 2705 exceeds btree version 4 maximum 2704 for index \"test_idx\"",
                    refused.getMessage());
            assertEquals("54000", refused.sqlState().code());
            fixture.verify();
        }
    }
}
