package dev.palimpsest.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.latch.Latch;
import dev.palimpsest.latch.LatchRank;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.storage.DiskFile;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SeededSchedulerTest {
    @Test
    void shouldGiveTheSameTraceForTheSameSeed() {
        Set<Long> hashes = new HashSet<>();
        for (long seed = 0; seed < 50; seed++) {
            MixedProgram first = new MixedProgram(seed);
            MixedProgram second = new MixedProgram(seed);
            assertEquals(first.log, second.log, "seed=" + seed);
            assertEquals(first.scheduler.traceHash(), second.scheduler.traceHash(), "seed=" + seed);
            assertTrue(first.scheduler.eventCount() > 100);
            hashes.add(first.scheduler.traceHash());
        }
        assertEquals(50, hashes.size(), "every seed takes another way");
    }

    @Test
    void shouldFindAPlantedRaceAndReplayIt() {
        List<Long> found = new ArrayList<>();
        for (long seed = 0; seed < 200; seed++) {
            if (lostUpdate(seed)) {
                found.add(seed);
                assertTrue(lostUpdate(seed), "replays, seed=" + seed);
            }
        }
        assertTrue(found.size() > 20 && found.size() < 200, "found by " + found.size() + " of 200 seeds");
    }

    @Test
    void shouldReportADeadlockWithItsTasksAndSeed() {
        int deadlocks = 0;
        for (long seed = 0; seed < 100; seed++) {
            SeededScheduler scheduler = new SeededScheduler(seed);
            Latch first = new Latch(LatchRank.HEAP_PAGE, scheduler);
            Latch second = new Latch(LatchRank.HEAP_PAGE, scheduler);
            try {
                scheduler.run(() -> {
                    scheduler.spawnSession("other", () -> takeBoth(scheduler, second, first));
                    takeBoth(scheduler, first, second);
                });
            } catch (SimulationFailure e) {
                deadlocks++;
                assertTrue(e.getMessage().contains("deadlock"), e.getMessage());
                assertTrue(e.getMessage().contains("seed=" + seed), e.getMessage());
                assertTrue(e.getMessage().contains("session other PARKED on"), e.getMessage());
                assertTrue(e.getMessage().contains("takeBoth"), "stacks: " + e.getMessage());
            }
        }
        assertTrue(deadlocks > 5 && deadlocks < 100, "deadlocks=" + deadlocks);
    }

    @Test
    void shouldReportADeadlockThoughAnEngineTaskTicks() {
        SeededScheduler scheduler = new SeededScheduler(1);
        SimulationFailure failure = assertThrows(
                SimulationFailure.class,
                () -> scheduler.run(() -> {
                    scheduler.spawn("ticker", () -> {
                        while (true) {
                            scheduler.park(this, TimeUnit.SECONDS.toNanos(1));
                        }
                    });
                    waitFor(scheduler, new boolean[1]);
                }));
        assertTrue(failure.getMessage().contains("deadlock"), failure.getMessage());
    }

    @Test
    void shouldLoseNoWakeUpAndExcludeUnderALatch() {
        for (long seed = 0; seed < 3_000; seed++) {
            SeededScheduler scheduler = new SeededScheduler(seed);
            Latch latch = new Latch(LatchRank.OTHER_PAGE, scheduler);
            int[] inside = new int[2]; // exclusive, shared
            int[] done = new int[1];
            scheduler.run(() -> {
                for (int i = 0; i < 4; i++) {
                    boolean exclusive = i < 2;
                    scheduler.spawnSession("s" + i, () -> {
                        for (int round = 0; round < 3; round++) {
                            useLatch(scheduler, latch, exclusive, inside);
                            done[0]++;
                        }
                    });
                }
            });
            assertEquals(12, done[0], "seed=" + seed);
        }
    }

    @Test
    void shouldKeepAPermitGivenBeforeThePark() {
        for (long seed = 0; seed < 100; seed++) {
            SeededScheduler scheduler = new SeededScheduler(seed);
            scheduler.run(() -> {
                Thread self = Thread.currentThread();
                scheduler.unpark(self);
                scheduler.unpark(self); // one permit, not two
                scheduler.park(this, Long.MAX_VALUE);
                long before = scheduler.nanoTime();
                while (scheduler.nanoTime() - before < 1_000_000_000) { // spurious returns are allowed
                    scheduler.park(this, 1_000_000_000);
                }
            });
        }
    }

    @Test
    void shouldJumpToTheEarliestTimeoutWhenNobodyRuns() {
        SeededScheduler scheduler = new SeededScheduler(3);
        List<String> order = new ArrayList<>();
        scheduler.run(() -> {
            for (int minutes : new int[] {30, 10, 20}) {
                scheduler.spawnSession("sleeper", () -> {
                    sleep(scheduler, TimeUnit.MINUTES.toNanos(minutes));
                    order.add(minutes + "");
                });
            }
        });
        assertEquals(List.of("10", "20", "30"), order);
        assertTrue(scheduler.nanoTime() >= TimeUnit.MINUTES.toNanos(30));
        assertTrue(scheduler.nanoTime() < TimeUnit.MINUTES.toNanos(31));
    }

    @Test
    void shouldDeliverAnInterruptAtAWaitAndLeaveItPending() {
        for (long seed = 0; seed < 100; seed++) {
            SeededScheduler scheduler = new SeededScheduler(seed);
            boolean[] seen = new boolean[2];
            scheduler.run(() -> {
                Thread waiter = scheduler.spawnSession("waiter", () -> {
                    while (!Thread.currentThread().isInterrupted()) {
                        scheduler.park(this, Long.MAX_VALUE);
                    }
                    seen[0] = Thread.interrupted();
                    waitFor(scheduler, seen, 1);
                });
                scheduler.step(Step.STATEMENT);
                scheduler.interrupt(waiter);
                scheduler.step(Step.STATEMENT);
                seen[1] = true;
                scheduler.unpark(waiter);
            });
            assertTrue(seen[0], "seed=" + seed);
        }
    }

    @Test
    void shouldUnwindEngineTasksWhenTheSessionsAreDone() {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        List<Thread> daemons = new ArrayList<>();
        SeededScheduler scheduler = new SeededScheduler(5);
        scheduler.run(() -> {
            daemons.add(scheduler.spawn("daemon", () -> {
                assertTrue(scheduler.onEngineTask());
                try {
                    waitFor(scheduler, new boolean[1]);
                } catch (Error e) {
                    thrown.set(e);
                    throw e;
                }
            }));
            assertFalse(scheduler.onEngineTask());
            sleep(scheduler, 1_000_000_000);
        });
        assertSame(SimulationOver.class, thrown.get().getClass());
        assertFalse(daemons.get(0).isAlive(), "no thread is left behind");
    }

    @Test
    void shouldPassOnATasksFailureWithSeedAndCause() {
        IllegalStateException cause = new IllegalStateException("broken");
        for (boolean engineTask : new boolean[] {false, true}) {
            SeededScheduler scheduler = new SeededScheduler(77);
            SimulationFailure failure = assertThrows(
                    SimulationFailure.class,
                    () -> scheduler.run(() -> {
                        Runnable body = () -> {
                            throw cause;
                        };
                        Thread task = engineTask ? scheduler.spawn("t", body) : scheduler.spawnSession("t", body);
                        scheduler.join(task);
                        sleep(scheduler, 1_000);
                    }));
            assertSame(cause, failure.getCause());
            assertTrue(failure.getMessage().contains("seed=77"), failure.getMessage());
        }
    }

    @Test
    void shouldEndEverybodyAtAPowerCutAndStartAgainOnTheSameDisk() {
        for (long seed = 0; seed < 200; seed++) {
            SimulatedDisk disk = new SimulatedDisk(seed);
            SeededScheduler scheduler = new SeededScheduler(seed);
            disk.requireEngineTasksOf(scheduler);
            disk.crashAt(3 + seed % 20);
            int[] forced = new int[1];
            scheduler.run(() -> appendForEver(scheduler, disk, forced));
            assertTrue(scheduler.endedByPowerCut());
            disk.reopenAfterCut();
            SeededScheduler next = new SeededScheduler(seed);
            next.run(() -> {
                if (forced[0] > 0) {
                    ByteBuffer dst = ByteBuffer.allocate(10_000);
                    disk.open("log", false).read(dst, 0);
                    for (int i = 0; i < forced[0]; i++) {
                        assertEquals(i + 1, dst.getInt(4 * i));
                    }
                }
            });
            assertFalse(next.endedByPowerCut());
        }
    }

    @Test
    void shouldLetATaskAbandonTheRun() {
        SeededScheduler scheduler = new SeededScheduler(9);
        boolean[] cleanedUp = new boolean[1];
        scheduler.run(() -> {
            scheduler.spawnSession("other", () -> {
                try {
                    waitFor(scheduler, new boolean[1]);
                } finally {
                    cleanedUp[0] = true;
                }
            });
            sleep(scheduler, 1_000_000_000);
            scheduler.abandonAll();
        });
        assertTrue(cleanedUp[0]);
    }

    @Test
    void shouldReportATaskThatWontEnd() {
        SeededScheduler scheduler = new SeededScheduler(2);
        SimulationFailure failure = assertThrows(
                SimulationFailure.class,
                () -> scheduler.run(() -> {
                    scheduler.spawn("stubborn", () -> {
                        while (true) {
                            try {
                                scheduler.park(this, Long.MAX_VALUE);
                            } catch (SimulationOver e) {
                                // the planted fault
                            }
                        }
                    });
                    sleep(scheduler, 1_000);
                }));
        assertTrue(failure.getMessage().contains("stubborn swallows"), failure.getMessage());
    }

    @Test
    void shouldReportARunWithoutEnd() {
        SeededScheduler scheduler = new SeededScheduler(4).limitEvents(10_000);
        SimulationFailure failure = assertThrows(
                SimulationFailure.class,
                () -> scheduler.run(() -> {
                    while (true) {
                        scheduler.step(Step.STATEMENT);
                    }
                }));
        assertTrue(failure.getMessage().contains("no end after"), failure.getMessage());
    }

    @Test
    void shouldNotStarveATaskBehindOneThatSpinsOnSteps() {
        for (long seed = 0; seed < 300; seed++) {
            SeededScheduler scheduler = new SeededScheduler(seed).limitEvents(200_000);
            boolean[] flag = new boolean[1];
            scheduler.run(() -> {
                scheduler.spawnSession("setter", () -> flag[0] = true);
                while (!flag[0]) {
                    scheduler.step(Step.STATEMENT);
                }
            });
        }
    }

    @Test
    void shouldTellOutsidersWhatToDo() {
        SeededScheduler scheduler = new SeededScheduler(1);
        IllegalStateException error =
                assertThrows(IllegalStateException.class, () -> scheduler.park(this, Long.MAX_VALUE));
        assertTrue(error.getMessage().contains("run(...)"), error.getMessage());
        assertThrows(IllegalStateException.class, () -> scheduler.step(Step.STATEMENT));
        assertThrows(IllegalStateException.class, () -> scheduler.unpark(Thread.currentThread()));
        assertThrows(IllegalStateException.class, () -> scheduler.join(Thread.currentThread()));
        scheduler.run(() -> {});
        assertThrows(IllegalStateException.class, () -> scheduler.run(() -> {}));
        assertFalse(scheduler.onEngineTask());
    }

    @Test
    void shouldNameTheSeedOfAFailingTest() {
        AssertionError error =
                assertThrows(AssertionError.class, () -> Seeds.forEach(10, seed -> assertNotEquals(7, seed)));
        assertTrue(error.getMessage().contains("-Dpalimpsest.seed=7"), error.getMessage());
        assertNotNull(error.getCause());
    }

    /**
     * Latches, parks with and without timeouts, permits, engine tasks, joins, interrupts and randomness; logs who did
     * what.
     */
    private static final class MixedProgram {
        final SeededScheduler scheduler;
        final List<String> log = new ArrayList<>();
        private final Latch latch;
        private final boolean[] go = new boolean[1];

        MixedProgram(long seed) {
            scheduler = new SeededScheduler(seed);
            latch = new Latch(LatchRank.HEAP_PAGE, scheduler);
            scheduler.run(this::root);
        }

        private void root() {
            List<Thread> sessions = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int number = i;
                sessions.add(scheduler.spawnSession("s" + i, () -> session(number)));
            }
            Thread engineTask = scheduler.spawn("e", () -> {
                for (int i = 0; i < 10; i++) {
                    scheduler.park(this, 5_000);
                    log.add("tick " + scheduler.nanoTime());
                }
            });
            scheduler.step(Step.STATEMENT);
            go[0] = true;
            sessions.forEach(scheduler::unpark);
            scheduler.interrupt(sessions.get(1));
            scheduler.join(engineTask);
            log.add("joined");
        }

        private void session(int number) {
            waitFor(scheduler, go);
            for (int i = 0; i < 6; i++) {
                boolean exclusive = scheduler.random().nextInt(3) == 0;
                if (exclusive) {
                    latch.acquireExclusive();
                } else {
                    latch.acquireShared();
                }
                scheduler.step(Step.HEAP_CHANGED);
                log.add(number + " " + i + " " + exclusive + " "
                        + Thread.currentThread().isInterrupted());
                scheduler.step(Step.PAGE_COPIED);
                if (exclusive) {
                    latch.releaseExclusive();
                } else {
                    latch.releaseShared();
                }
                scheduler.park(this, scheduler.random().nextInt(20_000));
            }
        }
    }

    /** Two increments with a step between load and store. */
    private static boolean lostUpdate(long seed) {
        SeededScheduler scheduler = new SeededScheduler(seed);
        int[] counter = new int[1];
        Runnable increment = () -> {
            int value = counter[0];
            scheduler.step(Step.STATEMENT);
            counter[0] = value + 1;
        };
        scheduler.run(() -> {
            scheduler.spawnSession("a", increment);
            scheduler.spawnSession("b", increment);
        });
        return counter[0] == 1;
    }

    private static void takeBoth(SeededScheduler scheduler, Latch first, Latch second) {
        first.acquireExclusive();
        scheduler.step(Step.STATEMENT);
        second.acquireExclusive();
        second.releaseExclusive();
        first.releaseExclusive();
    }

    private static void useLatch(SeededScheduler scheduler, Latch latch, boolean exclusive, int[] inside) {
        if (exclusive) {
            latch.acquireExclusive();
        } else {
            latch.acquireShared();
        }
        inside[exclusive ? 0 : 1]++;
        assertTrue(inside[0] == 0 || inside[0] == 1 && inside[1] == 0, "exclusion");
        scheduler.step(Step.HEAP_CHANGED);
        inside[exclusive ? 0 : 1]--;
        if (exclusive) {
            latch.releaseExclusive();
        } else {
            latch.releaseShared();
        }
        scheduler.step(Step.HEAP_BEFORE_LATCH);
    }

    private static void appendForEver(SeededScheduler scheduler, SimulatedDisk disk, int[] forced) {
        Thread writer = scheduler.spawn("writer", () -> {
            DiskFile file = disk.open("log", true);
            disk.forceDirectory("");
            for (int i = 0; ; i++) {
                file.write(ByteBuffer.allocate(4).putInt(0, i + 1), 4L * i);
                scheduler.step(Step.WAL_WRITTEN);
                file.force();
                forced[0] = i + 1;
            }
        });
        scheduler.join(writer);
    }

    private static void waitFor(SeededScheduler scheduler, boolean[] flag) {
        waitFor(scheduler, flag, 0);
    }

    private static void waitFor(SeededScheduler scheduler, boolean[] flags, int index) {
        scheduler.awaitUninterruptibly(flags, () -> flags[index]);
    }

    private static void sleep(SeededScheduler scheduler, long nanos) {
        long end = scheduler.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = end - scheduler.nanoTime()) {
            scheduler.park("sleep", left);
        }
    }
}
