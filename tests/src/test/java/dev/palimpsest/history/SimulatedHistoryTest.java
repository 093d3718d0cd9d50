package dev.palimpsest.history;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.crash.ManySeeds;
import java.util.function.LongFunction;
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
        run("", SEEDS, SimulatedHistory::new);
    }

    /** The same, while vacuum removes and archives versions all the time. */
    @Test
    @Tag("scaled")
    void shouldFindNothingForbiddenWithVacuum() {
        run("with vacuum ", SEEDS_WITH_VACUUM, seed -> new SimulatedHistory(500_000 + seed).withVacuum());
    }

    private static void run(String what, int seeds, LongFunction<SimulatedHistory> make) {
        HistoryReport all = new HistoryReport();
        int[] cuts = new int[1];
        ManySeeds.forEach(ManySeeds.scale() == 1 ? 0 : 1_000_000, (long) seeds * ManySeeds.scale(), seed -> {
            SimulatedHistory history = make.apply(seed);
            HistoryReport report = history.live(LIVES);
            synchronized (all) {
                all.add(report);
                cuts[0] += history.cuts;
            }
        });
        System.out.println("SimulatedHistoryTest: " + what + "cuts=" + cuts[0] + " " + all);
        if (Long.getLong("palimpsest.seed") == null) {
            assertTrue(all.allowed.containsKey(Anomaly.G2_ITEM) && all.lost > 0, all::toString);
        }
    }
}
