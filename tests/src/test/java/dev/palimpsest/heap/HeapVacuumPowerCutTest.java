package dev.palimpsest.heap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.crash.ManySeeds;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.SimulatedDisk;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The power goes at any call of the disk while sessions work and vacuum runs, several times, also during recovery. After each opening the log is redone
 * twice, the archive is empty, the sum is whole, the map tells the truth, and vacuum makes an end of whatever its predecessors had begun.
 */
class HeapVacuumPowerCutTest {
    private static final int LIVES = 5;

    /** One heap through several lives. */
    private static final class Lives {
        private final long seed;
        private final VacuumedRows.Counts counts;
        private final SplittableRandom random;
        private final SimulatedDisk disk;
        private long firstId = 1;
        private int cuts;

        Lives(long seed, VacuumedRows.Counts counts) {
            this.seed = seed;
            this.counts = counts;
            random = new SplittableRandom(seed);
            disk = new SimulatedDisk(seed);
        }

        long live() {
            long trace = 0;
            for (int life = 0; life <= LIVES; life++) {
                boolean last = life == LIVES;
                SeededScheduler scheduler = new SeededScheduler(seed * 100 + life).limitEvents(3_000_000);
                disk.requireEngineTasksOf(scheduler);
                disk.crashAt(last ? Long.MAX_VALUE / 2 : 1 + random.nextInt(random.nextInt(4) == 0 ? 40 : 700));
                scheduler.run(() -> work(scheduler, last));
                trace = trace * 31 + scheduler.traceHash();
                cuts += disk.isOff() ? 1 : 0;
                if (!disk.isOff()) {
                    disk.powerCut(random.nextLong());
                }
                disk.reopenAfterCut();
            }
            return trace;
        }

        private void work(SeededScheduler scheduler, boolean last) {
            HeapEngine engine = new HeapEngine(scheduler, disk, new MapArchive(1 << 20));
            VacuumedRows rows = new VacuumedRows(engine, counts, firstId);
            rows.rebuildIndex();
            if (engine.heap.blockCount() == 0 || rows.isEmpty()) {
                rows.create();
            }
            rows.checkSum();
            rows.checkMap();
            if (last || random.nextInt(3) == 0) {
                rows.checkNothingIsLeft();
            }
            if (last) {
                return;
            }
            for (int s = 0; s < 3; s++) {
                SplittableRandom own = random.split();
                scheduler.spawnSession("session" + s, () -> rows.session(own, 40));
            }
            SplittableRandom own = random.split();
            scheduler.spawnSession("vacuum", () -> {
                for (int i = 0; i < 60; i++) {
                    rows.vacuum();
                    scheduler.park(rows, 1 + own.nextInt(1_000_000));
                    firstId = rows.nextId() + 100;
                }
            });
        }
    }

    @Test
    @Tag("scaled")
    void shouldRecoverFromACutAtAnyMoment() {
        VacuumedRows.Counts counts = new VacuumedRows.Counts();
        int[] cuts = new int[1];
        int seeds = 100 * ManySeeds.scale();
        ManySeeds.forEach(0, seeds, seed -> {
            Lives lives = new Lives(seed, new VacuumedRows.Counts());
            lives.live();
            synchronized (counts) {
                counts.add(lives.counts);
                cuts[0] += lives.cuts;
            }
        });
        System.out.println("HeapVacuumPowerCutTest: cuts=" + cuts[0] + " " + counts);
        if (Long.getLong("palimpsest.seed") == null) {
            assertTrue(cuts[0] > seeds * 2 && counts.lost > seeds / 10, () -> cuts[0] + " " + counts);
            assertTrue(counts.archived > 10 * seeds && counts.fromArchive > 10 * seeds, counts::toString);
            assertTrue(counts.freed > 10 * seeds && counts.relinks > seeds / 2 && counts.cut > 0, counts::toString);
        }
    }

    @Test
    void shouldTakeTheSameWayWithTheSameSeed() {
        for (long seed = 0; seed < 3; seed++) {
            assertEquals(
                    new Lives(seed, new VacuumedRows.Counts()).live(),
                    new Lives(seed, new VacuumedRows.Counts()).live());
        }
    }
}
