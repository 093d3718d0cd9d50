package dev.palimpsest.api;

/**
 * How a database is opened. Immutable; start from {@link #DEFAULT}.
 *
 * @param bufferPoolBytes memory for pages, outside the Java heap; at least 1 MiB (128 pages). The JVM's {@code -XX:MaxDirectMemorySize}
 *     has to allow for it plus {@code walBufferBytes}
 * @param walBufferBytes memory for log records not yet written, outside the Java heap; at least 256 KiB
 * @param walSegmentBytes size of a log file; fixed when a database is created; 1 MiB to 1 GiB, a power of two
 * @param checkpointWalBytes a checkpoint starts when this much log was written since the last one; at least 1 MiB
 * @param checkpointSeconds and at least this often if anything was written; at least 1
 * @param createIfMissing whether opening a directory without a database makes one
 * @param rowLockMemoryBytes Java heap for explicit row locks of all transactions together, beyond which one fails with 53200; at least
 *     4 KiB. Ten million rows locked at fifty a page or more take under 64 MiB; rows on a page of their own take 64 bytes each
 * @param autovacuum when and how vacuum runs by itself; without the vacuum module on the class path it never does
 * @param archiveBytes most that versions may take outside of their pages because only old snapshots see them: in a file beside the database, or
 *     outside the Java heap for one in memory. Taken as it is needed and given back; beyond it, such versions stay in their pages. 0 for no
 *     archive; else at least 1 MiB
 */
public record DatabaseOptions(
        long bufferPoolBytes,
        int walBufferBytes,
        int walSegmentBytes,
        long checkpointWalBytes,
        int checkpointSeconds,
        boolean createIfMissing,
        long rowLockMemoryBytes,
        AutovacuumOptions autovacuum,
        long archiveBytes) {
    /**
     * 64 MiB of pages, 8 MiB of log buffer, 16 MiB segments, a checkpoint every 256 MiB or 5 minutes, created if missing, 128 MiB for row
     * locks, autovacuum as in PostgreSQL, at most 1 GiB of archive.
     */
    public static final DatabaseOptions DEFAULT = new DatabaseOptions(
            64L << 20, 8 << 20, 16 << 20, 256L << 20, 300, true, 128L << 20, AutovacuumOptions.DEFAULT, 1L << 30);

    public DatabaseOptions {
        check("bufferPoolBytes", bufferPoolBytes, 1L << 20, 1L << 40);
        check("walBufferBytes", walBufferBytes, 256 << 10, 1 << 30);
        check("walSegmentBytes", walSegmentBytes, 1 << 20, 1 << 30);
        check("checkpointWalBytes", checkpointWalBytes, 1L << 20, 1L << 40);
        check("checkpointSeconds", checkpointSeconds, 1, 86_400);
        check("rowLockMemoryBytes", rowLockMemoryBytes, 4 << 10, 1L << 40);
        if (archiveBytes != 0) {
            check("archiveBytes", archiveBytes, 1L << 20, 1L << 40);
        }
        UsageException.required(autovacuum, "the options of autovacuum");
        if (Integer.bitCount(walSegmentBytes) != 1) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE, "walSegmentBytes must be a power of two: " + walSegmentBytes);
        }
    }

    private static void check(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE,
                    value + " is outside the valid range for option \"" + name + "\" (" + min + " .. " + max + ")");
        }
    }

    /** The same with another pool size. */
    public DatabaseOptions withBufferPoolBytes(long bytes) {
        return new DatabaseOptions(
                bytes,
                walBufferBytes,
                walSegmentBytes,
                checkpointWalBytes,
                checkpointSeconds,
                createIfMissing,
                rowLockMemoryBytes,
                autovacuum,
                archiveBytes);
    }

    /** The same with another log buffer. */
    public DatabaseOptions withWalBufferBytes(int bytes) {
        return new DatabaseOptions(
                bufferPoolBytes,
                bytes,
                walSegmentBytes,
                checkpointWalBytes,
                checkpointSeconds,
                createIfMissing,
                rowLockMemoryBytes,
                autovacuum,
                archiveBytes);
    }

    /** The same with another size of log files. */
    public DatabaseOptions withWalSegmentBytes(int bytes) {
        return new DatabaseOptions(
                bufferPoolBytes,
                walBufferBytes,
                bytes,
                checkpointWalBytes,
                checkpointSeconds,
                createIfMissing,
                rowLockMemoryBytes,
                autovacuum,
                archiveBytes);
    }

    /** The same with another log volume between checkpoints. */
    public DatabaseOptions withCheckpointWalBytes(long bytes) {
        return new DatabaseOptions(
                bufferPoolBytes,
                walBufferBytes,
                walSegmentBytes,
                bytes,
                checkpointSeconds,
                createIfMissing,
                rowLockMemoryBytes,
                autovacuum,
                archiveBytes);
    }

    /** The same with another time between checkpoints. */
    public DatabaseOptions withCheckpointSeconds(int seconds) {
        return new DatabaseOptions(
                bufferPoolBytes,
                walBufferBytes,
                walSegmentBytes,
                checkpointWalBytes,
                seconds,
                createIfMissing,
                rowLockMemoryBytes,
                autovacuum,
                archiveBytes);
    }

    /** The same, making a missing database or not. */
    public DatabaseOptions withCreateIfMissing(boolean value) {
        return new DatabaseOptions(
                bufferPoolBytes,
                walBufferBytes,
                walSegmentBytes,
                checkpointWalBytes,
                checkpointSeconds,
                value,
                rowLockMemoryBytes,
                autovacuum,
                archiveBytes);
    }

    /** The same with another limit for row locks. */
    public DatabaseOptions withRowLockMemoryBytes(long bytes) {
        return new DatabaseOptions(
                bufferPoolBytes,
                walBufferBytes,
                walSegmentBytes,
                checkpointWalBytes,
                checkpointSeconds,
                createIfMissing,
                bytes,
                autovacuum,
                archiveBytes);
    }

    /** The same with other settings of autovacuum. */
    public DatabaseOptions withAutovacuum(AutovacuumOptions options) {
        return new DatabaseOptions(
                bufferPoolBytes,
                walBufferBytes,
                walSegmentBytes,
                checkpointWalBytes,
                checkpointSeconds,
                createIfMissing,
                rowLockMemoryBytes,
                options,
                archiveBytes);
    }

    /** The same with another limit for the archive. */
    public DatabaseOptions withArchiveBytes(long bytes) {
        return new DatabaseOptions(
                bufferPoolBytes,
                walBufferBytes,
                walSegmentBytes,
                checkpointWalBytes,
                checkpointSeconds,
                createIfMissing,
                rowLockMemoryBytes,
                autovacuum,
                bytes);
    }
}
