package dev.palimpsest.heap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.crash.ManySeeds;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.SimulatedDisk;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Readers of every kind, writers and lockers against a vacuum that archives, removes archived versions, and gives line pointers to others, at
 * every interleaving that the seeds find.
 */
class HeapVacuumSimulationTest {
    private static long run(long seed, VacuumedRows.Counts counts) {
        SeededScheduler scheduler = new SeededScheduler(seed).limitEvents(3_000_000);
        SimulatedDisk disk = new SimulatedDisk(seed);
        disk.requireEngineTasksOf(scheduler);
        SplittableRandom random = new SplittableRandom(seed);
        scheduler.run(() -> {
            MapArchive archive = new MapArchive(random.nextInt(4) == 0 ? random.nextInt(4000) : 1 << 20);
            VacuumedRows rows = new VacuumedRows(new HeapEngine(scheduler, disk, archive), counts, 1);
            rows.create();
            List<Thread> sessions = new ArrayList<>();
            for (int s = 0; s < 4; s++) {
                SplittableRandom own = random.split();
                sessions.add(scheduler.spawnSession("session" + s, () -> rows.session(own, 12)));
            }
            boolean[] over = new boolean[1];
            SplittableRandom own = random.split();
            Thread vacuum = scheduler.spawnSession("vacuum", () -> {
                while (!over[0]) {
                    rows.vacuum();
                    scheduler.park(rows, 1 + own.nextInt(1_000_000));
                }
            });
            sessions.forEach(scheduler::join);
            over[0] = true;
            scheduler.join(vacuum);
            archive.setMaxBytes(1 << 20);
            rows.checkNothingIsLeft();
        });
        return scheduler.traceHash();
    }

    @Test
    @Tag("scaled")
    void shouldShowEverySnapshotItsRowsWhereverTheyAre() {
        VacuumedRows.Counts counts = new VacuumedRows.Counts();
        ManySeeds.forEach(0, 100 * ManySeeds.scale(), seed -> {
            VacuumedRows.Counts own = new VacuumedRows.Counts();
            run(seed, own);
            synchronized (counts) {
                counts.add(own);
            }
        });
        System.out.println("HeapVacuumSimulationTest: " + counts);
        if (Long.getLong("palimpsest.seed") == null) {
            assertTrue(counts.archived > 100 && counts.fromArchive > 100 && counts.freed > 100, counts::toString);
            assertTrue(counts.conflictsOfArchived > 10 && counts.keySharesOfArchived > 5, counts::toString);
            assertTrue(counts.keyShares > 100 && counts.cut > 5, counts::toString);
            assertTrue(counts.relinks > 5 && counts.refused > 10 && counts.allVisible > 100, counts::toString);
        }
    }

    static void lock(long seed, VacuumedRows.Counts counts) {
        SeededScheduler scheduler = new SeededScheduler(seed).limitEvents(3_000_000);
        SimulatedDisk disk = new SimulatedDisk(seed);
        disk.requireEngineTasksOf(scheduler);
        SplittableRandom random = new SplittableRandom(seed);
        scheduler.run(() -> {
            MapArchive archive = new MapArchive(random.nextBoolean() ? 0 : 1 << 20);
            VacuumedRows rows = new VacuumedRows(new HeapEngine(scheduler, disk, archive), counts, 1);
            rows.lockOverAFreedRoot(scheduler, random);
            archive.setMaxBytes(1 << 20);
            rows.checkNothingIsLeft();
        });
    }

    @Test
    @Tag("scaled")
    void shouldLeadLockersPastRootsThatAreFreedOnTheirWay() {
        ManySeeds.forEach(0, 200 * ManySeeds.scale(), seed -> lock(seed, new VacuumedRows.Counts()));
    }

    @Test
    void shouldTakeTheSameWayWithTheSameSeed() {
        for (long seed = 0; seed < 5; seed++) {
            assertEquals(run(seed, new VacuumedRows.Counts()), run(seed, new VacuumedRows.Counts()), "seed=" + seed);
        }
    }
}
