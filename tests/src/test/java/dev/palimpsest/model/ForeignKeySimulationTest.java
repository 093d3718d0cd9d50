package dev.palimpsest.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.Database;
import dev.palimpsest.crash.SimulatedEngine;
import dev.palimpsest.recovery.CheckpointOptions;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.Seeds;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.wal.WalOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Parents that are deleted and get other keys, children that come, go and move, at both isolation levels and within savepoints: no snapshot
 * ever shows a child without its parent, and no cascade is lost or goes too far.
 */
class ForeignKeySimulationTest {
    private static final int SEEDS = 60 * Integer.getInteger("palimpsest.scale", 1);
    private static final int WRITERS = 5;
    private static final long MAX_EVENTS = 8_000_000;

    @Test
    @Tag("scaled")
    void shouldNeverShowAnOrphan() {
        Map<String, Integer> outcomes = new TreeMap<>();
        Seeds.forEach(SEEDS, seed -> run(seed, outcomes));
        System.out.println("ForeignKeySimulationTest: " + outcomes);
        if (Long.getLong("palimpsest.seed") == null) {
            for (String wanted : List.of("commit", "23503", "40001", "40P01", "savepoint 23503", "savepoint 40001")) {
                assertTrue(outcomes.containsKey(wanted), () -> wanted + " never happens: " + outcomes);
            }
        }
    }

    private static void run(long seed, Map<String, Integer> outcomes) {
        SplittableRandom random = new SplittableRandom(seed);
        SimulatedDisk disk = new SimulatedDisk(seed);
        SeededScheduler scheduler = new SeededScheduler(seed).limitEvents(MAX_EVENTS);
        disk.requireEngineTasksOf(scheduler);
        scheduler.run(() -> {
            Database db = SimulatedEngine.open(disk, scheduler, settings(random));
            ForeignKeySessions sessions = new ForeignKeySessions(db, outcomes);
            sessions.create(random);
            List<Thread> all = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                SplittableRandom own = random.split();
                all.add(scheduler.spawnSession("writer " + i, () -> sessions.change(own, 30)));
            }
            SplittableRandom own = random.split();
            all.add(scheduler.spawnSession("reader", () -> sessions.read(own, 15)));
            all.forEach(scheduler::join);
            sessions.verifyEnd();
            SimulatedEngine.check(db);
            db.close();
        });
    }

    private static SimulatedEngine.Settings settings(SplittableRandom random) {
        return new SimulatedEngine.Settings(
                24 + random.nextInt(60),
                new WalOptions(64 << 10, 128 << 10, 5_000_000L),
                new CheckpointOptions(150_000, 200_000_000L, 0.5));
    }
}
