package dev.palimpsest.history;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.crash.ManySeeds;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random transactions under the seeded scheduler, with pruning, checkpoints and power cuts: nothing that their level forbids. */
class SimulatedHistoryTest {
    private static final int SEEDS = 200;
    private static final int SEEDS_WITH_VACUUM = 60;
    private static final int LIVES = 3;

    @Test
    @Tag("scaled")
    void shouldFindNothingForbidden() {
        run("", SEEDS, false);
    }

    /** The same, while vacuum removes and archives versions all the time. */
    @Test
    @Tag("scaled")
    void shouldFindNothingForbiddenWithVacuum() {
        run("with vacuum ", SEEDS_WITH_VACUUM, true);
    }

    private static void run(String what, int seeds, boolean withVacuum) {
        HistoryReport all = new HistoryReport();
        int[] cuts = new int[1];
        long[] vacuumed = new long[2];
        ManySeeds.forEach(ManySeeds.scale() == 1 ? 0 : 1_000_000, (long) seeds * ManySeeds.scale(), seed -> {
            SimulatedHistory history =
                    withVacuum ? new SimulatedHistory(500_000 + seed).withVacuum() : new SimulatedHistory(seed);
            HistoryReport report = history.live(LIVES);
            synchronized (all) {
                all.add(report);
                cuts[0] += history.cuts;
                vacuumed[0] += history.vacuums;
                vacuumed[1] += history.archived;
            }
        });
        System.out.println("SimulatedHistoryTest: " + what + "cuts=" + cuts[0] + " " + all);
        if (Long.getLong("palimpsest.seed") == null) {
            assertTrue(all.allowed.containsKey(Anomaly.G2_ITEM) && all.lost > 0, all::toString);
            assertTrue(
                    !withVacuum || vacuumed[0] > seeds && vacuumed[1] > seeds,
                    () -> "vacuums=" + vacuumed[0] + " archived=" + vacuumed[1]);
        }
    }
}
