package dev.palimpsest.retention;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.palimpsest.crash.ManySeeds;
import dev.palimpsest.scheduler.Fault;
import java.util.concurrent.ConcurrentSkipListMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The oracle, its readers or the check after an opening notice bugs of vacuum: each is found with some of the seeds that {@link RetentionTest}
 * passes without it.
 */
class RetentionFaultTest {
    private static final int MOST_SEEDS = 40;
    private static final int LIVES = 4;

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {
                "NEEDED_VERSION_PRUNED",
                "RECHECK_STOPS_AT_REMOVED",
                "FOLLOWED_VERSION_ARCHIVED",
                "ARCHIVE_IGNORES_POINTS",
                "INDEX_ENTRIES_LEFT",
                "VISIBILITY_MAP_STALE"
            })
    void shouldBeNoticed(Fault fault) {
        ConcurrentSkipListMap<Long, Throwable> noticed = new ConcurrentSkipListMap<>();
        ManySeeds.forEach(0, MOST_SEEDS, seed -> {
            if (noticed.isEmpty()) {
                try {
                    new RetentionLives(seed).with(fault).live(LIVES);
                } catch (RuntimeException | Error e) {
                    noticed.put(seed, e);
                }
            }
        });
        assertNotNull(noticed.firstEntry(), () -> "nobody notices " + fault);
        String what = noticed.firstEntry().getValue().getMessage();
        System.out.println("RetentionFaultTest: " + fault + " noticed with seed " + noticed.firstKey() + ": "
                + what.substring(0, Math.min(200, what.length())).replace('\n', ' '));
    }
}
