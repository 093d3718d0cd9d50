package dev.palimpsest.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.buffer.WritePacer;
import dev.palimpsest.heap.Heap;
import dev.palimpsest.id.PageId;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.recovery.ControlFile;
import dev.palimpsest.recovery.ControlRecord;
import dev.palimpsest.recovery.FileLengths;
import dev.palimpsest.recovery.RedoResult;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.Seeds;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.wal.RedoPages;
import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.WalRecord;
import dev.palimpsest.wal.WalRecordBuilder;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A file whose tail is cut off again and again while sessions fill, empty, read and extend it, under seeded schedules and power cuts.
 * While it runs, whoever follows a stale block number finds nothing or what is there now, never a page of before the cut; after each opening
 * the pages are exactly what the log makes of them. Below transactions: just pages of numbers, with the engine's own cut, checkpoint
 * and redo.
 */
class TruncationPowerCutTest {
    private static final int MOST_BLOCKS = 40;
    private static final int FRAMES = 16;
    private static final int SLOTS = 4;
    private static final int SLOT_DISTANCE = 2000;
    private static final int LIVES = 5;

    private static final int SET = 0;
    private static final int ERASE = 1;

    /** What is left out, so that something must be noticed. */
    private enum Fault {
        NONE,
        FILES_NOT_CUT,
        LIST_NOT_WRITTEN_FIRST,
        WRITERS_DONT_LOOK_AGAIN
    }

    @Test
    @Tag("scaled")
    void shouldNeverBringBackAPageThatWasCutOff() {
        Counts counts = new Counts();
        Seeds.forEach(
                150 * Integer.getInteger("palimpsest.scale", 1), seed -> new Pages(seed, Fault.NONE, counts).live());
        System.out.println("TruncationPowerCutTest: " + counts);
        if (Long.getLong("palimpsest.seed") == null) {
            assertTrue(
                    counts.powerCuts > 200
                            && counts.cut > 2000
                            && counts.extendedAgain > 1000
                            && counts.metStale > 40
                            && counts.filesCut > 100
                            && counts.redone > 1000,
                    counts.toString());
        }
    }

    @Test
    void shouldNoticeFilesThatAreNotCut() {
        assertNoticed(Fault.FILES_NOT_CUT);
    }

    @Test
    void shouldNoticeAListThatPromisesTooMuch() {
        assertNoticed(Fault.LIST_NOT_WRITTEN_FIRST);
    }

    @Test
    void shouldNoticeWritersThatDontLookAgain() {
        assertNoticed(Fault.WRITERS_DONT_LOOK_AGAIN);
    }

    private static void assertNoticed(Fault fault) {
        assertThrows(
                AssertionError.class, () -> Seeds.forEach(1000, seed -> new Pages(seed, fault, new Counts()).live()));
    }

    private static final class Counts {
        int powerCuts;
        int cut;
        int extendedAgain;
        int metStale;
        int filesCut;
        long redone;

        @Override
        public String toString() {
            return "powerCuts=" + powerCuts + " pagesCut=" + cut + " extendedAgain=" + extendedAgain + " metStale="
                    + metStale + " filesCut=" + filesCut + " redone=" + redone;
        }
    }

    /** A record: {@code slots} is what the page holds after it, null if it was cut off. */
    private record Change(long lsn, int block, long[] slots) {}

    private static final class NumbersManager implements ResourceManager {
        @Override
        public ResourceManagerId id() {
            return ResourceManagerId.HEAP;
        }

        @Override
        public void redo(WalRecord record, RedoPages pages) {
            ByteBuffer page = pages.page(0);
            if (page != null) {
                apply(page, record.isInit(0), record.info(), record.payloadShort(0), record.payloadLong(2));
            }
        }

        @Override
        public String describe(WalRecord record) {
            return "info=" + record.info() + " slot=" + record.payloadShort(0) + " value=" + record.payloadLong(2);
        }
    }

    private static void apply(ByteBuffer page, boolean init, int info, int slot, long value) {
        if (init) {
            PageLayout.init(page, PageType.HEAP, 0);
            PageLayout.setLower(page, PageLayout.SIZE);
        }
        if (info == SET) {
            page.putLong(PageLayout.HEADER_BYTES + slot * SLOT_DISTANCE, value);
        } else {
            for (int i = 0; i < SLOTS; i++) {
                page.putLong(PageLayout.HEADER_BYTES + i * SLOT_DISTANCE, 0);
            }
        }
    }

    private static long[] slots(ByteBuffer page) {
        long[] slots = new long[SLOTS];
        for (int i = 0; i < SLOTS; i++) {
            slots[i] = page.getLong(PageLayout.HEADER_BYTES + i * SLOT_DISTANCE);
        }
        return slots;
    }

    private static boolean isEmpty(ByteBuffer page) {
        return Arrays.equals(slots(page), new long[SLOTS]);
    }

    /** Several lives of one file; plain collections, since one task runs at a time. */
    private static final class Pages {
        private final SimulatedDisk disk;
        private final long seed;
        private final Fault fault;
        private final Counts counts;
        private final SplittableRandom random;

        /** Slots by block, of initialised pages: as recovery found them, and as they are now. */
        private Map<Integer, long[]> base = new TreeMap<>();

        private Map<Integer, long[]> now = new TreeMap<>();

        /** Since {@link #base}, in the order of the log. */
        private final List<Change> changes = new ArrayList<>();

        private long acknowledged;
        private long lastValue;
        private int mostBlocks;

        Pages(long seed, Fault fault, Counts counts) {
            this.seed = seed;
            this.fault = fault;
            this.counts = counts;
            this.random = new SplittableRandom(seed);
            this.disk = new SimulatedDisk(seed);
        }

        void live() {
            for (int life = 0; life < LIVES; life++) {
                SeededScheduler scheduler = new SeededScheduler(seed * LIVES + life);
                disk.requireEngineTasksOf(scheduler);
                disk.crashAt(1 + (random.nextInt(4) == 0 ? random.nextInt(60) : random.nextInt(900)));
                scheduler.run(() -> work(scheduler));
                if (disk.isOff()) {
                    counts.powerCuts++;
                    disk.reopenAfterCut();
                } else if (random.nextBoolean()) {
                    disk.close(); // the process was killed: the system still has what was written
                } else {
                    disk.powerCut(random.nextLong());
                    disk.reopenAfterCut();
                }
            }
            SeededScheduler last = new SeededScheduler(-seed);
            disk.requireEngineTasksOf(last);
            disk.crashAt(Long.MAX_VALUE / 2);
            last.run(() -> new Life(last).open());
        }

        private void work(SeededScheduler scheduler) {
            Life life = new Life(scheduler);
            life.open();
            int[] left = {3};
            for (int s = 0; s < 3; s++) {
                SplittableRandom own = random.split();
                boolean truncates = s == 0;
                scheduler.spawnSession(truncates ? "reclaimer" : "session" + s, () -> {
                    for (int i = 0; i < 80; i++) {
                        if (truncates) {
                            life.truncate(own);
                        } else {
                            life.doSomething(own);
                        }
                        if (own.nextInt(10) == 0) {
                            scheduler.park(this, own.nextInt(5_000_000));
                        }
                    }
                    if (--left[0] == 0 && own.nextBoolean()) {
                        life.close();
                    }
                });
            }
        }

        /** One opened engine's lower half. */
        private final class Life extends LowerHalf {
            private final FileLengths lengths = new FileLengths(Pages.this.disk);
            private PageFile file;

            Life(SeededScheduler scheduler) {
                super(Pages.this.disk, scheduler, new Settings(seed, SMALL_WAL, FRAMES, 300_000));
            }

            void open() {
                start();
            }

            void close() {
                shutDown();
                acknowledged = wal.durableLsn();
                assertEquals((long) file.blockCount() * PageLayout.SIZE, fileBytes(), "the file after a shutdown");
            }

            private long fileBytes() {
                if (!disk.exists("base/" + FILE)) {
                    return 0;
                }
                try (var open = disk.open("base/" + FILE, false)) {
                    return open.size();
                }
            }

            @Override
            protected void beforeOpening() {
                lengths.measure(lengths.read(), FILE + 1); // throws if the file is too short
            }

            @Override
            protected void create(ControlFile controlFile) {
                super.create(controlFile);
                disk.delete("base/" + FILE);
                now.clear();
            }

            @Override
            protected void openFiles(ControlRecord control) {
                if (control != null) {
                    pool.forcedBlocks().putAll(lengths.read());
                }
                file = pool.file(FILE, PageId.MAIN);
            }

            @Override
            protected List<PageFile> files() {
                return List.of(file);
            }

            @Override
            protected List<ResourceManager> managers() {
                List<ResourceManager> managers = new ArrayList<>(Heap.resourceManagers());
                managers.removeIf(manager -> manager.id() == ResourceManagerId.HEAP);
                managers.add(new NumbersManager());
                return managers;
            }

            @Override
            protected void check(RedoResult redone) {
                counts.redone += redone.records();
                check(redone.endLsn());
            }

            @Override
            protected void opened(RedoResult redone) {
                changes.clear();
                base = new TreeMap<>(now);
                mostBlocks = Math.max(mostBlocks, file.blockCount());
            }

            /** The pages must be what the records up to {@code end} made of them. */
            private void check(long end) {
                assertTrue(acknowledged <= end, () -> "lost: acknowledged=" + acknowledged + " end=" + end);
                now = new TreeMap<>(base);
                for (Change change : changes) {
                    if (change.lsn() <= end && change.slots() == null) {
                        now.remove(change.block());
                    } else if (change.lsn() <= end) {
                        now.put(change.block(), change.slots());
                    }
                }
                for (int block = 0; block < file.blockCount(); block++) {
                    Frame frame = file.pin(block);
                    frame.acquireShared();
                    compare(frame, now.get(block));
                    frame.releaseShared();
                    frame.unpin();
                }
                int blocks = now.isEmpty() ? 0 : Collections.max(now.keySet()) + 1;
                assertTrue(file.blockCount() >= blocks, "pages are missing at the end");
            }

            private void compare(Frame frame, long[] expected) {
                long[] found = PageLayout.isNew(frame.page) ? null : slots(frame.page);
                assertEquals(Arrays.toString(expected), Arrays.toString(found), () -> "block=" + frame.block());
            }

            void doSomething(SplittableRandom own) {
                int what = own.nextInt(10);
                if (what < 3) {
                    put(own.nextInt(3) == 0 ? file.blockCount() : own.nextInt(mostBlocks + 1), own);
                } else if (what < 6) {
                    erase(Math.max(0, file.blockCount() - 1 - own.nextInt(4)));
                } else {
                    read(own.nextInt(mostBlocks + 2));
                }
                if (own.nextInt(4) == 0) {
                    long end = wal.insertLsn();
                    wal.flush(end);
                    acknowledged = Math.max(acknowledged, end);
                }
                if (own.nextInt(60) == 0) {
                    checkpointer.checkpoint();
                }
            }

            /** As an inserter: on the page that was proposed, if it is there, else on a new one. */
            private void put(int block, SplittableRandom own) {
                Frame frame = file.pinIfPresent(block);
                if (frame != null) {
                    scheduler.step(Step.HEAP_BEFORE_LATCH);
                    frame.acquireExclusive();
                    if (file.isCut(frame) && fault != Fault.WRITERS_DONT_LOOK_AGAIN) {
                        counts.metStale++;
                        frame.releaseExclusive();
                        frame.unpin();
                        frame = null;
                    }
                }
                if (frame == null) {
                    if (file.blockCount() >= MOST_BLOCKS) {
                        return;
                    }
                    frame = file.pinNew();
                    counts.extendedAgain += frame.block() < mostBlocks ? 1 : 0;
                    mostBlocks = Math.max(mostBlocks, frame.block() + 1);
                    assertTrue(PageLayout.isAllZero(frame.page), "a new page isn't new");
                    assertNull(now.get(frame.block()));
                    if (own.nextInt(6) == 0) { // nothing comes of it
                        frame.releaseExclusive();
                        frame.unpin();
                        return;
                    }
                }
                compare(frame, now.get(frame.block()));
                change(frame, SET, own.nextInt(SLOTS), ++lastValue);
                frame.releaseExclusive();
                frame.unpin();
            }

            private void erase(int block) {
                Frame frame = file.pinIfPresent(block);
                if (frame == null) {
                    return;
                }
                frame.acquireExclusive();
                if (!file.isCut(frame) && !PageLayout.isNew(frame.page)) {
                    change(frame, ERASE, 0, 0);
                }
                frame.releaseExclusive();
                frame.unpin();
            }

            private void read(int block) {
                Frame cached = file.cached(block);
                long version = cached == null ? Frame.UNREADABLE : cached.beginRead(file.pageId(block));
                if (version != Frame.UNREADABLE) {
                    long[] seen = slots(cached.page);
                    scheduler.step(Step.PAGE_READ_OPTIMISTIC);
                    if (cached.validate(version)) {
                        long[] expected = now.getOrDefault(block, new long[SLOTS]);
                        assertEquals(Arrays.toString(expected), Arrays.toString(seen), () -> "block=" + block);
                    }
                }
                Frame frame = file.pinIfPresent(block);
                if (frame == null) {
                    return;
                }
                scheduler.step(Step.HEAP_BEFORE_LATCH);
                frame.acquireShared();
                if (!file.isCut(frame)) {
                    compare(frame, now.get(block));
                } else {
                    counts.metStale++;
                    assertTrue(isEmpty(frame.page), "rows on a page that was cut off");
                }
                frame.releaseShared();
                frame.unpin();
            }

            /** As vacuum does. */
            void truncate(SplittableRandom own) {
                for (int most = own.nextInt(6); most > 0; most--) {
                    scheduler.step(Step.HEAP_BEFORE_LATCH);
                    int block = file.blockCount() - 1;
                    Frame frame = block < 0 ? null : file.pinIfPresent(block);
                    if (frame == null) {
                        return;
                    }
                    frame.acquireExclusive();
                    boolean done = isEmpty(frame.page) && file.cutLast(frame, () -> logCut(frame));
                    frame.releaseExclusive();
                    frame.unpin();
                    scheduler.step(Step.HEAP_CHANGED);
                    if (!done) {
                        return;
                    }
                    counts.cut++;
                    file.discardCut(block);
                }
            }

            private long logCut(Frame frame) {
                int block = frame.block();
                return wal.append(
                        new WalRecordBuilder()
                                .begin(ResourceManagerId.TRUNCATION, 0, 0)
                                .putLong(frame.pageId()),
                        lsn -> {
                            changes.add(new Change(lsn, block, null));
                            now.remove(block);
                        });
            }

            private void change(Frame frame, int info, int slot, long value) {
                boolean init = PageLayout.isNew(frame.page);
                frame.markDirty();
                WalRecordBuilder record = new WalRecordBuilder().begin(ResourceManagerId.HEAP, info, lastValue);
                apply(frame.page, init, info, slot, value);
                record.block(frame.pageId(), frame.page, init);
                int block = frame.block();
                long[] after = slots(frame.page);
                wal.append(record.putShort(slot).putLong(value), lsn -> {
                    changes.add(new Change(lsn, block, after));
                    now.put(block, after);
                });
                assertNotNull(now.get(block));
            }

            @Override
            public void writePages(WritePacer pacer) {
                long before = fileBytes();
                switch (fault) {
                    case FILES_NOT_CUT -> {
                        pool.promiseLess();
                        pool.writeDirty(pacer);
                        pool.forceFiles();
                        lengths.write(pool.forcedBlocks());
                    }
                    case LIST_NOT_WRITTEN_FIRST -> {
                        pool.promiseLess();
                        pool.cutFiles();
                        pool.writeDirty(pacer);
                        pool.forceFiles();
                        lengths.write(pool.forcedBlocks());
                    }
                    default -> lengths.writePages(pool, pacer);
                }
                counts.filesCut += fileBytes() < before ? 1 : 0;
            }

            @Override
            public long nextXid() {
                return lastValue + 1;
            }
        }
    }
}
