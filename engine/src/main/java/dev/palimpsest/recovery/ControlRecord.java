package dev.palimpsest.recovery;

/**
 * Where a database stands: what recovery starts from. Immutable.
 *
 * @param sequence grows by one with each write; the copy with the higher one counts
 * @param databaseId random, in every WAL segment too, so that files of two databases don't mix
 * @param clean the database was shut down after the checkpoint; false while it is in use
 * @param checkpointLsn end of the checkpoint's record: the log reaches at least up to here
 * @param redoLsn where redo starts
 * @param nextXid first xid that no record before {@code redoLsn} carries
 * @param nextFileNumber likewise for relation files
 * @param nextOid likewise for oids
 * @param walSegmentBytes size of the log's segments, fixed for the life of the database
 * @param statusPoint the status log's truncation point: it has nothing below
 */
public record ControlRecord(
        long sequence,
        long databaseId,
        boolean clean,
        long checkpointLsn,
        long redoLsn,
        long nextXid,
        int nextFileNumber,
        long nextOid,
        int walSegmentBytes,
        long statusPoint) {

    ControlRecord withSequence(long number) {
        return new ControlRecord(
                number,
                databaseId,
                clean,
                checkpointLsn,
                redoLsn,
                nextXid,
                nextFileNumber,
                nextOid,
                walSegmentBytes,
                statusPoint);
    }

    /** The same state, in use. */
    public ControlRecord inUse() {
        return new ControlRecord(
                sequence,
                databaseId,
                false,
                checkpointLsn,
                redoLsn,
                nextXid,
                nextFileNumber,
                nextOid,
                walSegmentBytes,
                statusPoint);
    }
}
