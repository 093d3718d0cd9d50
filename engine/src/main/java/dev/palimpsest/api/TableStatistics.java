package dev.palimpsest.api;

/**
 * What happened to a table since the database was opened; {@code pg_stat_user_tables}. Estimates: a vacuum or a crash in between makes them
 * more or less exact.
 *
 * @param table its name
 * @param oid its number
 * @param rowsInserted rows inserted, rolled back ones too
 * @param rowsUpdated rows updated, rolled back ones too
 * @param rowsHotUpdated those of them that needed no index entry
 * @param rowsDeleted rows deleted, rolled back ones too
 * @param liveRows rows that are there; 0 until the first vacuum for what was there at open
 * @param deadVersions dead versions not yet reclaimed, pinned ones included
 * @param pinnedVersions of those, what the last vacuum left in pages because of snapshots
 * @param archivedVersions what the last vacuum left in the archive
 * @param insertedSinceVacuum rows inserted since the last vacuum
 * @param lastVacuumMicros when it was last vacuumed by hand, microseconds since 1970, 0 for never
 * @param lastAutovacuumMicros when autovacuum did it last
 * @param vacuumCount how often by hand
 * @param autovacuumCount how often by autovacuum
 */
public record TableStatistics(
        String table,
        int oid,
        long rowsInserted,
        long rowsUpdated,
        long rowsHotUpdated,
        long rowsDeleted,
        long liveRows,
        long deadVersions,
        long pinnedVersions,
        long archivedVersions,
        long insertedSinceVacuum,
        long lastVacuumMicros,
        long lastAutovacuumMicros,
        long vacuumCount,
        long autovacuumCount) {}
