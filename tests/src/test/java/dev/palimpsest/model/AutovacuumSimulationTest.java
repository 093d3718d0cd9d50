package dev.palimpsest.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.TableStatistics;
import dev.palimpsest.crash.SimulatedEngine;
import dev.palimpsest.engine.EngineDatabase;
import dev.palimpsest.reclaim.ArchiveFactory;
import dev.palimpsest.reclaim.VacuumSettings;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.Seeds;
import dev.palimpsest.sim.SimulatedDisk;
import org.junit.jupiter.api.Test;

/** Autovacuum by the injected clock: not before its nap is over, then at once, and no table keeps another waiting. */
class AutovacuumSimulationTest {
    private static final long SECOND = 1_000_000_000L;

    @Test
    void shouldLookWhenTheNapIsOver() {
        Seeds.forEach(5, AutovacuumSimulationTest::run);
    }

    private static void run(long seed) {
        SimulatedDisk disk = new SimulatedDisk(seed);
        SeededScheduler scheduler = new SeededScheduler(seed);
        disk.requireEngineTasksOf(scheduler);
        AutovacuumOptions options = AutovacuumOptions.DEFAULT.withNaptimeMillis(300_000);
        VacuumSettings settings = new VacuumSettings(options, ArchiveFactory.NONE, 0);
        scheduler.run(() -> {
            try (EngineDatabase db =
                    SimulatedEngine.open(disk, scheduler, SimulatedEngine.Settings.small(), settings)) {
                long start = scheduler.nanoTime();
                create(db, "small", 200);
                create(db, "large", 3_000);
                delete(db, "large", 3_000);
                delete(db, "small", 200);
                assertTrue(scheduler.nanoTime() - start < 250 * SECOND, "the test's own work takes too long");
                parkUntil(scheduler, start + 280 * SECOND);
                assertEquals(0, statistics(db, "small").autovacuumCount());
                assertEquals(200, statistics(db, "small").deadVersions());
                // the large one rests 2 ms after each cost of 200; the small one must not wait for it
                parkUntil(scheduler, start + 400 * SECOND);
                assertEquals(1, statistics(db, "small").autovacuumCount());
                assertEquals(0, statistics(db, "small").deadVersions());
                parkUntil(scheduler, start + 590 * SECOND);
                assertEquals(1, statistics(db, "large").autovacuumCount());
                assertEquals(0, statistics(db, "large").deadVersions());
                assertEquals(1, statistics(db, "small").autovacuumCount());
                SimulatedEngine.check(db);
            }
        });
    }

    private static void parkUntil(SeededScheduler scheduler, long nanos) {
        for (long left = nanos - scheduler.nanoTime(); left > 0; left = nanos - scheduler.nanoTime()) {
            scheduler.park("a while", left);
        }
    }

    private static TableStatistics statistics(EngineDatabase db, String table) {
        return db.tableStatistics().stream()
                .filter(statistics -> statistics.table().equals(table))
                .findFirst()
                .orElseThrow();
    }

    private static void create(EngineDatabase db, String table, long rows) {
        db.transact(tx -> {
            tx.createTable(TableSchema.named(table)
                    .column("id", ColumnType.BIGINT)
                    .primaryKey("id")
                    .build());
            for (long id = 0; id < rows; id++) {
                db.table(table).insert(tx, id);
            }
            return null;
        });
    }

    private static void delete(EngineDatabase db, String table, long rows) {
        db.transact(tx -> {
            for (long id = 0; id < rows; id++) {
                db.table(table).delete(tx, id);
            }
            return null;
        });
    }
}
