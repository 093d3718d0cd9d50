package dev.palimpsest.vacuum.auto;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.TableStatistics;
import dev.palimpsest.catalog.StorageParameters;
import dev.palimpsest.vacuum.VacuumGoal;

/** Autovacuum's settings for one table: the database's, where the table has none of its own. Immutable. */
record TableSettings(AutovacuumOptions options, StorageParameters own) {
    boolean isEnabled() {
        return !Boolean.FALSE.equals(own.flag("autovacuum_enabled"));
    }

    /**
     * Are there enough dead versions or new rows? Source: PostgreSQL, {@code relation_needs_vacanalyze}.
     *
     * @param reclaimable versions that snapshots have needed until now: one is enough
     */
    boolean isDue(TableStatistics statistics, long reclaimable) {
        double dead = statistics.deadVersions() - statistics.pinnedVersions(); // no vacuum could take these
        double deadLimit = or(own.integer("autovacuum_vacuum_threshold"), options.vacuumThreshold())
                + or(own.real("autovacuum_vacuum_scale_factor"), options.vacuumScaleFactor()) * statistics.liveRows();
        int insertThreshold = or(own.integer("autovacuum_vacuum_insert_threshold"), options.vacuumInsertThreshold());
        double insertLimit = insertThreshold
                + or(own.real("autovacuum_vacuum_insert_scale_factor"), options.vacuumInsertScaleFactor())
                        * statistics.liveRows();
        return reclaimable > 0
                || dead > deadLimit
                || insertThreshold >= 0 && statistics.insertedSinceVacuum() > insertLimit;
    }

    /** @param workers among which the cost limit is shared, as in PostgreSQL */
    VacuumGoal goal(int workers) {
        double delay = or(own.real("autovacuum_vacuum_cost_delay"), options.vacuumCostDelayMillis());
        int limit = or(own.integer("autovacuum_vacuum_cost_limit"), options.vacuumCostLimit());
        return new VacuumGoal(
                true,
                false,
                !Boolean.FALSE.equals(own.indexCleanup()),
                !Boolean.FALSE.equals(own.flag("vacuum_truncate")),
                false,
                Math.round(delay * 1e6),
                Math.max(1, limit / Math.max(1, workers)),
                options.workMemBytes());
    }

    private static <T> T or(T value, T otherwise) {
        return value != null ? value : otherwise;
    }
}
