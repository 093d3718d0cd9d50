package dev.palimpsest.buffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.id.PageId;
import dev.palimpsest.latch.Latch;
import dev.palimpsest.page.PageLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real threads on a small pool. What a schedule has to hit exactly is in the simulated tests. */
@Timeout(120)
class BufferPoolConcurrencyTest {
    private static final int SCALE = Integer.getInteger("palimpsest.scale", 1);

    /** A page's value is told by a counter that is changed under its latch: the model. */
    @Test
    void shouldAgreeWithAModelUnderFourWritersAndACheckpointer() {
        int blocks = 20 * 16;
        PoolFixture fixture = new PoolFixture(16);
        PageFile file = fixture.pool.file(17, PageId.MAIN);
        fixture.extend(file, blocks);
        AtomicLongArray model = new AtomicLongArray(blocks);
        for (int block = 0; block < blocks; block++) {
            model.set(block, block);
        }
        AtomicBoolean done = new AtomicBoolean();
        Workers workers = new Workers();
        for (int worker = 0; worker < 4; worker++) {
            SplittableRandom random = new SplittableRandom(worker);
            workers.start(() -> {
                for (int i = 0; i < 10_000 * SCALE; i++) {
                    workOn(fixture, file, random.nextInt(blocks), random, model);
                }
            });
        }
        Workers checkpointer = new Workers();
        checkpointer.start(() -> {
            while (!done.get()) {
                fixture.checkpoint();
            }
        });
        workers.join();
        done.set(true);
        checkpointer.join();
        fixture.checkpoint();
        assertTrue(fixture.disk.unforced.isEmpty());
        fixture.reopen();
        PageFile reopened = fixture.pool.file(17, PageId.MAIN);
        for (int block = 0; block < blocks; block++) {
            try (PageGuard guard = reopened.latchShared(block)) {
                assertEquals(model.get(block), wholeValue(guard), "block=" + block);
            }
        }
        fixture.close();
        assertNull(fixture.poison.get());
    }

    private static void workOn(
            PoolFixture fixture, PageFile file, int block, SplittableRandom random, AtomicLongArray model) {
        if (random.nextInt(3) == 0) {
            try (PageGuard guard = file.latchExclusive(block)) {
                assertEquals(model.get(block), wholeValue(guard), "block=" + block);
                fixture.fill(guard, model.addAndGet(block, 1_000));
            }
        } else {
            try (PageGuard guard = file.latchShared(block)) {
                assertEquals(model.get(block), wholeValue(guard), "block=" + block);
            }
        }
    }

    /**
     * Each page holds one number throughout, a multiple of the block count plus its block; readers that hold neither pin nor latch
     * must only ever accept whole pages, of the right block, and never an older one than before.
     */
    @Test
    void shouldShowWholeVersionsToReadersThatDontLatch() {
        int blocks = 64;
        PoolFixture fixture = new PoolFixture(48);
        PageFile file = fixture.pool.file(17, PageId.MAIN);
        fixture.extend(file, blocks);
        AtomicBoolean done = new AtomicBoolean();
        AtomicLong accepted = new AtomicLong();
        AtomicLong rejected = new AtomicLong();
        Workers writers = new Workers();
        Workers readers = new Workers();
        for (int reader = 0; reader < 2; reader++) {
            SplittableRandom random = new SplittableRandom(100 + reader);
            long[] newest = new long[blocks];
            readers.start(() -> {
                while (!done.get()) {
                    int block = random.nextInt(blocks);
                    long value = readOptimistically(file, block);
                    if (value < 0) {
                        rejected.incrementAndGet();
                        continue;
                    }
                    accepted.incrementAndGet();
                    assertEquals(block, value % blocks);
                    assertTrue(value >= newest[block], "went back, block=" + block);
                    newest[block] = value;
                }
            });
        }
        for (int writer = 0; writer < 2; writer++) {
            SplittableRandom random = new SplittableRandom(writer);
            writers.start(() -> {
                for (int i = 0; i < 30_000 * SCALE; i++) {
                    try (PageGuard guard = file.latchExclusive(random.nextInt(blocks))) {
                        fixture.fill(guard, PoolFixture.value(guard) + blocks);
                    }
                }
            });
        }
        writers.join();
        done.set(true);
        readers.join();
        assertTrue(accepted.get() > 1_000, "accepted=" + accepted + " rejected=" + rejected);
        assertTrue(rejected.get() > 0, "the test never met a change, accepted=" + accepted);
        assertTrue(fixture.pool.metrics().evictions() > 1_000);
        fixture.close();
        assertNull(fixture.poison.get());
    }

    /** The value if the page was whole, -1 if the read has to be repeated. Fails if a validated page wasn't whole. */
    private static long readOptimistically(PageFile file, int block) {
        Frame frame = file.cached(block);
        if (frame == null) {
            return -1;
        }
        long version = frame.beginRead(file.pageId(block));
        if (version == Frame.UNREADABLE) {
            return -1;
        }
        long first = frame.page.getLong(PageLayout.OWN_OFFSET);
        boolean whole = frame.newestCsn() == first || frame.newestCsn() == Long.MAX_VALUE;
        for (int offset = PageLayout.OWN_OFFSET; offset < PageLayout.SIZE; offset += Long.BYTES) {
            whole &= frame.page.getLong(offset) == first;
        }
        if (!frame.validate(version)) {
            return -1;
        }
        assertTrue(whole, "validated a page that isn't whole");
        return first;
    }

    @Test
    void shouldExtendFromManyThreadsWithoutGapsOrTwins() {
        PoolFixture fixture = new PoolFixture(32);
        PageFile file = fixture.pool.file(17, PageId.MAIN);
        Workers workers = new Workers();
        for (int worker = 0; worker < 4; worker++) {
            workers.start(() -> fixture.extend(file, 500));
        }
        workers.join();
        assertEquals(2_000, file.blockCount());
        for (int block = 0; block < 2_000; block++) {
            try (PageGuard guard = file.latchShared(block)) {
                assertEquals(block, wholeValue(guard));
            }
        }
        fixture.close();
    }

    @Test
    void shouldDropFilesUnderWriteOuts() {
        PoolFixture fixture = new PoolFixture(32);
        AtomicBoolean done = new AtomicBoolean();
        Workers checkpointer = new Workers();
        checkpointer.start(() -> {
            while (!done.get()) {
                fixture.checkpoint();
            }
        });
        Workers workers = new Workers();
        for (int worker = 0; worker < 3; worker++) {
            int firstNumber = 1_000 * worker;
            workers.start(() -> {
                for (int i = 0; i < 200; i++) {
                    fixture.extend(fixture.pool.file(firstNumber + i, PageId.MAIN), 20);
                    fixture.pool.drop(firstNumber + i);
                }
            });
        }
        workers.join();
        done.set(true);
        checkpointer.join();
        assertEquals(List.of(), fixture.disk.list("base"));
        fixture.close();
        assertNull(fixture.poison.get());
    }

    private static long wholeValue(PageGuard guard) {
        long first = PoolFixture.value(guard);
        for (int offset = PageLayout.OWN_OFFSET; offset < PageLayout.SIZE; offset += Long.BYTES) {
            assertEquals(first, guard.page().getLong(offset));
        }
        return first;
    }

    /** Threads whose first failure is thrown by {@link #join}. */
    private static final class Workers {
        private final List<Thread> threads = new ArrayList<>();
        private final AtomicReference<Throwable> failure = new AtomicReference<>();

        void start(Runnable body) {
            Thread thread = new Thread(() -> {
                try {
                    body.run();
                    assertTrue(Latch.noneHeld());
                } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                }
            });
            threads.add(thread);
            thread.start();
        }

        void join() {
            try {
                for (Thread thread : threads) {
                    thread.join();
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            if (failure.get() != null) {
                throw new AssertionError("a worker failed", failure.get());
            }
        }
    }
}
