package dev.palimpsest.model;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.crash.SimulatedEngine;
import dev.palimpsest.recovery.CheckpointOptions;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.Seeds;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.wal.WalOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Indexes created and dropped while others move amounts between rows and read: a snapshot always holds the same rows and the same sum,
 * each index shows what the heap shows, and the checker finds nothing before and after the database is opened again.
 */
class DdlSimulationTest {
    private static final int SEEDS = 30 * Integer.getInteger("palimpsest.scale", 1);
    private static final int WRITERS = 3;
    private static final int READERS = 2;
    private static final long MAX_EVENTS = 8_000_000;

    @Test
    @Tag("scaled")
    void shouldShowThroughEachIndexWhatTheHeapShows() {
        int[] ended = new int[DdlSessions.KINDS];
        Seeds.forEach(SEEDS, seed -> run(seed, ended));
        System.out.println("DdlSimulationTest: commits by writers, readers, definers " + Arrays.toString(ended));
        if (Long.getLong("palimpsest.seed") == null) {
            DdlSessions.requireWork(ended);
        }
    }

    private static void run(long seed, int[] ended) {
        SplittableRandom random = new SplittableRandom(seed);
        SimulatedDisk disk = new SimulatedDisk(seed);
        SeededScheduler scheduler = new SeededScheduler(seed).limitEvents(MAX_EVENTS);
        disk.requireEngineTasksOf(scheduler);
        scheduler.run(() -> {
            Database db = SimulatedEngine.open(disk, scheduler, settings(random));
            create(db);
            DdlSessions sessions = new DdlSessions(db, scheduler, ended);
            play(sessions, scheduler, random);
            SimulatedEngine.check(db);
            db.close();
            Database again = SimulatedEngine.open(disk, scheduler, SimulatedEngine.Settings.small());
            SimulatedEngine.check(again);
            again.close();
        });
    }

    private static SimulatedEngine.Settings settings(SplittableRandom random) {
        return new SimulatedEngine.Settings(
                24 + random.nextInt(60),
                new WalOptions(64 << 10, 128 << 10, 5_000_000L),
                new CheckpointOptions(150_000, 200_000_000L, 0.5));
    }

    private static void create(Database db) {
        db.transact(tx -> {
            tx.createTable(TableSchema.named(DdlSessions.TABLE)
                    .column("id", ColumnType.BIGINT)
                    .column("k", ColumnType.BIGINT)
                    .column("v", ColumnType.BIGINT)
                    .column("p", ColumnType.TEXT)
                    .primaryKey("id")
                    .build());
            tx.createTable(TableSchema.named(DdlSessions.OTHER_TABLE)
                    .column("id", ColumnType.BIGINT)
                    .primaryKey("id")
                    .build());
            for (long id = 0; id < DdlSessions.ROWS; id++) {
                db.table(DdlSessions.TABLE).insert(tx, id, id % 10, DdlSessions.EACH, "x".repeat(150));
            }
            return null;
        });
    }

    private static void play(DdlSessions sessions, SeededScheduler scheduler, SplittableRandom random) {
        List<Thread> all = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            SplittableRandom own = random.split();
            all.add(scheduler.spawnSession("writer " + i, () -> sessions.write(own, 25)));
        }
        for (int i = 0; i < READERS; i++) {
            SplittableRandom own = random.split();
            all.add(scheduler.spawnSession("reader " + i, () -> sessions.read(own, 12)));
        }
        SplittableRandom own = random.split();
        all.add(scheduler.spawnSession("definer", () -> sessions.define(own, 10, "u")));
        if (random.nextBoolean()) {
            SplittableRandom second = random.split();
            all.add(scheduler.spawnSession("second definer", () -> sessions.define(second, 5, "w")));
        }
        all.forEach(scheduler::join);
    }
}
