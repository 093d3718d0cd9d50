package dev.palimpsest.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.buffer.BufferPool;
import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.LogFlusher;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.buffer.PageGuard;
import dev.palimpsest.id.PageId;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.Seeds;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.DiskFile;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * The buffer pool alone under seeded schedules and power cuts. Two promises, whatever the interleaving of writers, page writer and
 * checkpoints: readers see whole pages that never go back, and what was changed before a checkpoint's writes began is on disk, whole,
 * once its forces have ended, and stays there over a power cut.
 */
class BufferPoolSimulationTest {
    private static final int SEEDS = 300 * Integer.getInteger("palimpsest.scale", 1);
    private static final int BLOCKS = 50;
    private static final int FILES = 10;

    @Test
    void shouldKeepACheckpointsPromiseOverAPowerCut() {
        int[] checked = new int[1];
        int[] cuts = new int[1];
        Seeds.forEach(SEEDS, seed -> {
            Run run = new Run(seed);
            cuts[0] += run.untilPowerCut() ? 1 : 0;
            checked[0] += run.checkAfterCut();
        });
        assertTrue(Long.getLong("palimpsest.seed") != null || checked[0] > 10 * SEEDS, "checked pages=" + checked[0]);
        assertTrue(Long.getLong("palimpsest.seed") != null || cuts[0] > SEEDS / 4, "cuts in the middle=" + cuts[0]);
    }

    @Test
    void shouldTakeTheSameWayWithTheSameSeed() {
        Seeds.forEach(10, seed -> {
            Run first = new Run(seed);
            Run second = new Run(seed);
            first.untilPowerCut();
            second.untilPowerCut();
            assertEquals(first.scheduler.traceHash(), second.scheduler.traceHash());
        });
    }

    private static final class Run {
        private final long seed;
        private final SplittableRandom random;
        private final SimulatedDisk disk;
        private final SeededScheduler scheduler;

        /** A page's value: set under its exclusive latch, after the page. */
        private final long[] model = new long[BLOCKS];

        /** The values that a finished checkpoint has promised. */
        private long[] promised = new long[BLOCKS];

        private long lsn = 1;
        private Throwable poison;
        private BufferPool pool;
        private final PageFile[] files = new PageFile[FILES];

        Run(long seed) {
            this.seed = seed;
            random = new SplittableRandom(seed);
            disk = new SimulatedDisk(seed);
            scheduler = new SeededScheduler(seed);
        }

        boolean untilPowerCut() {
            disk.requireEngineTasksOf(scheduler);
            if (random.nextBoolean()) {
                disk.crashAt(30 + random.nextInt(170));
            }
            scheduler.run(this::main);
            if (!disk.isOff()) {
                disk.powerCut(seed);
            }
            disk.reopenAfterCut();
            return scheduler.endedByPowerCut();
        }

        private void main() {
            pool = new BufferPool(stepping(disk, Disk.class), scheduler, log(), 16);
            pool.start();
            for (int i = 0; i < FILES; i++) {
                files[i] = pool.file(17 + i, PageId.MAIN);
            }
            for (int page = 0; page < BLOCKS; page++) {
                try (PageGuard guard = files[page % FILES].latchNew()) {
                    change(guard, page, page);
                }
            }
            for (int session = 0; session < 3; session++) {
                SplittableRandom choices = random.split();
                scheduler.spawnSession("writer" + session, () -> {
                    for (int i = 0; i < 40; i++) {
                        workOn(choices.nextInt(BLOCKS), choices);
                    }
                });
            }
            scheduler.join(scheduler.spawn("checkpointer", () -> {
                for (int i = 0; i < 5; i++) {
                    checkpoint();
                }
            }));
        }

        private void checkpoint() {
            long[] before = model.clone();
            pool.writeDirty((done, total) -> scheduler.step(Step.CHECKPOINT_PAGES_WRITTEN));
            pool.forceFiles();
            promised = before;
        }

        private void workOn(int page, SplittableRandom choices) {
            PageFile file = files[page % FILES];
            int block = page / FILES;
            long atLeast = model[page];
            Frame frame = file.cached(block);
            long version = frame == null ? Frame.UNREADABLE : frame.beginRead(file.pageId(block));
            if (version != Frame.UNREADABLE) {
                long first = frame.page.getLong(PageLayout.OWN_OFFSET);
                scheduler.step(Step.PAGE_READ_OPTIMISTIC);
                long last = frame.page.getLong(PageLayout.SIZE - Long.BYTES);
                if (frame.validate(version)) {
                    assertEquals(first, last);
                    assertTrue(first >= atLeast, "went back");
                }
            }
            if (choices.nextInt(3) == 0) {
                try (PageGuard guard = file.latchExclusive(block)) {
                    assertEquals(model[page], guard.page().getLong(PageLayout.OWN_OFFSET));
                    change(guard, page, model[page] + BLOCKS);
                    int other = choices.nextInt(page, BLOCKS);
                    if (other != page && choices.nextInt(4) == 0) { // a second page under the first one's latch
                        files[other % FILES].latchShared(other / FILES).close();
                    }
                }
            } else {
                try (PageGuard guard = file.latchShared(block)) {
                    assertEquals(model[page], guard.page().getLong(PageLayout.OWN_OFFSET));
                }
            }
        }

        /** In two halves with a step between: nobody may see the first alone. */
        private void change(PageGuard guard, int page, long value) {
            guard.markDirty();
            if (PageLayout.isNew(guard.page())) {
                PageLayout.init(guard.page(), PageType.HEAP, 0);
            }
            for (int offset = PageLayout.OWN_OFFSET; offset < PageLayout.SIZE; offset += Long.BYTES) {
                guard.page().putLong(offset, value);
                if (offset == PageLayout.SIZE / 2) {
                    scheduler.step(Step.HEAP_CHANGED);
                }
            }
            PageLayout.setLsn(guard.page(), ++lsn);
            model[page] = value;
        }

        private LogFlusher log() {
            return new LogFlusher() {
                @Override
                public void flush(long upTo) {
                    scheduler.step(Step.WAL_FORCED);
                }

                @Override
                public void poison(Throwable cause) {
                    poison = cause;
                }

                @Override
                public void checkUsable() {
                    if (poison != null) {
                        throw new AssertionError("poisoned", poison);
                    }
                }
            };
        }

        /** The disk with a step before and after each call: a write may take long, and much can happen meanwhile. */
        private <T> T stepping(T target, Class<T> type) {
            return type.cast(Proxy.newProxyInstance(
                    type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                        scheduler.step(Step.PAGE_COPIED);
                        Object result;
                        try {
                            result = method.invoke(target, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                        scheduler.step(Step.PAGE_WRITTEN);
                        return result instanceof DiskFile opened ? stepping(opened, DiskFile.class) : result;
                    }));
        }

        /** Pages that were changed after the promise may be torn, which is the WAL's to mend; all others are as promised. */
        int checkAfterCut() {
            int[] checked = new int[1];
            SeededScheduler second = new SeededScheduler(seed + 1);
            disk.requireEngineTasksOf(second);
            poison = null;
            second.run(() -> {
                BufferPool reopened = new BufferPool(disk, second, log(), 16);
                reopened.start();
                for (int page = 0; page < BLOCKS; page++) {
                    if (promised[page] == model[page] && promised[page] != 0) {
                        PageFile file = reopened.file(17 + page % FILES, PageId.MAIN);
                        try (PageGuard guard = file.latchShared(page / FILES)) {
                            assertEquals(promised[page], guard.page().getLong(PageLayout.OWN_OFFSET), "page=" + page);
                            assertEquals(promised[page], guard.page().getLong(PageLayout.SIZE - Long.BYTES));
                        }
                        checked[0]++;
                    }
                }
            });
            return checked[0];
        }
    }
}
