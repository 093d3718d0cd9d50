package dev.palimpsest.tx;

import dev.palimpsest.id.Xid;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.WalRecord;
import dev.palimpsest.wal.WalRecordBuilder;

/**
 * The payload of commit and abort records. The xid is in the record's header; of an abort of subtransactions only, it is one of theirs. A
 * truncation of the status log has the new point, u64.
 *
 * <pre>
 *   0 u64 time, microseconds since 1970   8 u32 subtransactions n   12 u32 removed files m
 *   16 u64[n] xids of subtransactions     then u32[m] numbers of files removed at this end
 * </pre>
 */
final class TransactionRecords {
    static final int COMMIT = 1;
    static final int ABORT = 2;
    static final int TRUNCATE_STATUS = 3;

    static final int TIME_OFFSET = 0;
    static final int SUBXID_COUNT_OFFSET = TIME_OFFSET + Long.BYTES;
    static final int FILE_COUNT_OFFSET = SUBXID_COUNT_OFFSET + Integer.BYTES;
    static final int SUBXIDS_OFFSET = FILE_COUNT_OFFSET + Integer.BYTES;

    private TransactionRecords() {}

    /** A record with subtransactions from {@code from} to before {@code to} in the order of their xids. */
    static WalRecordBuilder form(
            Transaction transaction, int info, long xid, int from, int to, long timeMicros, int[] files) {
        WalRecordBuilder builder = transaction.recordBuilder();
        builder.begin(ResourceManagerId.TRANSACTION, info, xid)
                .putLong(timeMicros)
                .putInt(to - from)
                .putInt(files.length);
        for (int i = from; i < to; i++) {
            builder.putLong(transaction.subXid(i));
        }
        for (int file : files) {
            builder.putInt(file);
        }
        return builder;
    }

    static WalRecordBuilder formTruncation(long point) {
        return new WalRecordBuilder()
                .begin(ResourceManagerId.TRANSACTION, TRUNCATE_STATUS, Xid.NONE)
                .putLong(point);
    }

    static long truncationPoint(WalRecord record) {
        return record.payloadLong(0);
    }

    static long timeMicros(WalRecord record) {
        return record.payloadLong(TIME_OFFSET);
    }

    static int subxidCount(WalRecord record) {
        return record.payloadInt(SUBXID_COUNT_OFFSET);
    }

    static long subxid(WalRecord record, int i) {
        return record.payloadLong(SUBXIDS_OFFSET + i * Long.BYTES);
    }

    static int fileCount(WalRecord record) {
        return record.payloadInt(FILE_COUNT_OFFSET);
    }

    static int file(WalRecord record, int i) {
        return record.payloadInt(SUBXIDS_OFFSET + subxidCount(record) * Long.BYTES + i * Integer.BYTES);
    }
}
