package dev.palimpsest.scheduler;

/**
 * Marked steps: places where an interleaving matters although nothing waits there. Under the seeded scheduler each is a chance for
 * another task to run; in production they cost nothing.
 */
public enum Step {
    SNAPSHOT_PENDING,
    SNAPSHOT_TAKEN,
    XID_ASSIGNED,
    COMMIT_APPENDED,
    COMMIT_NUMBER_STORED,
    COMMIT_STATUS_STORED,
    COMMIT_PUBLISHED,
    ABORT_STORED,
    STATUS_TRUNCATION_LOGGED,
    /** A record's hook has run, its end isn't shown yet. */
    WAL_RECORD_APPENDED,
    WAL_WRITTEN,
    WAL_FORCED,
    PAGE_READ_OPTIMISTIC,
    PAGE_MISSED,
    PAGE_LOADED,
    PAGE_COPIED,
    PAGE_WRITTEN,
    PAGE_EVICTED,
    HEAP_BEFORE_LATCH,
    HEAP_CHANGED,
    HEAP_PRUNED,
    HEAP_WAIT_OVER,
    BTREE_BEFORE_LATCH,
    BTREE_SPLIT,
    BTREE_PARENT_MISSING,
    BTREE_HALF_DEAD,
    CHECKPOINT_REDO_CHOSEN,
    CHECKPOINT_PAGES_WRITTEN,
    CHECKPOINT_LOGGED,
    CHECKPOINT_CONTROL_WRITTEN,
    HORIZON_CAPTURED,
    LOCK_REQUESTED,
    CATALOG_LOOKED_UP,
    STATEMENT,
    VERSIONS_ARCHIVED,
    ARCHIVE_LOOKED_UP
}
