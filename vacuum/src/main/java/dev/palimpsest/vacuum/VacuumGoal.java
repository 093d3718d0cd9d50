package dev.palimpsest.vacuum;

import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.catalog.StorageParameters;

/**
 * How one table is to be vacuumed: what was asked for, with what the table itself says. Immutable.
 *
 * @param automatic by autovacuum: gives way to whoever wants the table
 */
public record VacuumGoal(
        boolean automatic,
        boolean disablePageSkipping,
        boolean indexCleanup,
        boolean truncate,
        boolean awaitArchive,
        long costDelayNanos,
        int costLimit,
        long workMemBytes) {
    /** By hand: the table's parameters decide where the options are at their defaults. */
    public static VacuumGoal byHand(VacuumOptions options, StorageParameters parameters) {
        return new VacuumGoal(
                false,
                options.disablePageSkipping(),
                options.indexCleanup() && !Boolean.FALSE.equals(parameters.indexCleanup()),
                options.truncate() && !Boolean.FALSE.equals(parameters.flag("vacuum_truncate")),
                options.awaitArchive(),
                Math.round(options.costDelayMillis() * 1e6),
                options.costLimit(),
                options.workMemBytes());
    }
}
