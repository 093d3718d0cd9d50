package dev.palimpsest.catalog;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.id.PageId;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalRecordBuilder;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Hands out the numbers of relation files, which are also the oids: each once in the life of a database, also when its creation is
 * rolled back, so that a page id never means two things in one stretch of WAL.
 *
 * <p>Thread-safe. The number is taken before its record is appended, so a checkpoint that reads {@link #next} after it chose its redo
 * position never writes a number that a record before that position has used.
 */
public final class FileNumbers {
    /** Below are the system tables, with room for more. Source: PostgreSQL, FirstNormalObjectId. */
    public static final int FIRST_NORMAL = 16384;

    private final AtomicInteger next;
    private final Wal wal;

    /** @param next as recovery found it; 0 for a new database */
    public FileNumbers(int next, Wal wal) {
        this.next = new AtomicInteger(Math.max(next, FIRST_NORMAL));
        this.wal = wal;
    }

    /** For the control record. */
    public int next() {
        return next.get();
    }

    /** A new number, logged. */
    int take(long xid) {
        int number = next.getAndIncrement();
        if (number > PageId.MAX_FILE_NUMBER || number < 0) {
            next.decrementAndGet();
            throw new UsageException(
                    SqlState.PROGRAM_LIMIT_EXCEEDED, "out of relation file numbers, max=" + PageId.MAX_FILE_NUMBER);
        }
        WalRecordBuilder record = new WalRecordBuilder();
        StorageLog.formCreate(record, number, xid);
        wal.append(record);
        return number;
    }
}
