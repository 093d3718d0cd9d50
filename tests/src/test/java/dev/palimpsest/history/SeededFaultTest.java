package dev.palimpsest.history;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.palimpsest.crash.ManySeeds;
import dev.palimpsest.scheduler.Fault;
import dev.palimpsest.sim.SimulationFailure;
import java.util.concurrent.ConcurrentSkipListMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The checker notices bugs in the engine: each that is put in is found by some history among the first seeds, and the same seed finds nothing
 * without it. (That no other seed does is {@link SimulatedHistoryTest}'s matter.)
 */
class SeededFaultTest {
    private static final int MOST_SEEDS = 1_000;
    private static final int LIVES = 3;

    @ParameterizedTest
    @EnumSource(from = "VISIBILITY_OFF_BY_ONE", to = "RECHECK_STOPS_AT_REMOVED")
    void shouldBeNoticed(Fault fault) {
        ConcurrentSkipListMap<Long, AssertionError> noticed = new ConcurrentSkipListMap<>();
        ManySeeds.forEach(0, MOST_SEEDS, seed -> {
            if (noticed.isEmpty()) {
                AssertionError violation = violation(new SimulatedHistory(seed).with(fault));
                if (violation != null) {
                    noticed.put(seed, violation);
                }
            }
        });
        assertNotNull(noticed.firstEntry(), () -> "nobody notices " + fault);
        long seed = noticed.firstKey();
        new SimulatedHistory(seed).loadsFirst().live(LIVES);
        System.out.println("SeededFaultTest: " + fault + " noticed with seed " + seed + ": "
                + noticed.get(seed).getMessage());
    }

    /** What the checker says; null also if the engine noticed something itself. */
    private static AssertionError violation(SimulatedHistory history) {
        try {
            history.live(LIVES);
            return null;
        } catch (SimulationFailure e) {
            return null;
        } catch (AssertionError e) {
            return e;
        }
    }
}
