package dev.palimpsest.latch;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.ThreadScheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 40, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LatchTest {
    private final Scheduler scheduler = new ThreadScheduler();
    private final Latch latch = new Latch(LatchRank.HEAP_PAGE, scheduler);

    @Test
    void shouldExcludeAndShare() {
        latch.acquireExclusive();
        assertTrue(latch.isHeldExclusive());
        assertFalse(latch.tryAcquireShared());
        assertFalse(latch.tryAcquireExclusive());
        latch.releaseExclusive();
        assertTrue(latch.tryAcquireShared());
        assertTrue(latch.tryAcquireShared());
        assertFalse(latch.tryAcquireExclusive());
        latch.releaseShared();
        assertFalse(latch.tryAcquireExclusive(), "one sharer is left");
        latch.releaseShared();
        assertTrue(latch.tryAcquireExclusive());
        latch.releaseExclusive();
        assertTrue(Latch.noneHeld());
    }

    @Test
    void shouldRefuseALatchBelowOneThatIsHeld() {
        Latch lower = new Latch(LatchRank.WAL_INSERT, scheduler);
        lower.acquireExclusive();
        AssertionError error = assertThrows(AssertionError.class, latch::acquireShared);
        assertTrue(error.getMessage().contains("HEAP_PAGE"), error.getMessage());
        assertTrue(error.getMessage().contains("WAL_INSERT"), error.getMessage());
        assertFalse(Latch.noneHeld());
        lower.releaseExclusive();
        assertDoesNotThrow(latch::acquireShared);
        latch.releaseShared();
    }

    @Test
    void shouldNestARankOnlyWhereItSaysSo() {
        for (LatchRank rank : LatchRank.values()) {
            Latch first = new Latch(rank, scheduler);
            Latch second = new Latch(rank, scheduler);
            first.acquireShared();
            if (rank.nests()) {
                second.acquireShared();
                second.releaseShared();
            } else {
                assertThrows(AssertionError.class, second::acquireShared, rank.toString());
            }
            first.releaseShared();
        }
        assertTrue(Latch.noneHeld());
    }

    @Test
    void shouldAllowEveryAscendingPair() {
        for (LatchRank before : LatchRank.values()) {
            for (LatchRank after : LatchRank.values()) {
                Latch first = new Latch(before, scheduler);
                Latch second = new Latch(after, scheduler);
                first.acquireExclusive();
                if (before.compareTo(after) < 0) {
                    second.acquireExclusive();
                    second.releaseExclusive();
                } else if (before.compareTo(after) > 0) {
                    assertThrows(AssertionError.class, second::acquireExclusive);
                }
                first.releaseExclusive();
            }
        }
        assertTrue(Latch.noneHeld());
    }

    @Test
    void shouldNoticeAReleaseWithoutAnAcquire() {
        assertThrows(AssertionError.class, latch::releaseExclusive);
    }

    @Test
    void shouldWaitOnThroughAnInterruptAndKeepIt() throws InterruptedException {
        latch.acquireExclusive();
        AtomicBoolean pending = new AtomicBoolean();
        Thread waiter = start(() -> {
            latch.acquireExclusive();
            pending.set(Thread.interrupted());
            latch.releaseExclusive();
        });
        awaitBlocked(waiter);
        waiter.interrupt();
        waiter.join(20);
        assertTrue(waiter.isAlive(), "an interrupt doesn't end the wait");
        latch.releaseExclusive();
        waiter.join();
        assertTrue(pending.get());
    }

    @Test
    void shouldWakeAWaiterAtTheLastReleaseOfEitherKind() throws InterruptedException {
        for (boolean exclusive : new boolean[] {true, false}) {
            if (exclusive) {
                latch.acquireExclusive();
            } else {
                latch.acquireShared();
            }
            Thread waiter = start(() -> {
                latch.acquireExclusive();
                latch.releaseExclusive();
            });
            awaitBlocked(waiter);
            if (exclusive) {
                latch.releaseExclusive();
            } else {
                latch.releaseShared();
            }
            waiter.join();
        }
    }

    @Test
    void shouldWakeAllSharersAfterAnExclusiveHolder() throws InterruptedException {
        latch.acquireExclusive();
        AtomicInteger inside = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Thread thread = start(() -> {
                latch.acquireShared();
                inside.incrementAndGet();
                while (inside.get() < 4) { // ends only if all four are let in together
                    Thread.onSpinWait();
                }
                latch.releaseShared();
            });
            threads.add(thread);
            awaitBlocked(thread);
        }
        latch.releaseExclusive();
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(4, inside.get());
    }

    @Test
    void shouldLoseNoWakeUpAndNoUpdateUnderStress() throws InterruptedException {
        stress(threads -> LockSupport.parkNanos(1_000_000)); // no help from outside: a lost wake-up hangs
    }

    @Test
    void shouldStandStrayPermitsAndInterrupts() throws InterruptedException {
        stress(threads -> {
            threads.get(ThreadLocalRandom.current().nextInt(threads.size())).interrupt();
            LockSupport.unpark(threads.get(ThreadLocalRandom.current().nextInt(threads.size())));
            LockSupport.parkNanos(50_000);
        });
    }

    private void stress(Consumer<List<Thread>> meanwhile) throws InterruptedException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        int[] guarded = new int[2];
        AtomicInteger writes = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            threads.add(start(() -> {
                try {
                    for (int round = 0; round < 60_000; round++) {
                        stressRound(guarded, writes);
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            }));
        }
        while (threads.stream().anyMatch(Thread::isAlive)) {
            assertFalse(Thread.currentThread().isInterrupted(), "timed out");
            meanwhile.accept(threads);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertNull(failure.get());
        assertEquals(writes.get(), guarded[0]);
        assertEquals(writes.get(), guarded[1]);
        assertTrue(latch.tryAcquireExclusive());
        latch.releaseExclusive();
    }

    private void stressRound(int[] guarded, AtomicInteger writes) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        boolean attempt = random.nextInt(8) == 0;
        if (random.nextBoolean()) {
            if (attempt && !latch.tryAcquireExclusive()) {
                return;
            } else if (!attempt) {
                latch.acquireExclusive();
            }
            guarded[0]++;
            spin(random.nextInt(40));
            guarded[1]++;
            latch.releaseExclusive();
            writes.incrementAndGet();
        } else {
            if (attempt && !latch.tryAcquireShared()) {
                return;
            } else if (!attempt) {
                latch.acquireShared();
            }
            int first = guarded[0];
            spin(random.nextInt(40));
            assertEquals(first, guarded[1], "a sharer sees no half write");
            latch.releaseShared();
        }
    }

    /** A daemon, so that one that hangs doesn't keep the test run alive. */
    private static Thread start(Runnable body) {
        Thread thread = new Thread(body);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void spin(int times) {
        if (times == 0) {
            Thread.yield();
        }
        for (int i = 0; i < times; i++) {
            Thread.onSpinWait();
        }
    }

    private static void awaitBlocked(Thread thread) {
        while (thread.getState() != Thread.State.WAITING) {
            assertFalse(Thread.currentThread().isInterrupted(), "timed out");
            Thread.onSpinWait();
        }
    }
}
