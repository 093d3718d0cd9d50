package dev.palimpsest.engine;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.DatabaseProvider;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.storage.FileDisk;
import dev.palimpsest.storage.MemoryDisk;
import java.nio.file.Files;
import java.nio.file.Path;

/** How {@code Database.open} gets here, by {@link java.util.ServiceLoader}. Stateless. */
public final class EngineDatabaseProvider implements DatabaseProvider {
    /** A database in memory needs no long segments, and starts the faster for it. */
    private static final int MEMORY_SEGMENT_BYTES = 1 << 20;

    @Override
    public Database open(Path directory, DatabaseOptions options) {
        UsageException.required(directory, "the directory");
        UsageException.required(options, "the options");
        if (Files.exists(directory) && !Files.isDirectory(directory)) {
            throw new UsageException(
                    SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE, "\"" + directory + "\" is not a directory");
        }
        if (!options.createIfMissing() && !Files.exists(directory)) {
            throw new UsageException(
                    SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE,
                    "there is no database in \"" + directory + "\"",
                    "The directory doesn't exist.",
                    "Set createIfMissing to make one.",
                    null);
        }
        Scheduler scheduler = new ThreadScheduler();
        return EngineDatabase.open(
                EngineConfig.of(new FileDisk(directory, scheduler), directory, scheduler, options), options);
    }

    @Override
    public Database openInMemory(DatabaseOptions options) {
        UsageException.required(options, "the options");
        DatabaseOptions small = options.withWalSegmentBytes(Math.min(MEMORY_SEGMENT_BYTES, options.walSegmentBytes()));
        return EngineDatabase.open(EngineConfig.of(new MemoryDisk(), new ThreadScheduler(), small), options);
    }
}
