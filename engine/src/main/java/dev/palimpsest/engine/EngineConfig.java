package dev.palimpsest.engine;

import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.reclaim.VacuumSettings;
import dev.palimpsest.recovery.CheckpointOptions;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.wal.WalOptions;
import java.nio.file.Path;

/**
 * Everything that an engine is made of from outside. Immutable.
 *
 * @param disk closed with the database
 * @param frames pages in memory at once
 * @param wal of an existing database only the buffer and the delay count
 * @param directory where the disk's files are, for the archive; null if they are nowhere
 */
public record EngineConfig(
        Disk disk,
        Scheduler scheduler,
        boolean createIfMissing,
        int frames,
        WalOptions wal,
        CheckpointOptions checkpoints,
        long rowLockMemoryBytes,
        Path directory,
        VacuumSettings vacuum,
        SnapshotLimits snapshots) {
    /** With the default limit for row locks, vacuum only by hand, no limits for snapshots. */
    public EngineConfig(
            Disk disk,
            Scheduler scheduler,
            boolean createIfMissing,
            int frames,
            WalOptions wal,
            CheckpointOptions checkpoints) {
        this(
                disk,
                scheduler,
                createIfMissing,
                frames,
                wal,
                checkpoints,
                DatabaseOptions.DEFAULT.rowLockMemoryBytes(),
                null,
                VacuumSettings.BY_HAND,
                SnapshotLimits.NONE);
    }

    /** As users open it in memory. */
    public static EngineConfig of(Disk disk, Scheduler scheduler, DatabaseOptions options) {
        return of(disk, null, scheduler, options);
    }

    /** As users open it. */
    public static EngineConfig of(Disk disk, Path directory, Scheduler scheduler, DatabaseOptions options) {
        WalOptions wal = WalOptions.DEFAULT
                .withSegmentBytes(options.walSegmentBytes())
                .withBufferBytes(Integer.highestOneBit(options.walBufferBytes()));
        CheckpointOptions checkpoints = new CheckpointOptions(
                options.checkpointWalBytes(),
                options.checkpointSeconds() * 1_000_000_000L,
                CheckpointOptions.DEFAULT.completionTarget());
        int frames = (int) Math.min(Integer.MAX_VALUE, options.bufferPoolBytes() / PageLayout.SIZE);
        return new EngineConfig(
                disk,
                scheduler,
                options.createIfMissing(),
                frames,
                wal,
                checkpoints,
                options.rowLockMemoryBytes(),
                directory,
                new VacuumSettings(options.autovacuum(), null, options.archiveBytes()),
                SnapshotLimits.of(options));
    }

    public EngineConfig withFrames(int count) {
        return new EngineConfig(
                disk,
                scheduler,
                createIfMissing,
                count,
                wal,
                checkpoints,
                rowLockMemoryBytes,
                directory,
                vacuum,
                snapshots);
    }

    public EngineConfig withVacuum(VacuumSettings settings) {
        return new EngineConfig(
                disk,
                scheduler,
                createIfMissing,
                frames,
                wal,
                checkpoints,
                rowLockMemoryBytes,
                directory,
                settings,
                snapshots);
    }
}
