package dev.palimpsest.crash;

import dev.palimpsest.api.Database;
import dev.palimpsest.engine.EngineConfig;
import dev.palimpsest.engine.EngineDatabase;
import dev.palimpsest.recovery.CheckpointOptions;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.wal.WalOptions;
import java.util.List;

/** Opens the whole engine on any disk and scheduler, small enough for everything to happen often. */
public final class SimulatedEngine {
    /** @param frames pages in memory */
    public record Settings(int frames, WalOptions wal, CheckpointOptions checkpoints) {
        /** A pool that overflows, segments that end and checkpoints that begin every few transactions. */
        public static Settings small() {
            return new Settings(
                    48,
                    new WalOptions(64 << 10, 128 << 10, 5_000_000L),
                    new CheckpointOptions(150_000, 200_000_000L, 0.5));
        }
    }

    private SimulatedEngine() {}

    public static EngineDatabase open(Disk disk, Scheduler scheduler, Settings settings) {
        return EngineDatabase.open(
                new EngineConfig(disk, scheduler, true, settings.frames(), settings.wal(), settings.checkpoints()));
    }

    /** Every page, tuple, chain, index entry and map must be right. */
    public static void check(Database db) {
        List<String> problems = ((EngineDatabase) db).check((what, done, total) -> {});
        if (!problems.isEmpty()) {
            throw new AssertionError("the checker finds " + problems.size() + " problems: "
                    + String.join("\n  ", problems.subList(0, Math.min(10, problems.size()))));
        }
    }
}
