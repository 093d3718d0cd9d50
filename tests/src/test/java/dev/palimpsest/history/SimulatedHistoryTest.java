package dev.palimpsest.history;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.crash.ManySeeds;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random transactions under the seeded scheduler, with pruning, checkpoints and power cuts: nothing that their level forbids. */
class SimulatedHistoryTest {
    private static final int SEEDS = 200;
    private static final int LIVES = 3;

    @Test
    @Tag("scaled")
    void shouldFindNothingForbidden() {
        HistoryReport all = new HistoryReport();
        int[] cuts = new int[1];
        ManySeeds.forEach(ManySeeds.scale() == 1 ? 0 : 1_000_000, (long) SEEDS * ManySeeds.scale(), seed -> {
            SimulatedHistory history = new SimulatedHistory(seed);
            HistoryReport report = history.live(LIVES);
            synchronized (all) {
                all.add(report);
                cuts[0] += history.cuts;
            }
        });
        System.out.println("SimulatedHistoryTest: cuts=" + cuts[0] + " " + all);
        if (Long.getLong("palimpsest.seed") == null) {
            assertTrue(all.allowed.containsKey(Anomaly.G2_ITEM) && all.lost > 0, all::toString);
        }
    }
}
