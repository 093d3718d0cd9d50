package dev.palimpsest.recovery;

/**
 * What redo found.
 *
 * @param endLsn where the log ends: {@link dev.palimpsest.wal.Wal#start} goes on from here
 * @param records redone
 * @param changes whether any of them did something: false after a clean shutdown, and then no checkpoint is needed
 * @param nextXid first xid that no record carries
 * @param nextFileNumber first relation file number that no record carries
 * @param nextOid first oid that no record hands out
 */
public record RedoResult(long endLsn, long records, boolean changes, long nextXid, int nextFileNumber, long nextOid) {}
