package dev.palimpsest.btree;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageFile;
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
                write(disk, PageId.MAIN);
                write(disk, PageId.FREE_SPACE_MAP);
            }));
            return disk;
        }

        private void write(MemoryDisk disk, int fork) {
            try (DiskFile file = disk.open(RelationFiles.path(BtreeFixture.FILE_NUMBER, fork), true)) {
                pages.forEach((id, page) -> {
                    if (PageId.fork(id) == fork) {
                        ByteBuffer copy = newPage();
                        copy.put(0, page, 0, PageLayout.SIZE);
                        PageLayout.setLsn(copy, 0);
                        PageChecksum.set(copy, id);
                        file.write(copy, (long) PageId.block(id) * PageLayout.SIZE);
                    }
                });
            }
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
                removeRange(fixture, longKey(random), longKey(random));
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

    /** Everything between two keys, so that pages become empty. */
    private static void removeRange(BtreeFixture fixture, byte[] a, byte[] b) {
        boolean ordered = Arrays.compareUnsigned(a, b) < 0;
        BtreeScan scan = new BtreeScan().open(fixture.tree, ordered ? a : b, true, ordered ? b : a, true, false);
        BtreeBatch batch = new BtreeBatch();
        while (scan.next()) {
            byte[] key = new byte[scan.keyLength()];
            scan.copyKey(key, 0);
            batch.add(key, key.length, scan.tid());
        }
        assertEquals(batch.size(), new BtreeVacuum().removeAll(fixture.tree, batch, BtreeVacuum.Pacer.NONE));
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
                assertEquals(fixture.file.blockCount() + fixture.map.blockCount(), replayed.pages.size());
                assertSame(fixture.file, replayed);
                assertSame(fixture.map, replayed);
            }
        }
    }

    private static void assertSame(PageFile file, ReplayedPages replayed) {
        for (int block = 0; block < file.blockCount(); block++) {
            Frame frame = file.pin(block);
            assertArrayEquals(
                    bytes(frame.page),
                    bytes(replayed.pages.get(file.pageId(block))),
                    "fork=" + file.fork() + " block=" + block);
            frame.unpin();
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
            int[] halfDead = new int[2];
            try (WalReader reader = fixture.wal.read(fixture.firstLsn)) {
                while (reader.next()) {
                    replayed.replay(reader.record());
                    int info = reader.record().info();
                    if (info == BtreeLog.SPLIT || info == BtreeLog.NEW_ROOT || info == BtreeLog.CREATE) {
                        goOnAfterCrash(replayed, fixture, incomplete, halfDead);
                    }
                }
            }
            assertTrue(incomplete[0] > 100, "crashes within a split=" + incomplete[0]);
            assertTrue(incomplete[1] < incomplete[0] / 2, "still incomplete after more inserts=" + incomplete[1]);
        }
    }

    @Test
    void shouldWorkAfterACrashWithinADeletion() {
        try (BtreeFixture fixture = new BtreeFixture(2000)) {
            Random random = new Random(6);
            for (int round = 0; round < 16; round++) {
                for (int i = 0; i < 80; i++) {
                    byte[] key = alikeKey(random);
                    fixture.writer.insert(fixture.tree, key, key.length, Tid.of(round * 80 + i, 1), XID);
                }
                removeRange(fixture, alikeKey(random), alikeKey(random));
                removeRange(fixture, alikeKey(random), alikeKey(random));
            }
            fixture.wal.flush(fixture.wal.insertLsn());
            ReplayedPages replayed = new ReplayedPages();
            int[] incomplete = new int[2];
            int[] halfDead = new int[2];
            int branches = 0;
            int recycled = 0;
            try (WalReader reader = fixture.wal.read(fixture.firstLsn)) {
                while (reader.next()) {
                    replayed.replay(reader.record());
                    int info = reader.record().info();
                    branches += info == BtreeLog.HALF_DEAD && reader.record().blockCount() > 2 ? 1 : 0;
                    recycled +=
                            replayed.resourceManager.describe(reader.record()).endsWith("on a deleted page") ? 1 : 0;
                    if (info == BtreeLog.MAP || info == BtreeLog.HALF_DEAD || info == BtreeLog.UNLINK) {
                        goOnAfterCrash(replayed, fixture, incomplete, halfDead);
                    }
                }
            }
            assertTrue(halfDead[0] > 50, "half-dead after a crash=" + halfDead[0]);
            assertEquals(0, halfDead[1], "and after the next vacuum");
            assertTrue(branches > 3, "inner pages that went with their only child=" + branches);
            assertTrue(recycled > 20, "used again=" + recycled);
        }
    }

    /** Only the end differs, so that few separators go on an inner page. */
    private static byte[] alikeKey(Random random) {
        KeyEncoder encoder = new KeyEncoder(new KeyColumn(KeyType.TEXT, false, false));
        return encoder.begin()
                .addText("x".repeat(700) + (100 + random.nextInt(900)))
                .toBytes();
    }

    /** Opens what redo gave, changes it, and compares with a set; counts incomplete splits before and after. */
    private static void goOnAfterCrash(ReplayedPages replayed, BtreeFixture like, int[] incomplete, int[] halfDead) {
        NavigableSet<byte[]> expected = new TreeSet<>(Arrays::compareUnsigned);
        try (BtreeFixture reopened = new BtreeFixture(replayed.toDisk(like), 500)) {
            incomplete[0] += pages(reopened, BtreeLayout.INCOMPLETE_SPLIT);
            halfDead[0] += pages(reopened, BtreeLayout.HALF_DEAD);
            int blocks = reopened.file.blockCount();
            int deleted = pages(reopened, BtreeLayout.DELETED | BtreeLayout.HALF_DEAD);
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
            assertTrue(
                    reopened.file.blockCount() == blocks
                            || reopened.tree.freePages().size() == 0,
                    () -> "grown while pages were free, blocks=" + blocks + " deleted=" + deleted);
            new BtreeVacuum().removeTids(reopened.tree, tid -> false, BtreeVacuum.Pacer.NONE);
            NavigableSet<byte[]> after = new TreeSet<>(Arrays::compareUnsigned);
            collect(reopened, after);
            assertArrayEquals(expected.toArray(), after.toArray());
            incomplete[1] += pages(reopened, BtreeLayout.INCOMPLETE_SPLIT);
            halfDead[1] += pages(reopened, BtreeLayout.HALF_DEAD);
        }
    }

    private static int pages(BtreeFixture fixture, int flags) {
        int pages = 0;
        for (int block = 1; block < fixture.file.blockCount(); block++) {
            Frame frame = fixture.file.pin(block);
            pages += (frame.page.getInt(BtreeLayout.FLAGS) & flags) != 0 ? 1 : 0;
            frame.unpin();
        }
        return pages;
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
