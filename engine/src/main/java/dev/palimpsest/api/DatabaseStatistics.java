package dev.palimpsest.api;

/**
 * Counters since the database was opened; each but {@code archiveBytes} only grows.
 *
 * @param versionsPruned dead versions that writers, and vacuum, removed from pages
 * @param hotUpdates updates that needed no index entry
 * @param vacuums vacuums of one table each, by hand and automatic
 * @param versionsReclaimed dead versions that vacuum removed, from pages and from the archive
 * @param versionsArchived versions that vacuum moved to the archive
 * @param archiveBytes what the archive holds now
 * @param pagesMadeAllVisible how often vacuum found that everything on a page is visible to all
 * @param snapshotsGivenUp snapshots held for longer than {@link DatabaseOptions#maxSnapshotAge}
 */
public record DatabaseStatistics(
        long commits,
        long rollbacks,
        long retries,
        long deadlocks,
        long transactionWaits,
        long walBytes,
        long walForces,
        long checkpoints,
        long pagesLoaded,
        long pagesWritten,
        long versionsPruned,
        long hotUpdates,
        long updates,
        long vacuums,
        long versionsReclaimed,
        long versionsArchived,
        long archiveBytes,
        long pagesMadeAllVisible,
        long snapshotsGivenUp) {}
