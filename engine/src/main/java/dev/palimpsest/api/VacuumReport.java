package dev.palimpsest.api;

import java.util.List;

/**
 * What one vacuum of one table did; what {@code VACUUM (VERBOSE)} prints.
 *
 * @param table its name
 * @param automatic whether autovacuum did it
 * @param skipped why nothing was done, null if it was: {@code lock not available}, {@code relation no longer exists}, {@code cannot vacuum
 *     non-tables or special system tables}
 * @param startMicros when it began, microseconds since 1970
 * @param elapsedNanos how long it took
 * @param delayNanos how much of that it rested
 * @param pagesBefore the table's pages at the beginning
 * @param pagesAfter and at the end
 * @param pagesScanned pages that it looked at; the others were known to be clean
 * @param pagesVisible scanned pages that are clean now: every version on them is visible to all
 * @param pagesFreed pages that are empty now and still in the file
 * @param rows versions kept because they are the newest of their row
 * @param versionsRemoved dead versions removed
 * @param versionsPinned dead versions that stay in their pages because of snapshots
 * @param versionsArchived dead versions that went from pages to the archive
 * @param versionsInArchive archived versions of the scanned pages, after it
 * @param awaitsArchive versions stayed in their pages since the archive was still being made: autovacuum comes again when it is there
 * @param archivedRemoved versions that left the archive because no snapshot needs them any more
 * @param linePointersFreed places of dead rows that may be used again; not each had an entry in each index, see {@link IndexReport}
 * @param indexScans how often the indexes were cleaned
 * @param indexes one for each index
 * @param bigValuePagesFreed pages of values that no version names any more
 * @param oldestXid every transaction before it had ended when the vacuum began
 * @param horizonCsn the newest commit then: what ended later was kept
 * @param usage pages and log
 */
public record VacuumReport(
        String table,
        boolean automatic,
        String skipped,
        long startMicros,
        long elapsedNanos,
        long delayNanos,
        int pagesBefore,
        int pagesAfter,
        int pagesScanned,
        int pagesVisible,
        int pagesFreed,
        long rows,
        long versionsRemoved,
        long versionsPinned,
        long versionsArchived,
        long versionsInArchive,
        boolean awaitsArchive,
        long archivedRemoved,
        long linePointersFreed,
        int indexScans,
        List<IndexReport> indexes,
        long bigValuePagesFreed,
        long oldestXid,
        long horizonCsn,
        Usage usage) {
    public VacuumReport {
        indexes = List.copyOf(indexes);
    }

    /** True if the table was vacuumed. */
    public boolean isDone() {
        return skipped == null;
    }

    /**
     * One index.
     *
     * @param index its name
     * @param pages its file's pages at the end
     * @param entriesRemoved entries of dead rows that went: fewer than places where a row had none, since its transaction ended before it was
     *     put in, an index was built later, or a vacuum that was stopped has removed it already
     * @param fullScans how often it was read whole, because that was cheaper than looking for each entry or keys weren't known
     * @param pagesDeleted pages taken out of the tree by this vacuum
     * @param pagesReusable pages that left the tree, usable for splits now or when operations in flight have ended
     */
    public record IndexReport(
            String index, int pages, long entriesRemoved, int fullScans, int pagesDeleted, int pagesReusable) {}

    /**
     * What it cost.
     *
     * @param hits pages found in memory
     * @param misses pages read from disk
     * @param dirtied pages that it made dirty
     * @param walBytes bytes of log, of everybody, while it ran
     */
    public record Usage(long hits, long misses, long dirtied, long walBytes) {
        public static final Usage NONE = new Usage(0, 0, 0, 0);
    }
}
