package dev.palimpsest.vacuum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.Session;
import dev.palimpsest.api.TableLockMode;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Timeouts;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.api.VacuumProgress;
import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.inspect.CheckProgress;
import dev.palimpsest.inspect.InspectableDatabase;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What stops a vacuum by hand, what it waits for, and what others see of it meanwhile. */
@Timeout(60)
class VacuumControlTest {
    private static final long ROWS = 1_000;

    /** Rests after each page. */
    private static final VacuumOptions SLOW = VacuumOptions.DEFAULT.withCost(50, 1);

    private Database db;

    @BeforeEach
    void open() {
        db = Database.openInMemory(DatabaseOptions.DEFAULT.withAutovacuum(AutovacuumOptions.OFF));
        db.transact(tx -> {
            tx.createTable(TableSchema.named("t")
                    .column("id", ColumnType.BIGINT)
                    .column("p", ColumnType.TEXT)
                    .primaryKey("id")
                    .build());
            for (long id = 0; id < ROWS; id++) {
                db.table("t").insert(tx, id, "x".repeat(100));
            }
            return null;
        });
        db.transact(tx -> {
            for (long id = 0; id < ROWS; id += 2) {
                db.table("t").delete(tx, id);
            }
            return null;
        });
    }

    @AfterEach
    void checkAndClose() {
        assertEquals(List.of(), ((InspectableDatabase) db).check(CheckProgress.NONE));
        db.close();
    }

    private static EngineException failure(CompletableFuture<?> work) {
        return (EngineException)
                assertThrows(CompletionException.class, work::join).getCause();
    }

    private VacuumProgress awaitPages(int pages) {
        while (true) {
            List<VacuumProgress> running = db.vacuumProgress();
            if (!running.isEmpty() && running.get(0).heapBlocksScanned() >= pages) {
                return running.get(0);
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    private void finishVacuum() {
        VacuumReport report = db.vacuum("t").get(0);
        assertEquals(ROWS / 2, report.linePointersFreed(), () -> "" + report);
        assertEquals(List.of(), db.vacuumProgress());
    }

    @Test
    void shouldStopBetweenTwoPagesWhenCancelled() {
        try (Session session = db.openSession()) {
            CompletableFuture<?> vacuum = CompletableFuture.supplyAsync(() -> session.vacuum(SLOW, "t"));
            VacuumProgress progress = awaitPages(3);
            assertEquals("t", progress.table());
            assertEquals(session.id(), progress.id());
            assertEquals("scanning heap", progress.phase().toString());
            session.cancel();
            EngineException e = failure(vacuum);
            assertEquals("57014", e.sqlState().code());
            assertEquals("canceling statement due to user request", e.getMessage());
            assertTrue(db.vacuumProgress().isEmpty());
            try (Transaction tx = session.begin(TransactionOptions.DEFAULT)) { // the session goes on
                assertTrue(db.table("t").get(tx, 1L) != null);
            }
        }
        finishVacuum();
    }

    @Test
    void shouldStopAtTheStatementsTimeLimit() {
        try (Session session = db.openSession()) {
            session.timeouts(new Timeouts(0, 100_000_000, 0));
            EngineException e = assertThrows(EngineException.class, () -> session.vacuum(SLOW));
            assertEquals("57014", e.sqlState().code());
            assertEquals("canceling statement due to statement timeout", e.getMessage());
        }
        finishVacuum();
    }

    @Test
    void shouldStopWhenInterrupted() {
        Thread.currentThread().interrupt();
        EngineException e = assertThrows(EngineException.class, () -> db.vacuum("t"));
        assertTrue(Thread.interrupted());
        assertEquals("57014", e.sqlState().code());
        finishVacuum();
    }

    @Test
    void shouldComeOutWhenTheDatabaseIsClosed() {
        CompletableFuture<?> vacuum = CompletableFuture.supplyAsync(() -> db.vacuum(SLOW, "t"));
        awaitPages(3);
        db.close();
        assertEquals("57P01", failure(vacuum).sqlState().code());
        open(); // for the check at the end
    }

    @Test
    void shouldLeaveALockedTableOutOrWaitForIt() {
        try (Transaction other = db.begin()) {
            other.lockTable("t", TableLockMode.SHARE_UPDATE_EXCLUSIVE, WaitPolicy.BLOCK);
            VacuumReport report =
                    db.vacuum(VacuumOptions.DEFAULT.withSkipLocked(true), "t").get(0);
            assertEquals("lock not available", report.skipped());
            assertEquals(0, report.pagesScanned());
            Supplier<List<VacuumReport>> waiting = () -> db.vacuum("t");
            CompletableFuture<List<VacuumReport>> vacuum = CompletableFuture.supplyAsync(waiting);
            while (db.locks().stream().allMatch(lock -> lock.granted())) {
                LockSupport.parkNanos(1_000_000);
            }
            other.commit();
            assertNull(vacuum.join().get(0).skipped());
        }
    }

    @Test
    void shouldLetReadersAndWritersGoOn() {
        try (Session session = db.openSession()) {
            CompletableFuture<?> vacuum =
                    CompletableFuture.supplyAsync(() -> session.vacuum(SLOW.withCost(100, 1), "t"));
            awaitPages(2);
            db.transact(tx -> {
                db.table("t").insert(tx, 0L, "new");
                db.table("t").update(tx, 1L, change -> change.set("p", "changed"));
                return db.table("t").delete(tx, 3L);
            });
            assertEquals("new", db.read(tx -> db.table("t").get(tx, 0L).stringValue("p")));
            VacuumReport second =
                    db.vacuum(VacuumOptions.DEFAULT.withSkipLocked(true), "t").get(0);
            assertEquals("lock not available", second.skipped());
            session.cancel();
            assertEquals("57014", failure(vacuum).sqlState().code());
        }
    }

    @Test
    void shouldRefuseWhatPostgresRefuses() {
        try (Session session = db.openSession();
                Transaction tx = session.begin(TransactionOptions.DEFAULT)) {
            assertEquals("0", "" + tx.waitCount());
            EngineException e = assertThrows(EngineException.class, () -> session.vacuum(VacuumOptions.DEFAULT, "t"));
            assertEquals("25001", e.sqlState().code());
            assertEquals("VACUUM cannot run inside a transaction block", e.getMessage());
        }
        EngineException e = assertThrows(EngineException.class, () -> db.vacuum("t", "nothing"));
        assertEquals("42P01", e.sqlState().code());
        assertEquals("relation \"nothing\" does not exist", e.getMessage());
        assertEquals(
                "cannot vacuum non-tables or special system tables",
                db.vacuum("t_pkey").get(0).skipped());
        assertTrue(db.vacuum().stream().anyMatch(report -> report.table().equals("pg_class")));
    }

    @Test
    void shouldLeaveIndexesAloneWhereTold() {
        VacuumReport report =
                db.vacuum(VacuumOptions.DEFAULT.withIndexCleanup(false), "t").get(0);
        assertEquals(0, report.linePointersFreed() + report.indexScans(), () -> "" + report);
        assertEquals(ROWS / 2, report.versionsRemoved(), () -> "" + report);
        finishVacuum();
    }
}
