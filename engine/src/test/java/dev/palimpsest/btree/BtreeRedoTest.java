package dev.palimpsest.btree;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.id.PageId;
import dev.palimpsest.id.Tid;
import dev.palimpsest.page.PageChecksum;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.storage.DiskFile;
import dev.palimpsest.storage.MemoryDisk;
import dev.palimpsest.storage.RelationFiles;
import dev.palimpsest.wal.RedoPages;
import dev.palimpsest.wal.WalReader;
import dev.palimpsest.wal.WalRecord;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Redo gives the pages that the changes gave, and a crash between any two records leaves an index that works. */
class BtreeRedoTest {
    private static final long XID = 3;

    /** Pages made from records alone, by the rules of recovery. */
    private static final class ReplayedPages implements RedoPages {
        final Map<Long, ByteBuffer> pages = new TreeMap<>();
        private final BtreeResourceManager resourceManager = new BtreeResourceManager();
        private final Set<Integer> asked = new HashSet<>();
        private WalRecord record;

        void replay(WalRecord next) {
            record = next;
            asked.clear();
            resourceManager.redo(next, this);
            assertEquals(
                    next.blockCount(),
                    asked.size(),
                    "must ask for every block once: " + resourceManager.describe(next));
            for (int i = 0; i < next.blockCount(); i++) {
                ByteBuffer page = pages.get(next.pageId(i));
                PageLayout.setLsn(page, Math.max(PageLayout.lsn(page), next.lsn()));
            }
        }

        @Override
        public ByteBuffer page(int blockIndex) {
            assertTrue(asked.add(blockIndex));
            ByteBuffer page = pages.computeIfAbsent(record.pageId(blockIndex), id -> newPage());
            if (PageLayout.lsn(page) >= record.lsn()) {
                return null;
            }
            if (record.hasImage(blockIndex)) {
                record.restoreImage(blockIndex, page);
                return null;
            }
            if (record.isInit(blockIndex)) {
                PageLayout.zero(page);
            }
            return page;
        }

        @Override
        public void cut(long pageId) {
            throw new AssertionError("indexes aren't cut");
        }

        @Override
        public ByteBuffer pageById(long pageId) {
            throw new AssertionError("not needed");
        }

        @Override
        public void noteXid(long xid) {}

        @Override
        public void noteFileNumber(int fileNumber) {}

        @Override
        public void noteOid(long oid) {}

        byte[][] contents() {
            return pages.values().stream().map(BtreeRedoTest::bytes).toArray(byte[][]::new);
        }

        /** A disk with these pages, as a new log's first checkpoint would have left them. */
        MemoryDisk toDisk(BtreeFixture like) {
            MemoryDisk disk = new MemoryDisk();
            like.scheduler.join(like.scheduler.spawn("write", () -> {
                disk.createDirectory(RelationFiles.DIRECTORY);
                try (DiskFile file = disk.open(RelationFiles.path(BtreeFixture.FILE_NUMBER, PageId.MAIN), true)) {
                    pages.forEach((id, page) -> {
                        ByteBuffer copy = newPage();
                        copy.put(0, page, 0, PageLayout.SIZE);
                        PageLayout.setLsn(copy, 0);
                        PageChecksum.set(copy, id);
                        file.write(copy, (long) PageId.block(id) * PageLayout.SIZE);
                    });
                }
            }));
            return disk;
        }
    }

    private static ByteBuffer newPage() {
        return ByteBuffer.allocateDirect(PageLayout.SIZE).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** All but the checksum, which is set when a page is written. */
    private static byte[] bytes(ByteBuffer page) {
        byte[] bytes = new byte[PageLayout.SIZE];
        page.get(0, bytes);
        Arrays.fill(bytes, PageLayout.CHECKSUM_OFFSET, PageLayout.MAGIC_OFFSET, (byte) 0);
        return bytes;
    }

    private static byte[] longKey(Random random) {
        KeyEncoder encoder = new KeyEncoder(new KeyColumn(KeyType.TEXT, false, false));
        return encoder.begin()
                .addText("x".repeat(random.nextInt(900)) + random.nextInt(1000))
                .toBytes();
    }

    /** Single inserts, batches, removals and checkpoints, many splits. */
    private static void change(BtreeFixture fixture, Random random, int rounds) {
        List<byte[]> keys = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            byte[] key = longKey(random);
            fixture.writer.insert(fixture.tree, key, key.length, Tid.of(i, 1), XID);
            keys.add(key);
            if (i % 5 == 0) {
                int other = random.nextInt(keys.size());
                fixture.writer.remove(fixture.tree, keys.get(other), keys.get(other).length, Tid.of(other, 1), XID);
            }
            if (i % 50 == 49) {
                BtreeBatch batch = new BtreeBatch();
                for (int b = 0; b < 40; b++) {
                    byte[] batchKey = longKey(random);
                    batch.add(batchKey, batchKey.length, Tid.of(i, 2 + b));
                }
                batch.sort();
                fixture.writer.insertBatch(fixture.tree, batch, 0, XID, null);
                removeMany(fixture, random, keys);
                fixture.wal.moveRedo();
                insertBehind(fixture, random, i);
            }
        }
        fixture.wal.flush(fixture.wal.insertLsn());
    }

    /** Some of them by key, those that are gone already too, and some by tid. */
    private static void removeMany(BtreeFixture fixture, Random random, List<byte[]> keys) {
        BtreeBatch batch = new BtreeBatch();
        for (int b = 0; b < 60; b++) {
            int other = random.nextInt(keys.size());
            batch.add(keys.get(other), keys.get(other).length, Tid.of(other, 1));
        }
        batch.sort();
        BtreeVacuum vacuum = new BtreeVacuum();
        vacuum.removeAll(fixture.tree, batch, BtreeVacuum.Pacer.NONE);
        int chosen = random.nextInt(40);
        vacuum.removeTids(fixture.tree, tid -> Tid.block(tid) % 40 == chosen, BtreeVacuum.Pacer.NONE);
    }

    /** Pages added behind the last one, with other changes of those pages in later rounds. */
    private static void insertBehind(BtreeFixture fixture, Random random, int round) {
        KeyEncoder encoder = new KeyEncoder(new KeyColumn(KeyType.TEXT, false, false));
        BtreeBatch batch = new BtreeBatch();
        for (int b = 0; b < 40; b++) {
            byte[] key = encoder.begin()
                    .addText(String.format("y%06d", round * 40 + b) + "y".repeat(random.nextInt(900)))
                    .toBytes();
            batch.add(key, key.length, Tid.of(round, 100 + b));
        }
        batch.sort();
        assertEquals(40, fixture.writer.insertBatch(fixture.tree, batch, 0, XID, null));
    }

    @Test
    void shouldRedoToTheSameBytesOnceAndTwice() {
        try (BtreeFixture fixture = new BtreeFixture(2000)) {
            change(fixture, new Random(1), 1500);
            assertTrue(fixture.level() >= 2);
            ReplayedPages replayed = new ReplayedPages();
            for (int time = 0; time < 2; time++) {
                try (WalReader reader = fixture.wal.read(fixture.firstLsn)) {
                    while (reader.next()) {
                        replayed.replay(reader.record());
                    }
                }
                assertEquals(fixture.file.blockCount(), replayed.pages.size());
                for (int block = 0; block < fixture.file.blockCount(); block++) {
                    Frame frame = fixture.file.pin(block);
                    assertArrayEquals(
                            bytes(frame.page), bytes(replayed.pages.get(fixture.file.pageId(block))), "block=" + block);
                    frame.unpin();
                }
            }
        }
    }

    @Test
    void shouldRedoFromWhereverARecordsEffectsWereLost() {
        try (BtreeFixture fixture = new BtreeFixture(2000)) {
            change(fixture, new Random(2), 300);
            ReplayedPages all = new ReplayedPages();
            ReplayedPages some = new ReplayedPages();
            Random random = new Random(3);
            for (ReplayedPages target : List.of(all, some)) {
                try (WalReader reader = fixture.wal.read(fixture.firstLsn)) {
                    while (reader.next()) {
                        target.replay(reader.record());
                        if (target == some && random.nextInt(50) == 0) {
                            // some pages reach the disk, the others are lost: replay the whole log over that mixture
                            target.pages.values().removeIf(page -> random.nextBoolean());
                            replayUpTo(fixture, target, reader.record().lsn());
                        }
                    }
                }
            }
            assertArrayEquals(all.contents(), some.contents());
        }
    }

    private static void replayUpTo(BtreeFixture fixture, ReplayedPages target, long end) {
        try (WalReader reader = fixture.wal.read(fixture.firstLsn)) {
            while (reader.next() && reader.record().lsn() <= end) {
                target.replay(reader.record());
            }
        }
    }

    @Test
    void shouldWorkAfterACrashBetweenAnyTwoRecords() {
        try (BtreeFixture fixture = new BtreeFixture(2000)) {
            change(fixture, new Random(4), 800);
            ReplayedPages replayed = new ReplayedPages();
            int[] incomplete = new int[2];
            try (WalReader reader = fixture.wal.read(fixture.firstLsn)) {
                while (reader.next()) {
                    replayed.replay(reader.record());
                    int info = reader.record().info();
                    if (info == BtreeLog.SPLIT || info == BtreeLog.NEW_ROOT || info == BtreeLog.CREATE) {
                        goOnAfterCrash(replayed, fixture, incomplete);
                    }
                }
            }
            assertTrue(incomplete[0] > 100, "crashes within a split=" + incomplete[0]);
            assertTrue(incomplete[1] < incomplete[0] / 2, "still incomplete after more inserts=" + incomplete[1]);
        }
    }

    /** Opens what redo gave, changes it, and compares with a set; counts incomplete splits before and after. */
    private static void goOnAfterCrash(ReplayedPages replayed, BtreeFixture like, int[] incomplete) {
        NavigableSet<byte[]> expected = new TreeSet<>(Arrays::compareUnsigned);
        try (BtreeFixture reopened = new BtreeFixture(replayed.toDisk(like), 500)) {
            incomplete[0] += incompleteSplits(reopened);
            collect(reopened, expected);
            Random random = new Random(5);
            for (int i = 0; i < 150; i++) {
                byte[] key = longKey(random);
                assertEquals(Tid.NONE, exact(reopened, key, Tid.of(77_000 + i, 1)));
                reopened.writer.insert(reopened.tree, key, key.length, Tid.of(77_000 + i, 1), XID);
                assertEquals(Tid.of(77_000 + i, 1), exact(reopened, key, Tid.of(77_000 + i, 1)));
                byte[] entry = Arrays.copyOf(key, key.length + BtreeLayout.TID_SIZE);
                KeyEncoder.putTid(entry, key.length, Tid.of(77_000 + i, 1));
                expected.add(entry);
            }
            NavigableSet<byte[]> after = new TreeSet<>(Arrays::compareUnsigned);
            collect(reopened, after);
            assertArrayEquals(expected.toArray(), after.toArray());
            incomplete[1] += incompleteSplits(reopened);
        }
    }

    private static int incompleteSplits(BtreeFixture fixture) {
        int incomplete = 0;
        for (int block = 1; block < fixture.file.blockCount(); block++) {
            Frame frame = fixture.file.pin(block);
            incomplete += BtreePage.isIncomplete(frame.page) ? 1 : 0;
            frame.unpin();
        }
        return incomplete;
    }

    private static void collect(BtreeFixture fixture, Set<byte[]> entries) {
        assertEquals(List.of(), BtreeVerifier.verify(fixture.tree, (key, length, tid) -> {
            byte[] entry = Arrays.copyOf(key, length + BtreeLayout.TID_SIZE);
            KeyEncoder.putTid(entry, length, tid);
            entries.add(entry);
        }));
    }

    private static long exact(BtreeFixture fixture, byte[] key, long wanted) {
        BtreeCursor cursor = new BtreeCursor();
        long tid = cursor.findFirst(fixture.tree, key, key.length);
        while (tid != wanted && tid != Tid.NONE) {
            tid = cursor.next();
        }
        return tid;
    }
}
