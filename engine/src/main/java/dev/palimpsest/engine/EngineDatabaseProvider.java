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
    @Override
    public Database open(Path directory, DatabaseOptions options) {
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
        return EngineDatabase.open(EngineConfig.of(new FileDisk(directory, scheduler), scheduler, options));
    }

    @Override
    public Database openInMemory(DatabaseOptions options) {
        return EngineDatabase.open(EngineConfig.of(new MemoryDisk(), new ThreadScheduler(), options));
    }
}
