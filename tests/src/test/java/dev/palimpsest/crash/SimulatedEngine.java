package dev.palimpsest.crash;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.engine.EngineConfig;
import dev.palimpsest.engine.EngineDatabase;
import dev.palimpsest.reclaim.ArchiveFactory;
import dev.palimpsest.reclaim.VacuumSettings;
import dev.palimpsest.recovery.CheckpointOptions;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.wal.WalOptions;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Opens the whole engine on any disk and scheduler, small enough for everything to happen often. */
public final class SimulatedEngine {
    /**
     * @param frames pages in memory
     * @param autovacuum when vacuum runs by itself
     * @param archiveBytes how much the archive of pinned versions holds; 0 for none
     */
    public record Settings(
            int frames,
            WalOptions wal,
            CheckpointOptions checkpoints,
            AutovacuumOptions autovacuum,
            long archiveBytes) {
        /** Without vacuum. */
        public Settings(int frames, WalOptions wal, CheckpointOptions checkpoints) {
            this(frames, wal, checkpoints, AutovacuumOptions.OFF, 0);
        }

        /** A pool that overflows, segments that end and checkpoints that begin every few transactions. */
        public static Settings small() {
            return new Settings(
                    48,
                    new WalOptions(64 << 10, 128 << 10, 5_000_000L),
                    new CheckpointOptions(150_000, 200_000_000L, 0.5));
        }

        /** With autovacuum that looks every few transactions and finds every table due that has any garbage. */
        public Settings withVacuum(long bytesInArchive) {
            AutovacuumOptions eager = AutovacuumOptions.DEFAULT
                    .withNaptimeMillis(5)
                    .withVacuumThreshold(3, 0)
                    .withVacuumInsertThreshold(20, 0)
                    .withVacuumCost(0.1, 50)
                    .withWorkMemBytes(64 << 10);
            return new Settings(frames, wal, checkpoints, eager, bytesInArchive);
        }

        public Settings withFrames(int count) {
            return new Settings(count, wal, checkpoints, autovacuum, archiveBytes);
        }

        public Settings withAutovacuum(AutovacuumOptions options) {
            return new Settings(frames, wal, checkpoints, options, archiveBytes);
        }
    }

    /** Autovacuum tells whenever it gives way, which it does all the time here. Kept: loggers are held weakly. */
    private static final Logger VACUUM_LOG = Logger.getLogger("dev.palimpsest.vacuum");

    static {
        VACUUM_LOG.setLevel(Level.WARNING);
        VACUUM_LOG.addHandler(new UnexpectedErrors());
    }

    /** Autovacuum survives whatever happens to it, and says so; here it doesn't, unless the engine has stopped. */
    private static final class UnexpectedErrors extends Handler {
        @Override
        public void publish(LogRecord logged) {
            Throwable thrown = logged.getThrown();
            if (logged.getLevel().intValue() >= Level.SEVERE.intValue() && !(thrown instanceof StoppedException)) {
                failures++;
                throw new AssertionError(logged.getMessage() + ": " + thrown, thrown);
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    private static volatile int failures;

    /** For tests on real threads, in which an autovacuum task that dies isn't noticed otherwise. */
    public static void requireNoVacuumFailed() {
        if (failures != 0) {
            throw new AssertionError("autovacuum failed: see the log");
        }
    }

    private SimulatedEngine() {}

    public static EngineDatabase open(Disk disk, Scheduler scheduler, Settings settings) {
        ArchiveFactory archives = settings.archiveBytes() == 0
                ? ArchiveFactory.NONE
                : new SimulatedArchives(scheduler, settings.archiveBytes());
        return open(disk, scheduler, settings, new VacuumSettings(settings.autovacuum(), archives, Long.MAX_VALUE));
    }

    public static EngineDatabase open(Disk disk, Scheduler scheduler, Settings settings, VacuumSettings vacuum) {
        return EngineDatabase.open(
                new EngineConfig(disk, scheduler, true, settings.frames(), settings.wal(), settings.checkpoints())
                        .withVacuum(vacuum));
    }

    /**
     * {@link #check(Database)} where the power may go meanwhile, since the checker waits for vacuums: then it throws what the disk throws.
     */
    public static void check(Database db, SimulatedDisk disk) {
        try {
            check(db);
        } catch (AssertionError e) {
            if (disk.isOff()) {
                disk.exists("lengths");
            }
            throw e;
        }
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
