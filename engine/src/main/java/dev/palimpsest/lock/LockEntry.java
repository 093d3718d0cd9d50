package dev.palimpsest.lock;

/**
 * One row of pg_locks.
 *
 * @param processId the owner's session
 * @param xid the owner's transaction id, 0 while it has none
 * @param granted false while it waits
 * @param fastPath held outside the table
 */
public record LockEntry(LockTag tag, long processId, long xid, LockMode mode, boolean granted, boolean fastPath) {}
