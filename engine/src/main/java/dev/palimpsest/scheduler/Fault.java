package dev.palimpsest.scheduler;

/**
 * Bugs that the tests put into the engine, to show that they would notice them. Production's scheduler has none, and no user of the API
 * can choose another one.
 *
 * <p>Who has a place for one asks {@link Scheduler#isSeeded} in its constructor and keeps the answer in a final field.
 */
public enum Fault {
    /** A snapshot's number is one too low: it misses the newest commit. */
    VISIBILITY_OFF_BY_ONE,
    /** A snapshot's number is read before reclaim can see its slot. */
    SNAPSHOT_BEFORE_SLOT,
    /** A transaction gives its row locks up before its commit is published. */
    LOCK_RELEASED_EARLY,
    /** A commit is published before its record is durable. */
    PUBLISHED_BEFORE_DURABLE,
    /** Reclaim takes versions that live snapshots still see. */
    NEEDED_VERSION_PRUNED,
    /** Reclaim takes versions out of chains that a READ COMMITTED writer is about to follow, who then finds the row gone. */
    RECHECK_STOPS_AT_REMOVED,
    /** Vacuum moves versions to the archive that somebody may still follow on their page. */
    FOLLOWED_VERSION_ARCHIVED,
    /** Archived versions are forgotten while old snapshots see them. */
    ARCHIVE_IGNORES_POINTS,
    /** Line pointers are used again while index entries still lead to them. */
    INDEX_ENTRIES_LEFT,
    /** A page's bit in the visibility map stays when the page is changed. */
    VISIBILITY_MAP_STALE
}
