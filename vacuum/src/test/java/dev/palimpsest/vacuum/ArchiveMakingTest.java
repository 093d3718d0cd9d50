package dev.palimpsest.vacuum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.Session;
import dev.palimpsest.api.TableSchema;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Making the archive takes its time: vacuum goes on without it, comes again when it is there, and closing waits for it. */
@Timeout(60)
class ArchiveMakingTest {
    private static final TransactionOptions SNAPSHOT =
            TransactionOptions.DEFAULT.withIsolation(IsolationLevel.REPEATABLE_READ);
    private static final VacuumOptions AWAIT = VacuumOptions.DEFAULT.withAwaitArchive(true);
    private static final int DELETED = 3;

    /** Makes its archive when told to. */
    private static final class SlowFactory implements ArchiveFactory {
        private final CountDownLatch begun = new CountDownLatch(1);
        private final CountDownLatch goOn = new CountDownLatch(1);
        private final AtomicInteger asked = new AtomicInteger();
        private final AtomicBoolean closed = new AtomicBoolean();
        private final RuntimeException failure;

        SlowFactory(RuntimeException failure) {
            this.failure = failure;
        }

        @Override
        public OpenArchive open(Path directory) {
            asked.incrementAndGet();
            begun.countDown();
            await(goOn);
            if (failure != null) {
                throw failure;
            }
            return new Archive(closed);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static final class Archive extends MapArchive implements ArchiveFactory.OpenArchive {
        private final AtomicBoolean closed;

        Archive(AtomicBoolean closed) {
            super(1 << 20);
            this.closed = closed;
        }

        @Override
        public void close() {
            closed.set(true);
        }
    }

    private static EngineDatabase open(ArchiveFactory archives) {
        EngineDatabase db =
                EngineDatabase.open(EngineConfig.of(new MemoryDisk(), new ThreadScheduler(), DatabaseOptions.DEFAULT)
                        .withVacuum(new VacuumSettings(AutovacuumOptions.OFF, archives, 0)));
        create(db);
        return db;
    }

    private static void create(Database db) {
        db.transact(tx -> {
            tx.createTable(TableSchema.named("t")
                    .column("id", ColumnType.BIGINT)
                    .primaryKey("id")
                    .build());
            for (long id = 0; id < 100; id++) {
                db.table("t").insert(tx, id);
            }
            return null;
        });
        db.vacuum();
    }

    /** A snapshot that alone keeps {@link #DELETED} rows. */
    private static Transaction pin(Database db) {
        Transaction keeper = db.begin(SNAPSHOT);
        db.table("t").get(keeper, 1L);
        db.transact(tx -> {
            for (long id = 0; id < DELETED; id++) {
                db.table("t").delete(tx, id);
            }
            return null;
        });
        return keeper;
    }

    private static List<String> cycle(EngineDatabase db) {
        return db.runAutovacuum().stream().map(VacuumReport::table).toList();
    }

    /** On a thread of its own: the pool that futures have by default may be one thread, and it may be waiting. */
    private static <T> CompletableFuture<T> start(Supplier<T> work) {
        return CompletableFuture.supplyAsync(work, task -> {
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            thread.start();
        });
    }

    private static EngineException failure(CompletableFuture<?> work) {
        return (EngineException)
                assertThrows(ExecutionException.class, work::get).getCause();
    }

    @Test
    void shouldGoOnWithoutAndComeAgain() {
        SlowFactory archives = new SlowFactory(null);
        try (EngineDatabase db = open(archives);
                Transaction keeper = pin(db)) {
            VacuumReport report = db.vacuum("t").get(0);
            assertEquals(DELETED, report.versionsPinned(), () -> "" + report);
            assertTrue(report.awaitsArchive(), () -> "" + report);
            await(archives.begun);
            assertEquals(List.of(), cycle(db));
            archives.goOn.countDown();
            List<String> vacuumed = cycle(db);
            while (vacuumed.isEmpty()) {
                LockSupport.parkNanos(1_000_000);
                vacuumed = cycle(db);
            }
            assertEquals(List.of("t"), vacuumed, "by itself, however few versions there are");
            assertEquals(DELETED, db.tableStatistics().get(0).archivedVersions());
            assertEquals(List.of(), cycle(db));
            assertTrue(db.table("t").get(keeper, 1L) != null);
            keeper.rollback();
            assertEquals(List.of("t"), cycle(db));
            assertEquals(List.of(), db.check(CheckProgress.NONE));
            assertEquals(1, archives.asked.get());
        }
        assertTrue(archives.closed.get());
    }

    @Test
    void shouldWaitWhereAsked() throws Exception {
        SlowFactory archives = new SlowFactory(null);
        try (EngineDatabase db = open(archives);
                Transaction keeper = pin(db);
                Session session = db.openSession()) {
            CompletableFuture<?> canceled = start(() -> session.vacuum(AWAIT, "t"));
            await(archives.begun);
            session.cancel();
            assertEquals("57014", failure(canceled).sqlState().code());
            CompletableFuture<List<VacuumReport>> waiting = start(() -> db.vacuum(AWAIT, "t"));
            archives.goOn.countDown();
            VacuumReport report = waiting.get().get(0);
            assertEquals(DELETED, report.versionsInArchive(), () -> "" + report);
            assertFalse(report.awaitsArchive());
            assertTrue(db.table("t").get(keeper, 1L) != null);
        }
    }

    @Test
    void shouldNotAskAgainForWhatCannotBeMade() {
        SlowFactory archives = new SlowFactory(new IllegalStateException("planted failure"));
        archives.goOn.countDown();
        Logger logger = Logger.getLogger(ArchiveOpener.class.getName());
        logger.setUseParentHandlers(false);
        try (EngineDatabase db = open(archives);
                Transaction keeper = pin(db)) {
            VacuumReport report = db.vacuum(AWAIT, "t").get(0);
            assertEquals(DELETED, report.versionsPinned(), () -> "" + report);
            assertFalse(report.awaitsArchive());
            assertEquals(List.of(), cycle(db));
            assertEquals(DELETED, db.vacuum("t").get(0).versionsPinned());
            assertTrue(db.table("t").get(keeper, 1L) != null);
            assertEquals(1, archives.asked.get());
        } finally {
            logger.setUseParentHandlers(true);
        }
    }

    @Test
    void shouldCloseOnlyWhenItIsMade() throws Exception {
        SlowFactory archives = new SlowFactory(null);
        EngineDatabase db = open(archives);
        pin(db);
        CompletableFuture<?> vacuum = start(() -> db.vacuum(AWAIT, "t"));
        await(archives.begun);
        CompletableFuture<?> closing = start(() -> {
            db.close();
            return null;
        });
        assertEquals("57P01", failure(vacuum).sqlState().code(), "nobody is inside any more");
        assertFalse(closing.isDone());
        archives.goOn.countDown();
        closing.get();
        assertTrue(archives.closed.get());
    }

    /** With the real archive, however far its making has come. */
    @Test
    void shouldLeaveNoFileWhenClosedMeanwhile(@TempDir Path directory) throws Exception {
        DatabaseOptions options = DatabaseOptions.DEFAULT.withAutovacuum(AutovacuumOptions.OFF);
        for (int life = 0; life < 3; life++) {
            try (Database db = Database.open(directory.resolve("" + life), options)) {
                create(db);
                pin(db);
                db.vacuum("t");
            }
            try (Stream<Path> files = Files.list(directory.resolve("" + life))) {
                assertEquals(
                        List.of(),
                        files.filter(file -> file.toString().endsWith(".tmp")).toList());
            }
        }
    }
}
