package dev.palimpsest.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WalTest {
    private final TestDisk disk = new TestDisk();
    private final WalFixture log = new WalFixture(disk, WalFixture.SMALL).create();

    @AfterEach
    void close() {
        disk.forcePermits = null;
        log.wal.close();
    }

    @Test
    void shouldForceOnlyWhatIsNotDurableYet() {
        long end = log.append("one");
        log.wal.flush(end);
        assertEquals(end, log.wal.durableLsn());
        int forces = disk.forces.get();
        log.wal.flush(end);
        log.wal.flush(end - 8);
        assertEquals(forces, disk.forces.get());
    }

    @Test
    void shouldServeManyWithOneForce() throws InterruptedException {
        Semaphore permits = new Semaphore(0);
        disk.forcePermits = permits;
        int before = disk.forces.get();
        Thread first = start(() -> log.wal.flush(log.append("first")));
        while (permits.getQueueLength() == 0) {
            Thread.onSpinWait(); // the task is in its first force
        }
        CountDownLatch appended = new CountDownLatch(20);
        List<Thread> others = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            String text = "other " + i;
            others.add(start(() -> {
                long end = log.append(text);
                appended.countDown();
                log.wal.flush(end);
            }));
        }
        appended.await();
        permits.release(2);
        first.join();
        for (Thread other : others) {
            other.join();
        }
        assertEquals(2, disk.forces.get() - before);
        assertEquals(21, log.texts().size());
    }

    @Test
    void shouldForceInTheBackgroundThoughNobodyAsks() {
        for (int i = 0; i < 3; i++) {
            long end = log.append("lonely " + i);
            while (log.wal.durableLsn() < end) {
                Thread.onSpinWait();
            }
            assertEquals(i + 1, log.texts().size());
        }
    }

    @Test
    void shouldTellListenersBeforeWaitersReturn() throws InterruptedException {
        AtomicLong published = new AtomicLong();
        log.wal.onDurable(published::set);
        List<Thread> threads = new ArrayList<>();
        AtomicReference<String> wrong = new AtomicReference<>();
        for (int t = 0; t < 4; t++) {
            threads.add(start(() -> {
                for (int i = 0; i < 300; i++) {
                    long end = log.append("x");
                    log.wal.flush(end);
                    if (published.get() < end) {
                        wrong.set("published=" + published.get() + " flushed=" + end);
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(null, wrong.get());
    }

    @Test
    void shouldRunHooksInRecordOrderAndBeforeTheRecordIsDurable() throws InterruptedException {
        List<Long> queue = new ArrayList<>(); // guarded by WAL_INSERT, like the publisher's
        AtomicLong lastQueued = new AtomicLong();
        AtomicReference<String> wrong = new AtomicReference<>();
        log.wal.onDurable(durable -> {
            if (lastQueued.get() < durable) {
                wrong.set("durable=" + durable + " queued=" + lastQueued.get());
            }
        });
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            threads.add(start(() -> {
                for (int i = 0; i < 500; i++) {
                    long end = log.wal.append(WalFixture.record("commit"), lsn -> {
                        queue.add(lsn);
                        lastQueued.set(lsn);
                    });
                    if (i % 10 == 0) {
                        log.wal.flush(end);
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        log.wal.flush(log.wal.insertLsn());
        assertEquals(null, wrong.get());
        assertEquals(2000, queue.size());
        assertEquals(queue.stream().sorted().toList(), queue);
    }

    @Test
    void shouldSwitchSegmentsAndWrapTheRing() {
        Random random = new Random(2);
        List<String> written = new ArrayList<>();
        long bytes = 0;
        while (bytes < 20L * log.options.bufferBytes()) {
            String text = WalFixture.text(
                    written.size(), random.nextInt(20) == 0 ? random.nextInt(60_000) : random.nextInt(500));
            written.add(text);
            log.append(text);
            bytes += text.length();
        }
        log.wal.flush(log.wal.insertLsn());
        assertEquals(written, log.texts());
    }

    /** Nothing is forced but what the test asks for. */
    private static WalFixture withoutTimer(TestDisk disk) {
        return new WalFixture(disk, WalFixture.SMALL.withWriterDelayNanos(1_000_000_000_000L)).create();
    }

    @Test
    void shouldMakeNoSecondSegmentBeforeItIsLikelyToBeNeeded() {
        TestDisk own = new TestDisk();
        WalFixture small = withoutTimer(own);
        small.wal.flush(small.append(WalFixture.text(1, 10_000)));
        small.wal.close();
        assertEquals(1, own.list(WalSegmentLayout.DIRECTORY).size());
        assertTrue(own.bytesWritten.get() < 13_000, "bytes=" + own.bytesWritten);
    }

    @Test
    void shouldWriteALoadOnceOnly() {
        TestDisk own = new TestDisk();
        WalFixture load = withoutTimer(own);
        long bytes = 40L * load.options.segmentBytes();
        while (load.wal.insertLsn() < bytes) {
            load.append(WalFixture.text(1, 1000));
        }
        load.wal.close();
        assertTrue(own.bytesWritten.get() < bytes * 1.1, "log=" + bytes + " written=" + own.bytesWritten);
        assertTrue(load.texts().size() > bytes / 1100);
    }

    @Test
    void shouldHaveBlocksReadyWhereManyForcesFillASegment() {
        TestDisk own = new TestDisk();
        WalFixture commits = withoutTimer(own);
        int count = 0;
        while (commits.wal.insertLsn() < 4L * commits.options.segmentBytes()) {
            commits.wal.flush(commits.append(WalFixture.text(count++, 50)));
            long segment = commits.wal.insertLsn() / commits.options.segmentBytes();
            boolean askedFor =
                    commits.wal.insertLsn() % commits.options.segmentBytes() > commits.options.segmentBytes() / 4;
            while (askedFor && !own.exists(WalSegmentLayout.path(segment + 1))) {
                Thread.onSpinWait(); // else whoever comes to its end first would get it the quick way
            }
        }
        commits.wal.close();
        assertEquals(count, commits.texts().size());
        assertTrue(
                own.forcesOfNewBlocks.get() <= 70,
                "in the first segment, a hole, once each 64th of it: " + own.forcesOfNewBlocks + " of " + own.forces);
        assertTrue(own.forces.get() > 1000);
    }

    @Test
    void shouldHaveBlocksReadyInASegmentThatALoadLeftBehind() {
        TestDisk own = new TestDisk();
        WalFixture log = withoutTimer(own);
        while (log.wal.insertLsn() < 3L * log.options.segmentBytes() + 1000) {
            log.append(WalFixture.text(1, 1000));
        }
        log.wal.flush(log.wal.insertLsn());
        int before = own.forces.get();
        own.forcesOfNewBlocks.set(0);
        while (log.wal.insertLsn() < 4L * log.options.segmentBytes() - 1000) {
            log.wal.flush(log.append(WalFixture.text(1, 50)));
        }
        log.wal.close();
        assertTrue(own.forces.get() - before > 300);
        assertTrue(own.forcesOfNewBlocks.get() <= 65, "" + own.forcesOfNewBlocks);
        log.reopen();
        log.wal.flush(log.append("one more"));
        assertEquals("one more", log.texts().get(log.texts().size() - 1));
        log.wal.close();
    }

    @Test
    void shouldWaitForSpaceWhileAForceTakesLong() throws InterruptedException {
        Semaphore permits = new Semaphore(0);
        disk.forcePermits = permits;
        log.wal.requestFlush(log.append("forced slowly"));
        AtomicBoolean done = new AtomicBoolean();
        Thread writer = start(() -> {
            for (int i = 0; i < 400; i++) {
                log.append(WalFixture.text(i, 1000));
            }
            done.set(true);
        });
        while (writer.getState() != Thread.State.WAITING) {
            assertFalse(done.get(), "400 kB can't fit into a ring of 128 KiB");
            Thread.onSpinWait();
        }
        disk.forcePermits = null;
        permits.release(1000);
        writer.join();
        log.wal.flush(log.wal.insertLsn());
        assertEquals(401, log.texts().size());
    }

    @Test
    void shouldKeepAllRecordsOfManyThreads() throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        Map<String, Long> ends = new HashMap<>();
        for (int t = 0; t < 4; t++) {
            int number = t;
            threads.add(start(() -> {
                Random random = new Random(number);
                for (int i = 0; i < 1000; i++) {
                    String text = number + "-" + WalFixture.text(i, random.nextInt(800));
                    long end = log.append(text);
                    synchronized (ends) {
                        ends.put(text + i, end);
                    }
                    if (random.nextInt(50) == 0) {
                        log.wal.flush(end);
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        log.wal.close();
        assertEquals(4000, log.texts().size());
        assertEquals(4000, ends.values().stream().distinct().count());
    }

    /**
     * Whoever moves the redo position must find an image in the first record of each page behind it, however the append that was under
     * way had decided before.
     */
    @Test
    void shouldDecideOnImagesByTheRedoPositionAtTheInsertion() throws InterruptedException {
        List<Long> redos = new ArrayList<>();
        AtomicBoolean stop = new AtomicBoolean();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 2; t++) {
            int block = t;
            threads.add(start(() -> {
                ByteBuffer page = WalFixture.page(block);
                WalRecordBuilder builder = new WalRecordBuilder();
                for (int i = 0; i < 30_000; i++) {
                    log.wal.append(
                            builder.begin(ResourceManagerId.HEAP, 0, i).block(WalFixture.pageId(block), page, false));
                }
            }));
        }
        Thread checkpointer = start(() -> {
            while (!stop.get()) {
                redos.add(log.wal.moveRedo());
                for (int i = 0; i < 300; i++) {
                    Thread.onSpinWait();
                }
            }
        });
        for (Thread thread : threads) {
            thread.join();
        }
        stop.set(true);
        checkpointer.join();
        log.wal.flush(log.wal.insertLsn());

        int next = 0;
        int records = 0;
        int images = 0;
        boolean[] seen = {true, true};
        try (WalReader reader = log.wal.read(log.first())) {
            while (reader.next()) {
                WalRecord record = reader.record();
                for (; next < redos.size() && record.startLsn() >= redos.get(next); next++) {
                    seen[0] = false;
                    seen[1] = false;
                }
                int block = (int) record.pageId(0) & 1;
                assertTrue(
                        seen[block] || record.hasImage(0),
                        "first change after redo without image, lsn=" + record.lsn());
                seen[block] = true;
                records++;
                images += record.hasImage(0) ? 1 : 0;
            }
        }
        assertEquals(60_000, records);
        assertTrue(images > 10 && images < records, "images=" + images + " redos=" + redos.size());
    }

    @Test
    void shouldStopTheEngineAfterAFailedForce() throws InterruptedException {
        log.wal.flush(log.append("one"));
        Semaphore permits = new Semaphore(0);
        disk.forcePermits = permits;
        disk.failForces = true;
        AtomicReference<Throwable> seen = new AtomicReference<>();
        List<Thread> waiters = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            waiters.add(start(
                    () -> seen.set(assertThrows(StoppedException.class, () -> log.wal.flush(log.append("lost"))))));
        }
        permits.release(10);
        for (Thread waiter : waiters) {
            waiter.join();
        }
        StoppedException stopped = (StoppedException) seen.get();
        assertEquals(SqlState.IO_ERROR, stopped.sqlState());
        assertTrue(stopped.detail().contains("could not fsync"), stopped.toString());
        StoppedException later = assertThrows(StoppedException.class, () -> log.append("more"));
        assertTrue(later.detail().contains("could not fsync"), later.toString());
        assertTrue(log.poison.isPoisoned());
    }

    @Test
    void shouldNameAFullDiskAndWakeWhoWaitsForSpace() {
        disk.failWrites = true;
        StoppedException stopped = assertThrows(StoppedException.class, () -> {
            for (int i = 0; i < 1000; i++) {
                log.append(WalFixture.text(i, 1000));
            }
        });
        assertEquals(SqlState.DISK_FULL, stopped.sqlState());
    }

    @Test
    void shouldWakeWaitersWhenSomebodyElsePoisonsTheEngine() throws InterruptedException {
        Semaphore permits = new Semaphore(0);
        disk.forcePermits = permits;
        log.wal.requestFlush(log.append("in the force under way"));
        while (permits.getQueueLength() == 0) {
            Thread.onSpinWait();
        }
        AtomicReference<StoppedException> seen = new AtomicReference<>();
        Thread waiter = start(() -> {
            long end = log.append("never forced");
            seen.set(assertThrows(StoppedException.class, () -> log.wal.flush(end)));
        });
        while (waiter.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        log.wal.poison(new IllegalStateException("a page half changed"));
        permits.release(100);
        waiter.join();
        assertTrue(seen.get().detail().contains("half changed"), seen.toString());
        StoppedException stopped = assertThrows(StoppedException.class, log.wal::checkUsable);
        assertEquals(SqlState.INTERNAL_ERROR, stopped.sqlState());
    }

    @Test
    void shouldPoisonTheEngineIfAHookThrows() {
        assertThrows(
                IllegalStateException.class,
                () -> log.wal.append(WalFixture.record("x"), lsn -> {
                    throw new IllegalStateException("hook");
                }));
        assertThrows(StoppedException.class, () -> log.append("y"));
    }

    @Test
    void shouldMakeEverythingDurableAtCloseAndRefuseMore() {
        log.append("one");
        log.append("two");
        log.wal.close();
        assertEquals(List.of("one", "two"), log.texts());
        StoppedException closed = assertThrows(StoppedException.class, () -> log.append("three"));
        assertEquals(SqlState.ADMIN_SHUTDOWN, closed.sqlState());
        log.wal.flush(log.wal.insertLsn());
        log.wal.close();
    }

    @Test
    void shouldRefuseAFlushBeyondTheEnd() {
        StoppedException wrong = assertThrows(StoppedException.class, () -> log.wal.flush(log.wal.insertLsn() + 8));
        assertEquals(SqlState.DATA_CORRUPTED, wrong.sqlState());
    }

    @Test
    void shouldKeepAnInterruptForLater() {
        Thread.currentThread().interrupt();
        log.wal.flush(log.append("one"));
        assertTrue(Thread.interrupted());
        assertEquals(List.of("one"), log.texts());
    }

    @Test
    void shouldRemoveSegmentsBeforeAnLsnOnly() {
        for (int i = 0; log.wal.insertLsn() < 5L * log.first(); i++) {
            log.append(WalFixture.text(i, 1000));
        }
        log.wal.flush(log.wal.insertLsn());
        long keep = 3L * log.first() + 500;
        log.onEngineTask(() -> assertEquals(2, log.wal.removeBefore(keep)));
        assertFalse(disk.exists(WalSegmentLayout.path(2)));
        assertTrue(disk.exists(WalSegmentLayout.path(3)));
        log.onEngineTask(() -> assertEquals(0, log.wal.removeBefore(keep)));
    }

    private static Thread start(Runnable body) {
        Thread thread = new Thread(body);
        thread.start();
        return thread;
    }
}
