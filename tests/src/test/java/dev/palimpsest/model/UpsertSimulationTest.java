package dev.palimpsest.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.Database;
import dev.palimpsest.crash.SimulatedEngine;
import dev.palimpsest.recovery.CheckpointOptions;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.Seeds;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.wal.WalOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Inserters of the same keys race under the seeded scheduler: with one unique index and with two, several rows a statement and one,
 * commits and rollbacks. Afterwards there is one row a key, and the amounts of those who committed are all there, after a power cut too.
 */
class UpsertSimulationTest {
    private static final int SEEDS = 60 * Integer.getInteger("palimpsest.scale", 1);
    private static final long MAX_EVENTS = 4_000_000;

    @Test
    @Tag("scaled")
    void shouldLoseNoAmountAndDoubleNoKey() {
        int[] counts = new int[UpsertSessions.COUNTS];
        Seeds.forEach(
                SEEDS,
                seed -> race(seed, counts, 2 + (int) (seed % 2), (sessions, random) -> {
                    sessions.mixed(random, 12);
                }));
        System.out.println("UpsertSimulationTest: committed, lost, waits " + Arrays.toString(counts));
        if (Long.getLong("palimpsest.seed") == null) {
            assertTrue(counts[UpsertSessions.COMMITTED] > 10 * SEEDS, "too few commits");
            assertTrue(counts[UpsertSessions.WAITS] > SEEDS, "too few waits");
        }
    }

    /** Who holds nothing but a row that may have to give way must not be part of a deadlock. */
    @Test
    @Tag("scaled")
    void shouldNotDeadlockOverOneRowATransaction() {
        int[] counts = new int[UpsertSessions.COUNTS];
        Seeds.forEach(SEEDS, seed -> race(seed, counts, 3, (sessions, random) -> sessions.oneRowEach(random, 12)));
        assertEquals(0, counts[UpsertSessions.DEADLOCKS]);
    }

    /** Rows of one statement must not get in before those that it gave first. */
    @Test
    @Tag("scaled")
    void shouldNotDeadlockWhereAllInsertInOneOrder() {
        int[] counts = new int[UpsertSessions.COUNTS];
        Seeds.forEach(2 * SEEDS, seed -> race(seed, counts, 3, (sessions, random) -> sessions.inOrder(random, 8)));
        assertEquals(0, counts[UpsertSessions.DEADLOCKS]);
        assertEquals(0, counts[UpsertSessions.LOST]);
    }

    /**
     * T1 inserts (1, 2). T2 inserts (5, 2), then (1, 7). Whoever has (·, 2) for good lets the other one wait; neither may wait for T1's row
     * once it gave way.
     */
    @Test
    @Tag("scaled")
    void shouldNotWaitForTheTransactionOfARowThatGaveWay() {
        int[] counts = new int[UpsertSessions.COUNTS];
        Seeds.forEach(5 * SEEDS, seed -> {
            SimulatedDisk disk = new SimulatedDisk(seed);
            SeededScheduler scheduler = new SeededScheduler(seed).limitEvents(MAX_EVENTS);
            scheduler.run(() -> {
                Database db = SimulatedEngine.open(disk, scheduler, SimulatedEngine.Settings.small());
                UpsertSessions.create(db, true);
                UpsertSessions sessions = new UpsertSessions(db, counts, true);
                Thread first = scheduler.spawnSession("first", () -> sessions.insertOrNothing(1, 2));
                Thread second = scheduler.spawnSession("second", () -> sessions.insertOrNothing(5, 2, 1, 7));
                scheduler.join(first);
                scheduler.join(second);
                sessions.verify();
                SimulatedEngine.check(db);
                db.close();
            });
        });
        assertEquals(0, counts[UpsertSessions.DEADLOCKS]);
        assertEquals(0, counts[UpsertSessions.LOST]);
    }

    private static void race(
            long seed, int[] counts, int racers, BiConsumer<UpsertSessions, SplittableRandom> transactions) {
        SplittableRandom random = new SplittableRandom(seed);
        SimulatedDisk disk = new SimulatedDisk(seed);
        SeededScheduler scheduler = new SeededScheduler(seed).limitEvents(MAX_EVENTS);
        disk.requireEngineTasksOf(scheduler);
        boolean twoIndexes = random.nextBoolean();
        boolean crashes = random.nextBoolean();
        UpsertSessions[] played = new UpsertSessions[1];
        scheduler.run(() -> {
            Database db = SimulatedEngine.open(disk, scheduler, settings(random));
            UpsertSessions.create(db, twoIndexes);
            UpsertSessions sessions = new UpsertSessions(db, counts, twoIndexes);
            played[0] = sessions;
            List<Thread> all = new ArrayList<>();
            for (int i = 0; i < racers; i++) {
                SplittableRandom own = random.split();
                all.add(scheduler.spawnSession("racer " + i, () -> transactions.accept(sessions, own)));
            }
            all.forEach(scheduler::join);
            sessions.verify();
            SimulatedEngine.check(db);
            if (!crashes) {
                db.close();
            }
        });
        if (crashes) {
            disk.powerCut(random.nextLong());
            disk.reopenAfterCut();
        }
        SeededScheduler next = new SeededScheduler(~seed).limitEvents(MAX_EVENTS);
        disk.requireEngineTasksOf(next);
        next.run(() -> {
            Database again = SimulatedEngine.open(disk, next, SimulatedEngine.Settings.small());
            new UpsertSessions(again, counts, twoIndexes, played[0]).verify();
            SimulatedEngine.check(again);
            again.close();
        });
    }

    private static SimulatedEngine.Settings settings(SplittableRandom random) {
        return new SimulatedEngine.Settings(
                32 + random.nextInt(60),
                new WalOptions(64 << 10, 128 << 10, 5_000_000L),
                new CheckpointOptions(150_000, 200_000_000L, 0.5));
    }
}
