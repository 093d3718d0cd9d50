package dev.palimpsest.history;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.crash.ManySeeds;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Volume: transactions on real threads, every one of them checked. */
class ThreadHistoryTest {
    private static final long TRANSACTIONS = 300_000;

    @Test
    @Tag("scaled")
    void shouldFindNothingForbidden() throws InterruptedException {
        HistoryReport all = new HistoryReport();
        long each = TRANSACTIONS * ManySeeds.scale() / 4;
        long begin = System.nanoTime();
        int cuts = 0;
        for (int run = 0; run < 4; run++) {
            HistoryWork.Settings settings = new HistoryWork.Settings(
                    run % 2 == 0 ? 16 : 40, run < 2, 100, new int[] {50, 0, 100, 50}[run], 90, run == 3);
            try (ThreadHistory history = new ThreadHistory(run, settings)) {
                history.run(each, run == 3 ? 10 : 0);
                all.add(history.report);
                cuts += history.cuts;
                assertTrue(history.pruned > 0);
            }
            System.out.println(
                    "ThreadHistoryTest: " + settings + " " + (System.nanoTime() - begin) / 1_000_000 + " ms");
        }
        System.out.println("ThreadHistoryTest: cuts=" + cuts + " " + all);
    }
}
