package dev.palimpsest.history;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.crash.ManySeeds;
import dev.palimpsest.history.HistoryWork.Settings;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Volume: transactions on real threads, each of them checked, at both levels, list-append and registers, with pruning and checkpoints, and
 * in the last run with power cuts.
 */
class ThreadHistoryTest {
    private static final long TRANSACTIONS = 300_000;

    private static final long TRANSACTIONS_WITH_VACUUM = 60_000;

    /** The power goes in one of so many windows. */
    private static final int CUT_IN = 10;

    private static final List<Settings> RUNS = List.of(
            new Settings(16, true, 100, 50, 90, false),
            new Settings(40, true, 100, 0, 90, false),
            new Settings(16, false, 100, 100, 90, false),
            new Settings(40, false, 100, 50, 90, true));

    @Test
    @Tag("scaled")
    void shouldFindNothingForbidden() throws InterruptedException {
        run("", TRANSACTIONS, false);
    }

    /** The same, while vacuum removes and archives versions all the time. */
    @Test
    @Tag("scaled")
    void shouldFindNothingForbiddenWithVacuum() throws InterruptedException {
        run("with vacuum ", TRANSACTIONS_WITH_VACUUM, true);
    }

    private static void run(String what, long count, boolean withVacuum) throws InterruptedException {
        HistoryReport all = new HistoryReport();
        long transactions = count * ManySeeds.scale();
        int cuts = 0;
        for (Settings settings : RUNS) {
            long seed = ManySeeds.scale() * 100L + RUNS.indexOf(settings);
            try (ThreadHistory history = new ThreadHistory(seed, settings, withVacuum)) {
                history.run(transactions / RUNS.size(), settings.marks() ? withVacuum ? 3 : CUT_IN : 0);
                all.add(history.report);
                cuts += history.cuts;
                assertTrue(history.pruned > 0, settings::toString);
                assertTrue(!withVacuum || history.archived > 0, settings::toString);
            }
        }
        System.out.println("ThreadHistoryTest: " + what + "cuts=" + cuts + " " + all);
        assertTrue(all.transactions >= transactions, all::toString);
        assertTrue(
                all.allowed.keySet().containsAll(List.of(Anomaly.G_SINGLE, Anomaly.G2_ITEM, Anomaly.G2)),
                all::toString);
    }
}
