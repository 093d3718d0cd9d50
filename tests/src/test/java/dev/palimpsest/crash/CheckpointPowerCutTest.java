package dev.palimpsest.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.buffer.WritePacer;
import dev.palimpsest.id.Lsn;
import dev.palimpsest.id.PageId;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.recovery.ControlFile;
import dev.palimpsest.recovery.ControlRecord;
import dev.palimpsest.recovery.RedoResult;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.Seeds;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.wal.RedoPages;
import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.WalOptions;
import dev.palimpsest.wal.WalRecord;
import dev.palimpsest.wal.WalRecordBuilder;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Power cuts while sessions change pages, the pool (smaller than the data) evicts, checkpoints run and recovery runs: afterwards the
 * pages are exactly what the records up to the end of the log make of them, all that was flushed is among these, and redoing the log
 * once more changes nothing. Below transactions and access methods: just pages of numbers.
 */
class CheckpointPowerCutTest {
    private static final int BLOCKS = 24;
    private static final int FRAMES = 16;
    private static final int SLOTS = 40;
    private static final int LIVES = 4;

    private static final int SET = 0;
    private static final int INIT = 1;

    @Test
    @Tag("scaled")
    void shouldRecoverPagesExactly() {
        Counts counts = new Counts();
        Seeds.forEach(150 * Integer.getInteger("palimpsest.scale", 1), seed -> new Pages(seed, counts).live());
        assertTrue(
                counts.cuts > 100 && counts.cutsWhileOpening > 30 && counts.checkpoints > 100 && counts.redone > 1000,
                counts.toString());
    }

    /**
     * Bytes that a killed process wrote and nobody forced look durable to the next one: its redo writes pages on the strength of such log
     * records, and its checkpoint relies on such pages.
     */
    @Test
    void shouldForceWhatAKilledProcessLeft() {
        Seeds.forEach(150, seed -> new Pages(seed, new Counts()).beKilledThenCut());
    }

    /** Whatever of a creation survives a power cut, the next one either sees nothing or knows that it may clear it. */
    @Test
    void shouldKnowAHalfMadeDatabase() {
        Seeds.forEach(400, seed -> new Pages(seed, new Counts()).beCutWhileCreated());
    }

    /** Redo writes pages on the strength of records that a killed process had written, but not forced. */
    @Test
    void shouldForceTheLogBeforeRedo() {
        Seeds.forEach(100, seed -> new Pages(seed, new Counts()).beCutWhileRedoingUnforcedLog());
    }

    @Test
    void shouldNoticeAMissingForceOfTheLog() {
        assertNoticed(pages -> pages.disk.ignoreForces(path -> path.startsWith("wal/") && !path.endsWith(".tmp")));
    }

    @Test
    void shouldNoticeAMissingForceOfThePages() {
        assertNoticed(pages -> pages.disk.ignoreForces(path -> path.startsWith("base/")));
    }

    @Test
    void shouldNoticeAMissingForceOfTheControlRecord() {
        assertNoticed(pages -> pages.disk.ignoreForces(path -> path.equals(ControlFile.PATH)));
    }

    @Test
    void shouldNoticeAMissingForceOfDirectories() {
        assertNoticed(pages -> pages.disk.ignoreDirectoryForces());
    }

    @Test
    void shouldNoticeMissingImages() {
        assertNoticed(pages -> pages.withoutImages = true);
    }

    private static void assertNoticed(Consumer<Pages> sabotage) {
        assertThrows(
                AssertionError.class,
                () -> Seeds.forEach(300, seed -> {
                    Pages pages = new Pages(seed, new Counts());
                    sabotage.accept(pages);
                    pages.live();
                }));
    }

    private static final class Counts {
        int cuts;
        int cutsWhileOpening;
        long checkpoints;
        long redone;

        @Override
        public String toString() {
            return "cuts=" + cuts + " cutsWhileOpening=" + cutsWhileOpening + " checkpoints=" + checkpoints + " redone="
                    + redone;
        }
    }

    /** Sets a number in a page. */
    private record Change(long lsn, int block, int slot, long value, boolean init) {}

    /** Redoes what {@link Pages#change} did. */
    private static final class NumbersManager implements ResourceManager {
        @Override
        public ResourceManagerId id() {
            return ResourceManagerId.HEAP;
        }

        @Override
        public void redo(WalRecord record, RedoPages pages) {
            for (int i = 0; i < record.blockCount(); i++) {
                ByteBuffer page = pages.page(i);
                if (page != null) {
                    apply(page, record.info() == INIT, record.payloadShort(0), record.payloadLong(2));
                }
            }
        }

        @Override
        public String describe(WalRecord record) {
            return "SET slot=" + record.payloadShort(0) + " value=" + record.payloadLong(2);
        }
    }

    private static void apply(ByteBuffer page, boolean init, int slot, long value) {
        if (init) {
            PageLayout.init(page, PageType.HEAP, 0);
            PageLayout.setLower(page, PageLayout.SIZE);
        }
        // the slots are spread over the page, so that a torn write tears them apart
        page.putLong(PageLayout.HEADER_BYTES + slot * 200, value);
    }

    /** A database of numbered slots through several lives; plain collections, since one task runs at a time. */
    private static final class Pages {
        final SimulatedDisk disk;
        boolean withoutImages;
        int frames = FRAMES;
        WalOptions walOptions = LowerHalf.SMALL_WAL;

        private final long seed;
        private final Counts counts;
        private final SplittableRandom random;

        /** Slots by block as recovery found them; null for a block that was never initialised. */
        private long[][] base = new long[BLOCKS][];

        /** Since then, in the order of the log. */
        private final List<Change> changes = new ArrayList<>();

        private long acknowledged;
        private long lastValue;

        Pages(long seed, Counts counts) {
            this.seed = seed;
            this.counts = counts;
            this.random = new SplittableRandom(seed);
            this.disk = new SimulatedDisk(seed);
        }

        void live() {
            for (int life = 0; life < LIVES; life++) {
                SeededScheduler scheduler = new SeededScheduler(seed * LIVES + life);
                disk.requireEngineTasksOf(scheduler);
                disk.crashAt(1 + (random.nextInt(3) == 0 ? random.nextInt(40) : random.nextInt(700)));
                boolean[] opened = new boolean[1];
                scheduler.run(() -> work(scheduler, opened));
                if (disk.isOff()) {
                    counts.cuts++;
                    counts.cutsWhileOpening += opened[0] ? 0 : 1;
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

        void beKilledThenCut() {
            boolean[] opened = new boolean[1];
            for (int life = 0; life < 3; life++) {
                SeededScheduler scheduler = new SeededScheduler(seed * LIVES + life);
                disk.requireEngineTasksOf(scheduler);
                if (life == 0) {
                    int steps = random.nextInt(600);
                    scheduler.run(() -> {
                        work(scheduler, opened);
                        for (int i = 0; i < steps; i++) {
                            scheduler.step(Step.STATEMENT);
                        }
                        scheduler.abandonAll();
                    });
                    disk.close();
                } else {
                    disk.crashAt(life == 1 && random.nextBoolean() ? 1 + random.nextInt(80) : Long.MAX_VALUE / 2);
                    scheduler.run(() -> new Life(scheduler).open());
                    if (!disk.isOff()) {
                        disk.powerCut(random.nextLong());
                    }
                    disk.reopenAfterCut();
                }
            }
        }

        void beCutWhileCreated() {
            for (int life = 0; life < 2; life++) {
                SeededScheduler scheduler = new SeededScheduler(seed + life);
                disk.crashAt(life == 0 ? 5 + seed % 20 : Long.MAX_VALUE / 2);
                scheduler.run(() -> new Life(scheduler).open());
                disk.reopenAfterCut();
            }
        }

        void beCutWhileRedoingUnforcedLog() {
            frames = 4 * FRAMES; // nothing is evicted, so that only the log reaches the disk
            // one force for all, or later records would say that earlier ones were durable, which they aren't
            walOptions = new WalOptions(64 << 10, 128 << 10, 3_600_000_000_000L);
            SeededScheduler first = new SeededScheduler(seed);
            first.run(() -> {
                Life life = new Life(first);
                life.open();
                disk.ignoreForces(path -> path.startsWith("wal/") && !path.endsWith(".tmp"));
                for (int i = 0; i < 100; i++) {
                    life.changeOne(random.nextInt(BLOCKS), random.nextInt(SLOTS));
                }
                life.wal.flush(life.wal.insertLsn());
            });
            disk.ignoreForces(path -> false);
            disk.close();
            frames = FRAMES;
            walOptions = LowerHalf.SMALL_WAL;
            SeededScheduler second = new SeededScheduler(seed + 1);
            disk.crashAt(1 + random.nextInt(100));
            second.run(() -> new Life(second).open());
            if (!disk.isOff()) {
                disk.powerCut(random.nextLong());
            }
            disk.reopenAfterCut();
            SeededScheduler third = new SeededScheduler(seed + 2);
            disk.crashAt(Long.MAX_VALUE / 2);
            third.run(() -> new Life(third).open());
        }

        private void work(SeededScheduler scheduler, boolean[] opened) {
            Life life = new Life(scheduler);
            life.open();
            opened[0] = true;
            int sessions = 1 + random.nextInt(3);
            int[] left = {sessions};
            for (int s = 0; s < sessions; s++) {
                SplittableRandom own = random.split();
                scheduler.spawnSession("session" + s, () -> {
                    for (int i = 0; i < 80; i++) {
                        life.changeSomething(own);
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
            private PageFile file;
            private long[][] found;

            Life(SeededScheduler scheduler) {
                super(Pages.this.disk, scheduler, new Settings(seed, walOptions, frames, 300_000));
            }

            void open() {
                start();
                for (int block = 0; block < BLOCKS; block++) {
                    initialise(block);
                }
            }

            void close() {
                shutDown();
                acknowledged = wal.durableLsn();
                assertEquals(wal.insertLsn(), acknowledged);
            }

            @Override
            protected void create(ControlFile controlFile) {
                boolean empty = disk.list("wal").isEmpty() && disk.list("base").isEmpty();
                assertTrue(
                        empty || controlFile.isHalfMade(),
                        "somebody's files, but no sign of a creation that was cut off");
                super.create(controlFile);
                disk.delete("base/" + FILE);
                assertEquals(Lsn.NONE, acknowledged, "the database is gone");
            }

            @Override
            protected void openFiles(ControlRecord control) {
                file = pool.file(FILE, PageId.MAIN);
            }

            @Override
            protected List<PageFile> files() {
                return List.of(file);
            }

            @Override
            protected List<ResourceManager> managers() {
                return List.of(new NumbersManager());
            }

            @Override
            protected void check(RedoResult redone) {
                counts.redone += redone.records();
                found = check(redone.endLsn());
            }

            @Override
            protected void opened(RedoResult redone) {
                if (redone != null) {
                    base = found;
                    changes.clear();
                }
            }

            /** The pages must be what the records up to {@code end} made of them. @return their slots */
            private long[][] check(long end) {
                assertTrue(
                        acknowledged <= end,
                        () -> "lost: acknowledged=" + Lsn.toString(acknowledged) + " end=" + Lsn.toString(end));
                long[][] expected = new long[BLOCKS][];
                for (int block = 0; block < BLOCKS; block++) {
                    expected[block] = base[block] == null ? null : base[block].clone();
                }
                for (Change change : changes) {
                    if (change.lsn() <= end) {
                        if (change.init()) {
                            expected[change.block()] = new long[SLOTS];
                        }
                        expected[change.block()][change.slot()] = change.value();
                    }
                }
                for (int block = 0; block < BLOCKS; block++) {
                    assertEquals(Arrays.toString(expected[block]), Arrays.toString(slots(block)), "block=" + block);
                }
                return expected;
            }

            private long[] slots(int block) {
                if (block >= file.blockCount()) {
                    return null;
                }
                Frame frame = file.pin(block);
                frame.acquireShared();
                long[] slots = null;
                if (!PageLayout.isNew(frame.page)) {
                    slots = new long[SLOTS];
                    for (int slot = 0; slot < SLOTS; slot++) {
                        slots[slot] = frame.page.getLong(PageLayout.HEADER_BYTES + slot * 200);
                    }
                }
                frame.releaseShared();
                frame.unpin();
                return slots;
            }

            private void initialise(int block) {
                Frame frame;
                if (block >= file.blockCount()) {
                    frame = file.pinNew();
                } else {
                    frame = file.pin(block);
                    frame.acquireExclusive();
                }
                assertEquals(block, frame.block());
                if (PageLayout.isNew(frame.page)) {
                    change(frame, INIT, 0, ++lastValue);
                }
                frame.releaseExclusive();
                frame.unpin();
            }

            void changeSomething(SplittableRandom own) {
                int slot = own.nextInt(SLOTS);
                long value = ++lastValue;
                long end;
                if (own.nextInt(5) == 0) {
                    int first = own.nextInt(BLOCKS - 1);
                    end = changeTwo(first, first + 1 + own.nextInt(BLOCKS - 1 - first), slot, value);
                } else {
                    end = changeOne(own.nextInt(BLOCKS), slot);
                }
                if (own.nextInt(4) == 0) {
                    wal.flush(end);
                    acknowledged = Math.max(acknowledged, end);
                }
                if (own.nextInt(60) == 0) {
                    checkpointer.checkpoint();
                }
            }

            private long changeOne(int block, int slot) {
                Frame frame = file.pin(block);
                frame.acquireExclusive();
                long end = change(frame, SET, slot, ++lastValue);
                frame.releaseExclusive();
                frame.unpin();
                return end;
            }

            private long changeTwo(int firstBlock, int secondBlock, int slot, long value) {
                Frame first = file.pin(firstBlock);
                Frame second = file.pin(secondBlock);
                first.acquireExclusive();
                second.acquireExclusive();
                long end = log(SET, slot, value, first, second);
                second.releaseExclusive();
                first.releaseExclusive();
                second.unpin();
                first.unpin();
                return end;
            }

            private long change(Frame frame, int info, int slot, long value) {
                return log(info, slot, value, frame);
            }

            private long log(int info, int slot, long value, Frame... frames) {
                WalRecordBuilder record = new WalRecordBuilder().begin(ResourceManagerId.HEAP, info, lastValue);
                for (Frame frame : frames) {
                    frame.markDirty();
                    apply(frame.page, info == INIT, slot, value);
                    if (withoutImages) {
                        PageLayout.setLsn(frame.page, Lsn.INFINITE);
                    }
                    record.block(frame.pageId(), frame.page, info == INIT);
                }
                return wal.append(record.putShort(slot).putLong(value), lsn -> {
                    for (Frame frame : frames) {
                        changes.add(new Change(lsn, frame.block(), slot, value, info == INIT));
                    }
                });
            }

            @Override
            public void writePages(WritePacer pacer) {
                counts.checkpoints++;
                super.writePages(pacer);
            }

            @Override
            public long nextXid() {
                return lastValue + 1;
            }
        }
    }
}
