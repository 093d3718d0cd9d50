package dev.palimpsest.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.btree.Btree;
import dev.palimpsest.btree.BtreeBatch;
import dev.palimpsest.btree.BtreeCursor;
import dev.palimpsest.btree.BtreeResourceManager;
import dev.palimpsest.btree.BtreeScan;
import dev.palimpsest.btree.BtreeVacuum;
import dev.palimpsest.btree.BtreeVerifier;
import dev.palimpsest.btree.BtreeWriter;
import dev.palimpsest.btree.KeyColumn;
import dev.palimpsest.btree.KeyEncoder;
import dev.palimpsest.btree.KeyType;
import dev.palimpsest.btree.LiveTupleCheck;
import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.id.PageId;
import dev.palimpsest.id.Tid;
import dev.palimpsest.latch.Latch;
import dev.palimpsest.latch.LatchRank;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.recovery.ControlRecord;
import dev.palimpsest.recovery.RedoResult;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.Seeds;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.wal.ResourceManager;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Power cuts, many of them between the two steps of a split or of a page's deletion, while sessions insert into, remove from and read one index, in a pool
 * smaller than the index, with checkpoints and cuts during recovery: afterwards the verifier finds nothing, every entry is there whose
 * record is in the log and none else, redoing the log once more changes nothing, and the index goes on working.
 */
class BtreePowerCutTest {
    private static final int FRAMES = 24;
    /** As BtreeLayout has it: of a tree page's last 24 bytes. */
    private static final int FLAGS_AT = PageLayout.SIZE - 16;

    private static final int LIVES = 4;
    private static final int CHANGES = 60;
    private static final long XID = 3;

    @Test
    @Tag("scaled")
    void shouldKeepTheTreeWhole() {
        int seeds = 120 * Integer.getInteger("palimpsest.scale", 1);
        Counts counts = new Counts();
        Seeds.forEach(seeds, seed -> new Lives(seed, counts).live());
        boolean enough = counts.cuts > seeds
                && counts.cutsInSplits > seeds
                && counts.incompleteAfterRedo > seeds / 12
                && counts.cutsInDeletions > seeds / 8
                && counts.halfDeadAfterRedo > seeds / 8;
        assertTrue(Long.getLong("palimpsest.seed") != null || enough, counts.toString());
    }

    @Test
    void shouldTakeTheSameWayWithTheSameSeed() {
        Seeds.forEach(
                5, seed -> assertEquals(new Lives(seed, new Counts()).live(), new Lives(seed, new Counts()).live()));
    }

    private static final class Counts {
        int cuts;
        int cutsInSplits;
        int cutsInDeletions;
        int halfDeadAfterRedo;
        int incompleteAfterRedo;
        long maxBlocks;

        @Override
        public String toString() {
            return "cuts=" + cuts + " cutsInSplits=" + cutsInSplits + " cutsInDeletions=" + cutsInDeletions
                    + " incompleteAfterRedo=" + incompleteAfterRedo + " halfDeadAfterRedo=" + halfDeadAfterRedo
                    + " maxBlocks=" + maxBlocks;
        }
    }

    /** An entry's insertion or removal; its record ends after {@code before} and, once it has returned, not after {@code after}. */
    private record Change(boolean insert, long before, long[] after) {}

    /** One index through several lives; plain collections, since one task runs at a time. */
    private static final class Lives {
        private final long seed;
        private final Counts counts;
        private final SplittableRandom random;
        private final SimulatedDisk disk;

        /** By key and tid in hexadecimal: what happened to the entry since the last recovery. */
        private final NavigableMap<String, List<Change>> changes = new TreeMap<>();

        private Life open;
        private long acknowledged;
        private int lastTid;

        Lives(long seed, Counts counts) {
            this.seed = seed;
            this.counts = counts;
            this.random = new SplittableRandom(seed);
            this.disk = new SimulatedDisk(seed);
        }

        /** @return a hash of all that the tasks did */
        long live() {
            long trace = 0;
            for (int life = 0; life < LIVES; life++) {
                SeededScheduler scheduler = new SeededScheduler(seed * LIVES + life);
                disk.requireEngineTasksOf(scheduler);
                int cutAtSplit = random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(20);
                disk.crashAt(
                        cutAtSplit > 0 ? Long.MAX_VALUE / 2 : 1 + random.nextInt(random.nextBoolean() ? 60 : 1500));
                scheduler.run(() -> work(scheduler, cutAtSplit));
                if (disk.isOff()) {
                    counts.cuts++;
                } else {
                    disk.powerCut(random.nextLong());
                }
                disk.reopenAfterCut();
                trace = trace * 31 + scheduler.traceHash();
            }
            SeededScheduler last = new SeededScheduler(-1 - seed);
            disk.requireEngineTasksOf(last);
            disk.crashAt(Long.MAX_VALUE / 2);
            last.run(() -> new Life(last).open());
            return trace * 31 + last.traceHash();
        }

        private void work(SeededScheduler scheduler, int cutAtSplit) {
            open = new Life(cuttingAtSplit(
                    scheduler, random.nextInt(4) == 0 ? Step.BTREE_HALF_DEAD : Step.BTREE_SPLIT, cutAtSplit));
            open.open();
            for (int s = 0, sessions = 1 + random.nextInt(3); s < sessions; s++) {
                SplittableRandom own = random.split();
                scheduler.spawnSession("session" + s, () -> open.new Session(own).run());
            }
        }

        /** The power goes at the n-th split or deletion, after its first record and before its second, which nobody ever appends. */
        private Scheduler cuttingAtSplit(SeededScheduler scheduler, Step cut, int n) {
            int[] left = {n};
            return (Scheduler) Proxy.newProxyInstance(
                    Scheduler.class.getClassLoader(), new Class<?>[] {Scheduler.class}, (proxy, method, arguments) -> {
                        if (arguments != null && arguments[0] == cut && --left[0] == 0) {
                            if (cut == Step.BTREE_SPLIT) {
                                counts.cutsInSplits++;
                            } else {
                                counts.cutsInDeletions++;
                            }
                            if (n % 2 == 0 && Latch.noneHeld()) {
                                open.wal.flush(open.wal.insertLsn()); // else the first record is mostly lost too
                            }
                            disk.powerCut(seed);
                            disk.exists(""); // throws
                        }
                        try {
                            return method.invoke(scheduler, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }

        /** One opened engine's lower half, and an index. */
        private final class Life extends LowerHalf {
            private PageFile file;
            private Btree tree;

            Life(Scheduler scheduler) {
                super(Lives.this.disk, scheduler, new Settings(seed, SMALL_WAL, FRAMES, 400_000));
            }

            void open() {
                start();
                if (file.blockCount() == 0 || isNew(0)) {
                    assertEquals(0, file.blockCount(), "half made");
                    new BtreeWriter().create(tree, XID);
                    wal.flush(wal.insertLsn());
                    acknowledged = wal.durableLsn();
                }
            }

            @Override
            protected void openFiles(ControlRecord control) {
                file = pool.file(FILE, PageId.MAIN, LatchRank.BTREE_PAGE);
                tree = new Btree(
                        file, pool.file(FILE, PageId.FREE_SPACE_MAP, LatchRank.MAP_PAGE), wal, scheduler, "sim_idx");
                assertTrue(control != null || acknowledged == 0, "the database is gone");
            }

            @Override
            protected List<PageFile> files() {
                return List.of(file);
            }

            @Override
            protected List<ResourceManager> managers() {
                return List.of(new BtreeResourceManager());
            }

            @Override
            protected void check(RedoResult redone) {
                check(redone.endLsn());
            }

            /** The index must hold what the records up to {@code end} put there. */
            private void check(long end) {
                assertTrue(acknowledged <= end, () -> "lost: acknowledged=" + acknowledged + " end=" + end);
                NavigableMap<String, Boolean> found = new TreeMap<>();
                if (file.blockCount() > 0 && !isNew(0)) {
                    assertEquals(
                            List.of(),
                            BtreeVerifier.verify(tree, (key, length, tid) -> found.put(name(key, length, tid), true)));
                }
                changes.forEach((entry, itsChanges) -> {
                    boolean mayBeThere = false;
                    boolean mayBeGone = true;
                    for (Change change : itsChanges) {
                        if (change.before() < end) {
                            boolean certain = change.after()[0] <= end;
                            mayBeThere = change.insert() || !certain && mayBeThere;
                            mayBeGone = !change.insert() || !certain && mayBeGone;
                        }
                    }
                    boolean there = found.remove(entry) != null;
                    assertTrue(
                            there ? mayBeThere : mayBeGone,
                            "there=" + there + " entry=" + entry + " end=" + end + itsChanges);
                    itsChanges.clear();
                    if (there) {
                        itsChanges.add(new Change(true, 0, new long[1]));
                    }
                });
                assertTrue(found.isEmpty(), () -> "entries from nowhere: " + found.keySet());
                changes.values().removeIf(List::isEmpty);
            }

            private boolean isNew(int block) {
                Frame frame = file.pin(block);
                boolean isNew = PageLayout.isNew(frame.page);
                frame.unpin();
                return isNew;
            }

            @Override
            protected byte[][] contents() {
                byte[][] contents = super.contents();
                counts.maxBlocks = Math.max(counts.maxBlocks, contents.length);
                for (byte[] bytes : contents) {
                    ByteBuffer page = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
                    int flags = PageLayout.type(page) == PageType.BTREE.code() ? page.getInt(FLAGS_AT) : 0;
                    counts.incompleteAfterRedo += flags & 1;
                    counts.halfDeadAfterRedo += flags >> 1 & 1;
                }
                return contents;
            }

            /** One session's share: keys of its own tids, so that nobody else changes its entries. */
            private final class Session {
                private record Mine(byte[] key, long tid) {}

                private final SplittableRandom own;
                private final BtreeWriter writer = new BtreeWriter();
                private final BtreeCursor cursor = new BtreeCursor();
                private final BtreeScan scan = new BtreeScan();
                private final BtreeVacuum vacuum = new BtreeVacuum();
                private final List<Mine> mine = new ArrayList<>();

                Session(SplittableRandom own) {
                    this.own = own;
                }

                void run() {
                    for (int i = 0; i < CHANGES; i++) {
                        if (own.nextInt(12) == 0) {
                            removeMany();
                        }
                        switch (own.nextInt(8)) {
                            case 0 -> insertBatch();
                            case 1 -> removeOne();
                            case 2 -> insertUnique();
                            case 3 -> readAll();
                            default -> insert();
                        }
                        lookUp();
                        assertTrue(Latch.noneHeld());
                        if (own.nextInt(6) == 0) {
                            long end = wal.insertLsn();
                            wal.flush(end);
                            acknowledged = Math.max(acknowledged, end);
                        }
                        if (own.nextInt(60) == 0) {
                            checkpointer.checkpoint();
                        }
                    }
                }

                private byte[] key() {
                    int length = own.nextInt(3) == 0 ? own.nextInt(2400) : own.nextInt(400);
                    return new KeyEncoder(new KeyColumn(KeyType.TEXT, false, false))
                            .begin()
                            .addText("k".repeat(length) + own.nextInt(30))
                            .toBytes();
                }

                private byte[] keyBehind(long tid) {
                    return new KeyEncoder(new KeyColumn(KeyType.TEXT, false, false))
                            .begin()
                            .addText(String.format("z%08d", tid) + "z".repeat(own.nextInt(2000)))
                            .toBytes();
                }

                private Change begin(boolean insert, byte[] key, long tid) {
                    Change change = new Change(insert, wal.insertLsn(), new long[] {Long.MAX_VALUE});
                    changes.computeIfAbsent(name(key, key.length, tid), entry -> new ArrayList<>())
                            .add(change);
                    return change;
                }

                private void end(Change change) {
                    change.after()[0] = wal.insertLsn();
                }

                private void insert() {
                    Mine entry = new Mine(key(), ++lastTid);
                    Change change = begin(true, entry.key(), entry.tid());
                    writer.insert(tree, entry.key(), entry.key().length, entry.tid(), XID);
                    end(change);
                    mine.add(entry);
                }

                private void insertUnique() {
                    Mine entry = new Mine(key(), ++lastTid);
                    Change change = begin(true, entry.key(), entry.tid());
                    boolean conflicts = own.nextBoolean();
                    long answer = writer.insertUnique(tree, entry.key(), entry.key().length, entry.tid(), XID, tid -> {
                        scheduler.step(Step.HEAP_BEFORE_LATCH);
                        return conflicts ? LiveTupleCheck.CONFLICT : LiveTupleCheck.NO_CONFLICT;
                    });
                    if (answer == BtreeWriter.INSERTED) {
                        end(change);
                        mine.add(entry);
                    } else {
                        changes.remove(name(entry.key(), entry.key().length, entry.tid()));
                    }
                }

                private void insertBatch() {
                    BtreeBatch batch = new BtreeBatch();
                    List<Mine> entries = new ArrayList<>();
                    List<Change> begun = new ArrayList<>();
                    boolean behind = own.nextBoolean(); // every other key, so that pages are added at the end
                    for (int i = 0; i < 12; i++) {
                        long tid = ++lastTid;
                        Mine entry = new Mine(behind ? keyBehind(tid) : key(), tid);
                        batch.add(entry.key(), entry.key().length, entry.tid());
                        entries.add(entry);
                        begun.add(begin(true, entry.key(), entry.tid()));
                    }
                    batch.sort();
                    assertEquals(batch.size(), writer.insertBatch(tree, batch, 0, XID, null));
                    begun.forEach(this::end);
                    mine.addAll(entries);
                }

                private void removeOne() {
                    if (!mine.isEmpty()) {
                        Mine entry = mine.remove(own.nextInt(mine.size()));
                        Change change = begin(false, entry.key(), entry.tid());
                        assertTrue(writer.remove(tree, entry.key(), entry.key().length, entry.tid(), XID));
                        end(change);
                    }
                }

                /** All or most of its own, so that pages become empty and leave the tree. */
                private void removeMany() {
                    BtreeBatch batch = new BtreeBatch();
                    Set<Long> tids = new HashSet<>();
                    List<Change> begun = new ArrayList<>();
                    int kept = own.nextInt(3);
                    while (mine.size() > kept) {
                        Mine entry = mine.remove(own.nextInt(mine.size()));
                        batch.add(entry.key(), entry.key().length, entry.tid());
                        tids.add(entry.tid());
                        begun.add(begin(false, entry.key(), entry.tid()));
                    }
                    batch.sort();
                    BtreeVacuum.Pacer pacer = (missed, dirtied) -> {
                        assertTrue(Latch.noneHeld());
                        scheduler.step(Step.STATEMENT);
                    };
                    long removed = own.nextBoolean()
                            ? vacuum.removeAll(tree, batch, pacer)
                            : vacuum.removeTids(tree, tids::contains, pacer);
                    begun.forEach(this::end);
                    assertEquals(tids.size(), removed);
                }

                private void lookUp() {
                    if (!mine.isEmpty()) {
                        Mine entry = mine.get(own.nextInt(mine.size()));
                        long tid = cursor.findFirst(tree, entry.key(), entry.key().length);
                        while (tid != Tid.NONE && tid != entry.tid()) {
                            tid = cursor.next();
                        }
                        assertEquals(entry.tid(), tid);
                    }
                }

                private void readAll() {
                    List<Long> tids = new ArrayList<>();
                    scan.open(tree, null, true, null, true, own.nextBoolean());
                    while (scan.next()) {
                        tids.add(scan.tid());
                    }
                    for (Mine entry : mine) {
                        assertTrue(tids.contains(entry.tid()), "not met in a scan, tid=" + entry.tid());
                    }
                    assertEquals(tids.size(), tids.stream().distinct().count(), "met twice in a scan");
                }
            }

            @Override
            public long nextXid() {
                return XID;
            }
        }

        private static String name(byte[] key, int length, long tid) {
            return HexFormat.of().formatHex(key, 0, length) + " " + tid;
        }
    }
}
