package dev.palimpsest.history;

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
        ManySeeds.forEach(0, (long) SEEDS * ManySeeds.scale(), seed -> {
            SimulatedHistory history = new SimulatedHistory(seed);
            HistoryReport report = history.live(LIVES);
            synchronized (all) {
                all.add(report);
            }
        });
        System.out.println("SimulatedHistoryTest: " + all);
    }
}
