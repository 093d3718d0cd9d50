package dev.palimpsest.vacuum.auto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.TableStatistics;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.engine.EngineConfig;
import dev.palimpsest.engine.EngineDatabase;
import dev.palimpsest.heap.MapArchive;
import dev.palimpsest.inspect.CheckProgress;
import dev.palimpsest.reclaim.ArchiveFactory;
import dev.palimpsest.reclaim.VacuumSettings;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.storage.MemoryDisk;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When tables are due, by hand-made cycles; and that the task goes on whatever happens. */
@Timeout(60)
class AutovacuumTest {
    private static final TransactionOptions SNAPSHOT =
            TransactionOptions.DEFAULT.withIsolation(IsolationLevel.REPEATABLE_READ);
    private static final AutovacuumOptions EAGER = AutovacuumOptions.DEFAULT
            .withNaptimeMillis(1)
            .withVacuumThreshold(10, 0)
            .withVacuumCost(0, 200);

    private static EngineDatabase open(AutovacuumOptions options, ArchiveFactory archives) {
        EngineDatabase db =
                EngineDatabase.open(EngineConfig.of(new MemoryDisk(), new ThreadScheduler(), DatabaseOptions.DEFAULT)
                        .withVacuum(new VacuumSettings(options, archives, 0)));
        db.transact(tx -> {
            tx.createTable(TableSchema.named("t")
                    .column("id", ColumnType.BIGINT)
                    .column("v", ColumnType.BIGINT)
                    .primaryKey("id")
                    .build());
            for (long id = 0; id < 500; id++) {
                db.table("t").insert(tx, id, 0L);
            }
            return null;
        });
        db.vacuum();
        return db;
    }

    private static void delete(EngineDatabase db, long from, long to) {
        db.transact(tx -> {
            for (long id = from; id < to; id++) {
                db.table("t").delete(tx, id);
            }
            return null;
        });
    }

    private static TableStatistics statistics(EngineDatabase db) {
        return db.tableStatistics().get(0);
    }

    private static List<String> cycle(EngineDatabase db) {
        return db.runAutovacuum().stream().map(VacuumReport::table).toList();
    }

    @Test
    void shouldVacuumWhenThereIsEnough() {
        try (EngineDatabase db = open(AutovacuumOptions.OFF, ArchiveFactory.NONE)) {
            assertEquals(List.of(), cycle(db));
            assertEquals(500, statistics(db).liveRows());
            delete(db, 0, 125); // 50 + 20 % of what is left then
            assertEquals(125, statistics(db).deadVersions());
            assertEquals(375, statistics(db).liveRows());
            assertEquals(List.of(), cycle(db));
            delete(db, 125, 126);
            assertEquals(List.of("t"), cycle(db));
            assertEquals(0, statistics(db).deadVersions());
            assertEquals(374, statistics(db).liveRows());
            assertEquals(1, statistics(db).autovacuumCount());
            assertEquals(1, statistics(db).vacuumCount());
            assertEquals(List.of(), cycle(db));
        }
    }

    @Test
    void shouldGoByTheTablesOwnParameters() {
        try (EngineDatabase db = open(AutovacuumOptions.OFF, ArchiveFactory.NONE)) {
            db.transact(tx -> {
                tx.alterTable("t", Map.of("autovacuum_vacuum_threshold", "2", "autovacuum_vacuum_scale_factor", "0"));
                return null;
            });
            db.vacuum("pg_class");
            delete(db, 0, 2);
            assertEquals(List.of(), cycle(db));
            delete(db, 2, 3);
            assertEquals(List.of("t"), cycle(db));
            db.transact(tx -> {
                tx.alterTable("t", Map.of("autovacuum_enabled", "off"));
                return null;
            });
            delete(db, 3, 300);
            assertEquals(List.of(), cycle(db));
        }
    }

    @Test
    void shouldCountWhatIsRolledBackAsDead() {
        try (EngineDatabase db = open(AutovacuumOptions.OFF, ArchiveFactory.NONE)) {
            try (Transaction tx = db.begin()) {
                for (long id = 500; id < 540; id++) {
                    db.table("t").insert(tx, id, 0L);
                }
                tx.savepoint("s");
                for (long id = 540; id < 600; id++) {
                    db.table("t").insert(tx, id, 0L);
                }
                tx.rollbackTo("s");
                assertEquals(60, statistics(db).deadVersions());
                tx.commit();
            }
            assertEquals(540, statistics(db).liveRows());
            assertEquals(60, statistics(db).deadVersions());
            assertEquals(600, statistics(db).rowsInserted());
            try (Transaction tx = db.begin()) {
                db.table("t").update(tx, 1L, change -> change.setLong("v", 1));
                db.table("t").delete(tx, 2L);
            }
            assertEquals(540, statistics(db).liveRows());
            assertEquals(61, statistics(db).deadVersions(), "the update's new version; nothing else died");
            assertEquals(1, statistics(db).rowsHotUpdated());
        }
    }

    /** However few there are, what a snapshot kept goes in the first cycle after its end; and no cycle looks in vain before. */
    @Test
    void shouldVacuumWhenASnapshotEndsThatKeptVersions() {
        for (ArchiveFactory archives : List.of(ArchiveFactory.NONE, ArchiveFactory.onHeap(1 << 20))) {
            try (EngineDatabase db = open(AutovacuumOptions.OFF, archives)) {
                Transaction keeper = db.begin(SNAPSHOT);
                db.table("t").get(keeper, 1L);
                delete(db, 0, 3);
                db.transact(tx -> {
                    db.table("t").insert(tx, 1_000L, 0L);
                    return null;
                });
                try (Transaction bystander = db.begin(SNAPSHOT)) {
                    db.table("t").get(bystander, 1L);
                    VacuumReport report = db.vacuum(VacuumOptions.DEFAULT.withAwaitArchive(true), "t")
                            .get(0);
                    assertEquals(3, report.versionsPinned() + report.versionsInArchive(), () -> "" + report);
                    assertEquals(List.of(), cycle(db));
                }
                assertEquals(List.of(), cycle(db), "the bystander kept nothing");
                keeper.rollback();
                VacuumReport report = db.runAutovacuum().get(0);
                assertEquals(3, report.linePointersFreed(), () -> "" + report);
                assertEquals(List.of(), cycle(db));
                assertEquals(List.of(), db.check(CheckProgress.NONE));
            }
        }
    }

    @Test
    void shouldGiveWayToWhoWantsTheTable() {
        AutovacuumOptions slow = EAGER.withVacuumCost(100, 1);
        try (EngineDatabase db = open(slow, ArchiveFactory.NONE)) {
            delete(db, 0, 400);
            while (db.vacuumProgress().isEmpty()) {
                LockSupport.parkNanos(1_000_000);
            }
            db.transact(tx -> {
                tx.dropTable("t");
                return null;
            });
            assertEquals(List.of(), db.check(CheckProgress.NONE));
        }
    }

    @Test
    void shouldGoOnAfterAnyException() {
        Queue<String> logged = new ConcurrentLinkedQueue<>();
        Logger logger = Logger.getLogger(Autovacuum.class.getName());
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                logged.add(record.getLevel() + " " + record.getMessage() + " " + record.getThrown());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.setUseParentHandlers(false);
        logger.addHandler(handler);
        try (EngineDatabase db = open(EAGER, directory -> new FailingArchive());
                Transaction keeper = db.begin(SNAPSHOT)) {
            db.table("t").get(keeper, 1L);
            delete(db, 0, 400);
            while (statistics(db).archivedVersions() < 400) {
                LockSupport.parkNanos(1_000_000);
            }
            assertTrue(
                    logged.contains("SEVERE automatic vacuum of table \"t\" failed "
                            + "java.lang.IllegalStateException: planted failure"),
                    () -> "" + logged);
            assertEquals(0L, db.table("t").get(keeper, 7L).longValue("v"));
            keeper.rollback();
            while (statistics(db).archivedVersions() > 0) {
                LockSupport.parkNanos(1_000_000);
            }
            assertEquals(List.of(), db.check(CheckProgress.NONE));
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(true);
        }
    }

    /** Its first three puts fail. */
    private static final class FailingArchive extends MapArchive implements ArchiveFactory.OpenArchive {
        private final AtomicInteger puts = new AtomicInteger();

        FailingArchive() {
            super(1 << 20);
        }

        @Override
        public boolean put(int relation, int block, byte[] blob) {
            if (puts.incrementAndGet() <= 3) {
                throw new IllegalStateException("planted failure");
            }
            return super.put(relation, block, blob);
        }

        @Override
        public void close() {}
    }
}
