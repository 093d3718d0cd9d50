package dev.palimpsest.btree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.buffer.BufferPool;
import dev.palimpsest.buffer.LogFlusher;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.id.PageId;
import dev.palimpsest.id.Tid;
import dev.palimpsest.latch.Latch;
import dev.palimpsest.latch.LatchRank;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.Seeds;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.storage.RelationFiles;
import dev.palimpsest.wal.EnginePoison;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalOptions;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Writers insert ranges of keys, removals empty them again and delete pages, splits use these again, readers look up and scan in both
 * directions, all at once on a tree with few entries a page: at every interleaving a reader finds each entry that is there for as long
 * as it looks, none that was gone before, each once and in order; and at the end the tree is whole.
 */
class PageDeletionSimulationTest {
    private static final WalOptions WAL = new WalOptions(64 << 10, 128 << 10, 5_000_000L);
    private static final int FILE = 17;
    private static final int NUMBERS = 200;
    private static final long XID = 3;

    @Test
    @Tag("scaled")
    void shouldFindWhatIsThere() {
        int seeds = 120 * Integer.getInteger("palimpsest.scale", 1);
        Counts counts = new Counts();
        Seeds.forEach(seeds, seed -> new Run(seed, counts).run());
        boolean enough = counts.deleted > 20L * seeds && counts.recycled > 5L * seeds && counts.scans > 5L * seeds;
        assertTrue(Long.getLong("palimpsest.seed") != null || enough, counts.toString());
    }

    private static final class Counts {
        long deleted;
        long recycled;
        long scans;
        long lookUps;

        @Override
        public String toString() {
            return "deleted=" + deleted + " recycled=" + recycled + " scans=" + scans + " lookUps=" + lookUps;
        }
    }

    /** Plain collections, since one task runs at a time. */
    private static final class Run {
        private final long seed;
        private final Counts counts;
        private final SplittableRandom random;
        private final SeededScheduler scheduler;
        private final SimulatedDisk disk;
        private final int keyLength;

        /** So many numbers in a row have one key, and differ by their tids. */
        private final int alike;

        private Wal wal;
        private BufferPool pool;
        private PageFile file;
        private Btree tree;

        /** In the index for certain: inserted, and no removal has begun. */
        private final BitSet present = new BitSet();

        /** Not in the index for certain: removed, and no insertion has begun. */
        private final BitSet absent = new BitSet();

        /** Some task has it in hand. */
        private final BitSet busy = new BitSet();

        /** What changed in any way since a reader's beginning: one set a reader. */
        private final List<BitSet> watches = new ArrayList<>();

        Run(long seed, Counts counts) {
            this.seed = seed;
            this.counts = counts;
            random = new SplittableRandom(seed);
            scheduler = new SeededScheduler(seed).limitEvents(20_000_000);
            disk = new SimulatedDisk(seed);
            disk.requireEngineTasksOf(scheduler);
            keyLength = new int[] {400, 1200, 2400}[random.nextInt(3)];
            alike = random.nextBoolean() ? 1 : 70;
            absent.set(0, NUMBERS);
        }

        void run() {
            scheduler.run(() -> {
                scheduler.join(scheduler.spawn("startup", this::start));
                new BtreeWriter().create(tree, XID);
                BtreeWriter writer = new BtreeWriter();
                for (int i = 0; i < NUMBERS; i += 1 + random.nextInt(40)) {
                    busy.set(i); // these stay, so that readers always have something to find
                    insert(writer, i);
                }
                List<Thread> tasks = new ArrayList<>();
                spawn(tasks, 1 + random.nextInt(3), own -> new Writer(own)::write);
                spawn(tasks, 1 + random.nextInt(3), own -> new Reader(own)::read);
                tasks.forEach(scheduler::join);
                assertEquals(List.of(), BtreeVerifier.verify(tree, (key, length, tid) -> {}));
                BtreeStatistics statistics = new BtreeVacuum().statistics(tree, BtreeVacuum.Pacer.NONE);
                assertEquals(present.cardinality(), statistics.entries());
                counts.recycled -= statistics.deadPages();
            });
        }

        private interface Task {
            Runnable of(SplittableRandom own);
        }

        private void spawn(List<Thread> tasks, int count, Task task) {
            for (int i = 0; i < count; i++) {
                Runnable body = task.of(random.split());
                tasks.add(scheduler.spawnSession("session" + tasks.size(), body));
            }
        }

        private void start() {
            wal = new Wal(disk, scheduler, new EnginePoison(), WAL, seed);
            wal.start(wal.create());
            disk.createDirectory(RelationFiles.DIRECTORY);
            // large enough for all, mostly, so that point reads go their fast way
            pool = new BufferPool(disk, scheduler, LogFlusher.of(wal), random.nextInt(4) == 0 ? 28 : 400);
            pool.start();
            file = pool.file(FILE, PageId.MAIN, LatchRank.BTREE_PAGE);
            PageFile map = pool.file(FILE, PageId.FREE_SPACE_MAP, LatchRank.MAP_PAGE);
            tree = new Btree(file, map, wal, scheduler, "sim_idx");
        }

        /** Sorts by its number; long common beginnings make long separators, so that the tree is high. */
        private byte[] key(int number) {
            byte[] key = new byte[keyLength];
            key[keyLength - 1] = (byte) (number / alike);
            return key;
        }

        private void insert(BtreeWriter writer, int number) {
            touched(number);
            absent.clear(number);
            if (alike == 1 && number % 3 == 0) {
                assertEquals(
                        BtreeWriter.INSERTED,
                        writer.insertUnique(tree, key(number), keyLength, Tid.of(number, 1), XID, tid -> {
                            throw new AssertionError("there already: " + tid);
                        }));
            } else {
                writer.insert(tree, key(number), keyLength, Tid.of(number, 1), XID);
            }
            present.set(number);
            touched(number);
        }

        private void touched(int number) {
            watches.forEach(watch -> watch.set(number));
        }

        private final class Writer {
            private final SplittableRandom own;
            private final BtreeWriter writer = new BtreeWriter();
            private final BtreeVacuum vacuum = new BtreeVacuum();

            Writer(SplittableRandom own) {
                this.own = own;
            }

            void write() {
                for (int round = 0; round < 10; round++) {
                    List<Integer> range = takeRange();
                    switch (own.nextInt(3)) {
                        case 0 -> range.forEach(number -> insert(writer, number));
                        case 1 -> insertBatch(range);
                        default -> {
                            for (int i = range.size() - 1; i >= 0; i--) {
                                insert(writer, range.get(i));
                            }
                        }
                    }
                    remove(range);
                    range.forEach(busy::clear);
                    assertTrue(Latch.noneHeld());
                }
                counts.deleted += vacuum.deletedPages();
                counts.recycled += vacuum.deletedPages();
            }

            private List<Integer> takeRange() {
                List<Integer> range = new ArrayList<>();
                int from = own.nextInt(NUMBERS);
                int size = own.nextInt(60);
                for (int i = from; i < NUMBERS && range.size() < size; i++) {
                    if (!busy.get(i)) {
                        busy.set(i);
                        range.add(i);
                    }
                }
                return range;
            }

            private void insertBatch(List<Integer> range) {
                BtreeBatch batch = batch(range);
                range.forEach(number -> {
                    touched(number);
                    absent.clear(number);
                });
                assertEquals(batch.size(), writer.insertBatch(tree, batch, 0, XID, null));
                range.forEach(number -> {
                    present.set(number);
                    touched(number);
                });
            }

            private BtreeBatch batch(List<Integer> range) {
                BtreeBatch batch = new BtreeBatch();
                range.forEach(number -> batch.add(key(number), keyLength, Tid.of(number, 1)));
                batch.sort();
                return batch;
            }

            private void remove(List<Integer> range) {
                BitSet going = new BitSet();
                range.forEach(number -> {
                    touched(number);
                    present.clear(number);
                    going.set(number);
                });
                BtreeVacuum.Pacer pacer = (missed, dirtied) -> {
                    assertTrue(Latch.noneHeld());
                    scheduler.step(Step.STATEMENT);
                };
                long removed = own.nextBoolean()
                        ? vacuum.removeAll(tree, batch(range), pacer)
                        : vacuum.removeTids(tree, tid -> going.get(Tid.block(tid)), pacer);
                assertEquals(range.size(), removed);
                range.forEach(number -> {
                    absent.set(number);
                    touched(number);
                });
            }
        }

        private final class Reader {
            private final SplittableRandom own;
            private final BtreeCursor cursor = new BtreeCursor();
            private final BtreeScan scan = new BtreeScan();

            Reader(SplittableRandom own) {
                this.own = own;
            }

            void read() {
                for (int i = 0; i < 12; i++) {
                    scan(own.nextBoolean());
                    for (int look = 0; look < 20; look++) {
                        lookUp(own.nextInt(NUMBERS));
                    }
                }
            }

            private BitSet watch() {
                BitSet watch = new BitSet();
                watches.add(watch);
                return watch;
            }

            private void lookUp(int number) {
                counts.lookUps++;
                int first = number / alike * alike;
                BitSet changed = watch();
                BitSet expected = present.get(first, first + alike);
                BitSet gone = absent.get(first, first + alike);
                BitSet found = new BitSet();
                for (long tid = cursor.findFirst(tree, key(number), keyLength); tid != Tid.NONE; tid = cursor.next()) {
                    int at = Tid.block(tid) - first;
                    assertTrue(at >= 0 && at < alike && at >= found.length(), "another's row, or not in order");
                    found.set(at);
                }
                compare(expected, found, gone, changed.get(first, first + alike));
                watches.removeIf(watch -> watch == changed);
            }

            private void compare(BitSet expected, BitSet found, BitSet gone, BitSet changed) {
                expected.andNot(changed);
                expected.andNot(found);
                assertTrue(expected.isEmpty(), () -> "missed: " + expected);
                found.and(gone);
                found.andNot(changed);
                assertTrue(found.isEmpty(), () -> "removed before: " + found);
            }

            private void scan(boolean backward) {
                counts.scans++;
                BitSet changed = watch();
                BitSet expected = (BitSet) present.clone();
                BitSet gone = (BitSet) absent.clone();
                BitSet found = new BitSet();
                int last = backward ? NUMBERS : -1;
                scan.open(tree, null, true, null, true, backward);
                while (scan.next()) {
                    int number = Tid.block(scan.tid());
                    int before = last;
                    assertTrue(backward ? number < last : number > last, () -> number + " after " + before);
                    last = number;
                    found.set(number);
                    scheduler.step(Step.STATEMENT);
                }
                watches.removeIf(watch -> watch == changed);
                compare(expected, found, gone, changed);
            }
        }
    }
}
