package dev.palimpsest.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.crash.SimulatedEngine;
import dev.palimpsest.recovery.CheckpointOptions;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.Seeds;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.wal.WalOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Sessions that lock, update, delete and insert a few rows, with savepoints, at both isolation levels, among prunes, checkpoints and long
 * readers: no two conflicting locks are ever held at once, also not over updates; nobody is skipped or refused without a lock in the way;
 * nobody waits for ever; what is locked doesn't change; nothing is left at the end.
 */
class RowLockSimulationTest {
    private static final int SEEDS = 60 * Integer.getInteger("palimpsest.scale", 1);
    private static final int SESSIONS = 4;
    private static final long MAX_EVENTS = 8_000_000;

    @Test
    @Tag("scaled")
    void shouldHoldLocksAsPromised() {
        RowLockSessions.Counts counts = new RowLockSessions.Counts();
        Seeds.forEach(SEEDS, seed -> run(seed, counts));
        System.out.println("RowLockSimulationTest: " + counts);
        if (Long.getLong("palimpsest.seed") == null) {
            assertTrue(counts.commits > 10 * SEEDS, "commits");
            assertTrue(counts.skipped > SEEDS, "skipped");
            assertTrue(counts.refused > SEEDS, "refused");
            assertTrue(counts.deadlocks > SEEDS / 2, "deadlocks");
            assertTrue(counts.serializationFailures > SEEDS, "serialization failures");
            assertTrue(counts.rollbacksToSavepoints > SEEDS, "rollbacks to savepoints");
        }
    }

    private static void run(long seed, RowLockSessions.Counts counts) {
        SplittableRandom random = new SplittableRandom(seed);
        SimulatedDisk disk = new SimulatedDisk(seed);
        SeededScheduler scheduler = new SeededScheduler(seed).limitEvents(MAX_EVENTS);
        disk.requireEngineTasksOf(scheduler);
        scheduler.run(() -> {
            Database db = SimulatedEngine.open(
                    disk,
                    scheduler,
                    new SimulatedEngine.Settings(
                            24 + random.nextInt(60),
                            new WalOptions(64 << 10, 128 << 10, 5_000_000L),
                            new CheckpointOptions(150_000, 200_000_000L, 0.5)));
            create(db);
            RowLockSessions sessions = new RowLockSessions(db, scheduler, new RowLockOracle(), counts);
            List<Thread> all = new ArrayList<>();
            for (int i = 0; i < SESSIONS; i++) {
                RowLockSessions.Session session = sessions.new Session(random.split());
                all.add(scheduler.spawnSession("session " + i, () -> session.run(25)));
            }
            all.forEach(scheduler::join);
            checkEnd(db, sessions);
            db.close();
        });
    }

    private static void create(Database db) {
        db.transact(tx -> {
            tx.createTable(TableSchema.named(RowLockSessions.TABLE)
                    .column("id", ColumnType.BIGINT)
                    .column("k", ColumnType.BIGINT)
                    .column("v", ColumnType.BIGINT)
                    .column("filler", ColumnType.TEXT)
                    .primaryKey("id")
                    .build());
            tx.createIndex(IndexSchema.on(RowLockSessions.TABLE, "k").named("by_k"));
            for (long id = 0; id < RowLockSessions.ROWS; id++) {
                db.table(RowLockSessions.TABLE).insert(tx, id, id, 0L, "x".repeat(800));
            }
            return null;
        });
    }

    private static void checkEnd(Database db, RowLockSessions sessions) {
        db.transact(tx -> {
            for (int row = 0; row < RowLockSessions.STABLE_ROWS; row++) {
                long value = db.table(RowLockSessions.TABLE)
                        .lock(tx, RowLockMode.UPDATE, WaitPolicy.NOWAIT, (long) row)
                        .longValue(2);
                assertEquals(sessions.added[row], value, "an update was lost, row=" + row);
            }
            return null;
        });
        SimulatedEngine.check(db);
    }
}
