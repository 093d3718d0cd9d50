package dev.palimpsest.wal;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.id.Lsn;
import dev.palimpsest.storage.Disk;

/**
 * Reads the records from an LSN to the end of the log: the first place without a valid record. Such a place is an end only if nothing
 * proves that a record was durable there; else it is damage, and an error:
 *
 * <ul>
 *   <li>a later segment starts with a valid record (a segment is forced before anything is written to the next one), or
 *   <li>a later record of the same segment was appended when the log was durable beyond that place (each record carries that LSN).
 * </ul>
 *
 * <p>Not thread-safe. Doesn't see what is in memory only; on a live log it may take for the end what is being written.
 */
public final class WalReader implements AutoCloseable {
    private final WalSegments segments;
    private final int segmentBytes;
    private final long databaseId;
    private final WalRecord record = new WalRecord();
    private WalSegmentReader current;

    /** Where the next record may start. */
    private long position;

    private String endReason;

    WalReader(Disk disk, int segmentBytes, long databaseId, long from) {
        this.segments = new WalSegments(disk, segmentBytes, databaseId);
        this.segmentBytes = segmentBytes;
        this.databaseId = databaseId;
        this.position = from;
    }

    /**
     * Goes on to the next record.
     *
     * @return false at the end of the log
     * @throws StoppedException XX001 naming segment and offset, if the log is damaged in the middle
     */
    public boolean next() {
        while (endReason == null) {
            long start = WalSegmentLayout.skipHeader(position, segmentBytes);
            if (!openSegment(start)) {
                return false;
            }
            int offset = (int) (start % segmentBytes);
            if (segmentBytes - offset < WalRecordLayout.HEADER_BYTES) {
                position = endOfSegment(start);
                continue;
            }
            String problem = current.problemAt(offset);
            if (problem != null) {
                return end(start, offset, problem);
            }
            var bytes = current.at(offset);
            int index = current.index(offset);
            if ((bytes.get(index + WalRecordLayout.FLAGS_OFFSET) & WalRecordLayout.FILLER) != 0) {
                position = endOfSegment(start);
                continue;
            }
            problem = record.reset(bytes, index, start);
            if (problem != null) {
                throw damaged(start, problem);
            }
            position = record.lsn();
            return true;
        }
        return false;
    }

    /** The record that {@link #next} reached; valid until the next step. */
    public WalRecord record() {
        return record;
    }

    /** Once {@link #next} returned false: where the log ends and goes on. Before: where the next record may start. */
    public long endLsn() {
        return position;
    }

    /** Why the log ends there, for the dump; null before. */
    public String endReason() {
        return endReason;
    }

    /** For messages: file, offset and LSN. */
    public String where(long lsn) {
        return WalSegmentLayout.where(lsn, segmentBytes);
    }

    /** The error for a damaged record at this LSN. */
    public StoppedException damaged(long lsn, String problem) {
        return new StoppedException(
                SqlState.DATA_CORRUPTED,
                "invalid record in write-ahead log file " + WalSegmentLayout.path(lsn / segmentBytes),
                where(lsn) + ": " + problem,
                "The log is damaged in the middle; restore the file, or the database from a backup.",
                null);
    }

    @Override
    public void close() {
        if (current != null) {
            current.close();
            current = null;
        }
    }

    /** @return false if there is no such segment and the log ends before it */
    private boolean openSegment(long start) {
        long segment = segments.segmentOf(start);
        if (current != null && current.segment() == segment) {
            return true;
        }
        close();
        if (!segments.exists(segment)) {
            throwIfContinuedAfter(segment, start, "the file is missing");
            endReason = "no segment " + WalSegmentLayout.path(segment);
            return false;
        }
        current = new WalSegmentReader(segments.open(segment), segment, segmentBytes);
        String problem = current.headerProblem(databaseId);
        problem = problem != null ? problem : current.lengthProblem();
        if (problem != null) {
            throw damaged(segment * segmentBytes, problem); // the file got its name after its header was durable
        }
        return true;
    }

    private boolean end(long start, int offset, String problem) {
        long proof = current.laterProofOf(start, offset);
        if (proof != 0) {
            throw damaged(
                    start, problem + "; the record at " + Lsn.toString(proof) + " shows that one was durable here");
        }
        throwIfContinuedAfter(segments.segmentOf(start), start, problem);
        position = start;
        endReason = problem;
        return false;
    }

    private void throwIfContinuedAfter(long segment, long start, String problem) {
        for (long later : segments.numbers()) {
            if (later > segment) {
                try (WalSegmentReader reader = new WalSegmentReader(segments.open(later), later, segmentBytes)) {
                    if (reader.headerProblem(databaseId) == null
                            && reader.problemAt(WalSegmentLayout.HEADER_BYTES) == null) {
                        throw damaged(start, problem + "; the log goes on in " + WalSegmentLayout.path(later));
                    }
                }
            }
        }
    }

    private long endOfSegment(long start) {
        return (start / segmentBytes + 1) * segmentBytes;
    }
}
