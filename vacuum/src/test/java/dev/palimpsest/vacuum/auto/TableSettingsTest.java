package dev.palimpsest.vacuum.auto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.TableStatistics;
import dev.palimpsest.catalog.StorageParameters;
import dev.palimpsest.vacuum.VacuumGoal;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** PostgreSQL's thresholds, and a table's own. */
class TableSettingsTest {
    private static TableStatistics statistics(long live, long dead, long pinned, long inserted) {
        return new TableStatistics("t", 1, 0, 0, 0, 0, live, dead, pinned, 0, inserted, 0, 0, 0, 0);
    }

    private static TableSettings settings(Map<String, String> own) {
        return new TableSettings(AutovacuumOptions.DEFAULT, StorageParameters.of(own));
    }

    @Test
    void shouldBeDueAboveThresholdAndShare() {
        TableSettings settings = settings(Map.of());
        assertFalse(settings.isDue(statistics(0, 50, 0, 0), 0));
        assertTrue(settings.isDue(statistics(0, 51, 0, 0), 0));
        assertFalse(settings.isDue(statistics(1000, 250, 0, 0), 0));
        assertTrue(settings.isDue(statistics(1000, 251, 0, 0), 0));
    }

    @Test
    void shouldNotCountWhatNoVacuumCouldTake() {
        assertFalse(settings(Map.of()).isDue(statistics(0, 1_000, 950, 0), 0));
        assertTrue(settings(Map.of()).isDue(statistics(0, 1_000, 949, 0), 0));
    }

    @Test
    void shouldBeDueWhenOnePinnedVersionCouldGo() {
        assertFalse(settings(Map.of()).isDue(statistics(1000, 10, 10, 0), 0));
        assertTrue(settings(Map.of()).isDue(statistics(1000, 10, 10, 0), 1));
    }

    @Test
    void shouldBeDueAfterInserts() {
        assertFalse(settings(Map.of()).isDue(statistics(1000, 0, 0, 1200), 0));
        assertTrue(settings(Map.of()).isDue(statistics(1000, 0, 0, 1201), 0));
        assertFalse(settings(Map.of("autovacuum_vacuum_insert_threshold", "-1"))
                .isDue(statistics(1000, 0, 0, 1_000_000), 0));
    }

    @Test
    void shouldPreferTheTablesOwnSettings() {
        TableSettings settings = settings(Map.of(
                "autovacuum_vacuum_threshold", "5",
                "autovacuum_vacuum_scale_factor", "0",
                "autovacuum_vacuum_cost_delay", "7.5",
                "autovacuum_vacuum_cost_limit", "90",
                "vacuum_truncate", "off"));
        assertFalse(settings.isDue(statistics(1000, 5, 0, 0), 0));
        assertTrue(settings.isDue(statistics(1000, 6, 0, 0), 0));
        VacuumGoal goal = settings.goal(3);
        assertEquals(7_500_000, goal.costDelayNanos());
        assertEquals(30, goal.costLimit());
        assertFalse(goal.truncate());
        assertTrue(goal.indexCleanup() && goal.automatic());
        assertTrue(settings.isEnabled());
        assertFalse(settings(Map.of("autovacuum_enabled", "false")).isEnabled());
    }
}
