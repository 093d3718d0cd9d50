package dev.palimpsest.api;

import java.time.Duration;
import java.util.function.Consumer;

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
 * @param snapshotWarningAge a snapshot held for longer is logged, once, with the place where it was opened; zero for never
 * @param maxSnapshotAge a snapshot held for longer is given up: its holder gets 72000 at its next use, and reclaim no longer waits for it; zero for
 *     no limit
 * @param openingPlaces whether {@link Database#begin} of a transaction with one snapshot, {@link Database#openSession} and scans outside of
 *     {@code transact} walk the stack for the user's code, for views and log entries; {@code transact} and
 *     {@code read} know it for nothing
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
        long archiveBytes,
        Duration snapshotWarningAge,
        Duration maxSnapshotAge,
        boolean openingPlaces) {
    private static final Duration MAX_AGE = Duration.ofDays(3650);

    /**
     * 64 MiB of pages, 8 MiB of log buffer, 16 MiB segments, a checkpoint every 256 MiB or 5 minutes, created if missing, 128 MiB for row
     * locks, autovacuum as in PostgreSQL, at most 1 GiB of archive, a warning for snapshots held for an hour, no limit for them, opening
     * places recorded.
     */
    public static final DatabaseOptions DEFAULT = new DatabaseOptions(
            64L << 20,
            8 << 20,
            16 << 20,
            256L << 20,
            300,
            true,
            128L << 20,
            AutovacuumOptions.DEFAULT,
            1L << 30,
            Duration.ofHours(1),
            Duration.ZERO,
            true);

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
        checkAge("snapshotWarningAge", snapshotWarningAge);
        checkAge("maxSnapshotAge", maxSnapshotAge);
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

    private static void checkAge(String name, Duration age) {
        if (UsageException.required(age, name).isNegative() || age.compareTo(MAX_AGE) > 0) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE,
                    age + " is outside the valid range for option \"" + name + "\" (PT0S .. " + MAX_AGE + ")");
        }
    }

    /** The same with another pool size. */
    public DatabaseOptions withBufferPoolBytes(long bytes) {
        return with(copy -> copy.bufferPoolBytes = bytes);
    }

    /** The same with another log buffer. */
    public DatabaseOptions withWalBufferBytes(int bytes) {
        return with(copy -> copy.walBufferBytes = bytes);
    }

    /** The same with another size of log files. */
    public DatabaseOptions withWalSegmentBytes(int bytes) {
        return with(copy -> copy.walSegmentBytes = bytes);
    }

    /** The same with another log volume between checkpoints. */
    public DatabaseOptions withCheckpointWalBytes(long bytes) {
        return with(copy -> copy.checkpointWalBytes = bytes);
    }

    /** The same with another time between checkpoints. */
    public DatabaseOptions withCheckpointSeconds(int seconds) {
        return with(copy -> copy.checkpointSeconds = seconds);
    }

    /** The same, making a missing database or not. */
    public DatabaseOptions withCreateIfMissing(boolean value) {
        return with(copy -> copy.createIfMissing = value);
    }

    /** The same with another limit for row locks. */
    public DatabaseOptions withRowLockMemoryBytes(long bytes) {
        return with(copy -> copy.rowLockMemoryBytes = bytes);
    }

    /** The same with other settings of autovacuum. */
    public DatabaseOptions withAutovacuum(AutovacuumOptions options) {
        return with(copy -> copy.autovacuum = options);
    }

    /** The same with another limit for the archive; 0 for none. */
    public DatabaseOptions withArchiveBytes(long bytes) {
        return with(copy -> copy.archiveBytes = bytes);
    }

    /** The same with another age at which a snapshot is logged; zero for never. */
    public DatabaseOptions withSnapshotWarningAge(Duration age) {
        return with(copy -> copy.snapshotWarningAge = age);
    }

    /** The same with another age at which a snapshot is given up; zero for no limit. */
    public DatabaseOptions withMaxSnapshotAge(Duration age) {
        return with(copy -> copy.maxSnapshotAge = age);
    }

    /** The same, looking for the user's code on the stack or not. */
    public DatabaseOptions withOpeningPlaces(boolean value) {
        return with(copy -> copy.openingPlaces = value);
    }

    private DatabaseOptions with(Consumer<Copy> change) {
        Copy copy = new Copy(this);
        change.accept(copy);
        return copy.toOptions();
    }

    /** One of the options is about to be another. */
    private static final class Copy {
        private long bufferPoolBytes;
        private int walBufferBytes;
        private int walSegmentBytes;
        private long checkpointWalBytes;
        private int checkpointSeconds;
        private boolean createIfMissing;
        private long rowLockMemoryBytes;
        private AutovacuumOptions autovacuum;
        private long archiveBytes;
        private Duration snapshotWarningAge;
        private Duration maxSnapshotAge;
        private boolean openingPlaces;

        Copy(DatabaseOptions from) {
            bufferPoolBytes = from.bufferPoolBytes;
            walBufferBytes = from.walBufferBytes;
            walSegmentBytes = from.walSegmentBytes;
            checkpointWalBytes = from.checkpointWalBytes;
            checkpointSeconds = from.checkpointSeconds;
            createIfMissing = from.createIfMissing;
            rowLockMemoryBytes = from.rowLockMemoryBytes;
            autovacuum = from.autovacuum;
            archiveBytes = from.archiveBytes;
            snapshotWarningAge = from.snapshotWarningAge;
            maxSnapshotAge = from.maxSnapshotAge;
            openingPlaces = from.openingPlaces;
        }

        DatabaseOptions toOptions() {
            return new DatabaseOptions(
                    bufferPoolBytes,
                    walBufferBytes,
                    walSegmentBytes,
                    checkpointWalBytes,
                    checkpointSeconds,
                    createIfMissing,
                    rowLockMemoryBytes,
                    autovacuum,
                    archiveBytes,
                    snapshotWarningAge,
                    maxSnapshotAge,
                    openingPlaces);
        }
    }
}
