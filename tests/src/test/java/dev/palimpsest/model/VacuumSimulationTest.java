package dev.palimpsest.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.crash.SimulatedArchives;
import dev.palimpsest.crash.SimulatedEngine;
import dev.palimpsest.engine.EngineDatabase;
import dev.palimpsest.reclaim.ArchiveFactory;
import dev.palimpsest.reclaim.VacuumSettings;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.Seeds;
import dev.palimpsest.sim.SimulatedDisk;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Vacuum, by hand and by itself, under writers that move amounts between rows, move rows to other keys, delete and insert them, and under readers
 * with old snapshots: each snapshot shows the same rows at its end as at its beginning, with the sum that every snapshot has, and the
 * same by index; the checker finds nothing, before and after the database is opened again.
 */
class VacuumSimulationTest {
    private static final int SEEDS = 40 * Integer.getInteger("palimpsest.scale", 1);
    private static final long MAX_EVENTS = 12_000_000;

    @Test
    @Tag("scaled")
    void shouldChangeNothingThatASnapshotSees() {
        VacuumSessions.Counts counts = new VacuumSessions.Counts();
        Seeds.forEach(SEEDS, seed -> run(seed, counts));
        System.out.println("VacuumSimulationTest: " + counts);
        if (Long.getLong("palimpsest.seed") == null) {
            assertTrue(counts.commits > 50 * SEEDS, "commits");
            assertTrue(counts.snapshots > 5 * SEEDS, "snapshots");
            assertTrue(counts.freed > 20 * SEEDS, "places freed");
            assertTrue(counts.archived > 5 * SEEDS, "versions archived");
            assertTrue(counts.entries > 20 * SEEDS, "index entries removed");
            assertTrue(counts.vacuums > SEEDS, "vacuums by hand");
            assertTrue(counts.cancels > SEEDS / 4, "vacuums cancelled");
            assertTrue(counts.automatic > SEEDS, "automatic vacuums");
        }
    }

    private static void run(long seed, VacuumSessions.Counts counts) {
        SplittableRandom random = new SplittableRandom(seed);
        SimulatedDisk disk = new SimulatedDisk(seed);
        SeededScheduler scheduler = new SeededScheduler(seed).limitEvents(MAX_EVENTS);
        disk.requireEngineTasksOf(scheduler);
        VacuumSettings vacuum = new VacuumSettings(
                AutovacuumOptions.DEFAULT
                        .withEnabled(random.nextInt(4) != 0)
                        .withNaptimeMillis(1 + random.nextInt(50))
                        .withVacuumThreshold(random.nextInt(30), 0.1)
                        .withVacuumCost(random.nextInt(3), 20 + random.nextInt(200)),
                random.nextInt(4) == 0
                        ? ArchiveFactory.NONE
                        : new SimulatedArchives(scheduler, 1L << (10 + random.nextInt(12))),
                0);
        scheduler.run(() -> {
            EngineDatabase db = SimulatedEngine.open(disk, scheduler, SimulatedEngine.Settings.small(), vacuum);
            create(db);
            play(new VacuumSessions(db, scheduler, counts), scheduler, random);
            finish(db, counts);
            db.close();
            EngineDatabase again = SimulatedEngine.open(disk, scheduler, SimulatedEngine.Settings.small(), vacuum);
            SimulatedEngine.check(again);
            again.vacuum();
            SimulatedEngine.check(again);
            again.close();
        });
    }

    private static void create(EngineDatabase db) {
        db.transact(tx -> {
            tx.createTable(TableSchema.named(VacuumSessions.TABLE)
                    .column("id", ColumnType.BIGINT)
                    .column("k", ColumnType.BIGINT)
                    .column("v", ColumnType.BIGINT)
                    .column("p", ColumnType.TEXT)
                    .primaryKey("id")
                    .build());
            tx.createIndex(new IndexSchema("k_index", VacuumSessions.TABLE, List.of("k"), List.of(), false));
            for (long id = 0; id < VacuumSessions.ROWS; id++) {
                db.table(VacuumSessions.TABLE).insert(tx, id, id % 10, VacuumSessions.EACH, "x".repeat(200));
            }
            return null;
        });
    }

    private static void play(VacuumSessions sessions, SeededScheduler scheduler, SplittableRandom random) {
        List<Thread> all = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            SplittableRandom own = random.split();
            all.add(scheduler.spawnSession("writer " + i, () -> sessions.write(own, 40)));
        }
        for (int i = 0; i < 2; i++) {
            SplittableRandom own = random.split();
            all.add(scheduler.spawnSession("reader " + i, () -> sessions.read(own, 6)));
        }
        SplittableRandom own = random.split();
        all.add(scheduler.spawnSession("vacuum", () -> sessions.vacuum(own, 8)));
        all.forEach(scheduler::join);
    }

    /** With nobody there, one vacuum takes all that is dead, and the next finds nothing to do. */
    private static void finish(EngineDatabase db, VacuumSessions.Counts counts) {
        SimulatedEngine.check(db);
        db.tableStatistics().forEach(statistics -> counts.automatic += statistics.autovacuumCount());
        db.vacuum(VacuumSessions.TABLE); // it may have to clear up behind one that autovacuum has just begun
        VacuumReport report = db.vacuum(VacuumSessions.TABLE).get(0);
        assertEquals(0, report.versionsPinned() + report.versionsInArchive(), () -> "" + report);
        assertEquals(VacuumSessions.ROWS, VacuumSessions.countRows(db), () -> "" + report);
        VacuumReport again = db.vacuum(VacuumSessions.TABLE).get(0);
        assertEquals(0, again.versionsRemoved() + again.linePointersFreed(), () -> "" + again);
        assertEquals(0, again.pagesScanned(), () -> "all pages are clean: " + again);
        SimulatedEngine.check(db);
    }
}
