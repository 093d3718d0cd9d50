package dev.palimpsest.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.inspect.CheckProgress;
import dev.palimpsest.inspect.DatabaseChecker;
import dev.palimpsest.inspect.InspectableDatabase;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.storage.FileDisk;
import dev.palimpsest.table.Actor;
import dev.palimpsest.table.Expect;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Opening, closing, being refused, and coming back. */
class EngineDatabaseTest {
    private static final TableSchema COUNTERS = TableSchema.named("counters")
            .column("id", ColumnType.BIGINT)
            .column("n", ColumnType.BIGINT)
            .notNull()
            .column("note", ColumnType.TEXT)
            .primaryKey("id")
            .build();

    @TempDir
    Path directory;

    private static Database withCounters(Database db) {
        db.transact(tx -> {
            tx.createTable(COUNTERS);
            db.table("counters").insert(tx, 1L, 10L, null);
            db.table("counters").insert(tx, 2L, 20L, null);
            return null;
        });
        return db;
    }

    private static long count(Database db, long id) {
        return db.read(tx -> db.table("counters").get(tx, id).longValue("n"));
    }

    private static void set(Database db, long id, long n) {
        db.transact(tx -> db.table("counters").update(tx, id, c -> c.setLong("n", n)));
    }

    @Test
    void shouldKeepCommitsOverReopening() {
        try (Database db = withCounters(Database.open(directory))) {
            set(db, 1, 11);
            Transaction open = db.begin();
            db.table("counters").delete(open, 2);
        }
        try (Database db = Database.open(directory, DatabaseOptions.DEFAULT.withCreateIfMissing(false))) {
            assertFalse(((InspectableDatabase) db).wasRecovered());
            assertEquals(11, count(db, 1));
            assertEquals(20, count(db, 2));
        }
    }

    /** The files as they are while it runs are what a killed process leaves. */
    @Test
    void shouldRecoverWhatAKilledProcessLeaves() throws Exception {
        Path copy = directory.resolve("copy");
        try (Database db = withCounters(Database.open(directory.resolve("db")))) {
            db.transact(tx -> {
                tx.createTable(TableSchema.named("numbered")
                        .column("id", ColumnType.BIGINT)
                        .identity(Column.Identity.ALWAYS)
                        .primaryKey("id")
                        .build());
                db.table("numbered").insert(tx, Table.DEFAULT);
                return null;
            });
            Transaction open = db.begin();
            db.table("counters").update(open, 2, c -> c.setLong("n", 99));
            open.createTable(
                    TableSchema.named("never").column("a", ColumnType.TEXT).build());
            set(db, 1, 11);
            copy(directory.resolve("db"), copy);
        }
        try (Database db = Database.open(copy)) {
            InspectableDatabase inside = (InspectableDatabase) db;
            assertTrue(inside.wasRecovered());
            assertEquals(List.of(), inside.check(CheckProgress.NONE));
            assertEquals(11, count(db, 1));
            assertEquals(20, count(db, 2));
            assertEquals(List.of("counters", "numbered"), db.read(Transaction::tableNames));
            db.transact(tx -> {
                db.table("numbered").insert(tx, Table.DEFAULT);
                return null;
            });
            List<Long> numbers = db.read(tx -> {
                try (RowStream rows = db.table("numbered").scan(tx, Scan.index("numbered_pkey"))) {
                    return rows.stream().map(row -> row.longValue(0)).toList();
                }
            });
            assertEquals(2, numbers.size()); // a gap, but no number twice
            List<String> log = new ArrayList<>();
            inside.dumpWal(log::add);
            assertTrue(log.stream().anyMatch(line -> line.contains("COMMIT")), log::toString);
            assertTrue(inside.dumpPage(1, 0, 0).contains("type=HEAP"), inside.dumpPage(1, 0, 0));
            Expect.error("22023", () -> inside.dumpPage(1, 0, 1000));
        }
        assertEquals(
                new DatabaseChecker.Report(false, List.of()),
                DatabaseChecker.check(copy, DatabaseOptions.DEFAULT, CheckProgress.NONE));
    }

    @Test
    void shouldRemoveFilesThatNobodyOwns() throws Exception {
        withCounters(Database.open(directory)).close();
        Path orphan = Files.writeString(directory.resolve("base/99999_big"), "left by a crash");
        Path note = Files.writeString(directory.resolve("base/readme"), "no relation's file");
        try (Database db = Database.open(directory)) {
            assertFalse(Files.exists(orphan));
            assertTrue(Files.exists(note));
            assertEquals(10, count(db, 1));
        }
    }

    private static void copy(Path from, Path to) throws Exception {
        try (var files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    @Test
    void shouldHoldMoreDataThanItsPool() {
        DatabaseOptions small =
                DatabaseOptions.DEFAULT.withBufferPoolBytes(1 << 20).withCheckpointWalBytes(4 << 20);
        byte[] noise = new byte[600];
        Random random = new Random(1);
        try (Database db = Database.open(directory, small)) {
            db.transact(tx -> {
                tx.createTable(TableSchema.named("big")
                        .column("id", ColumnType.BIGINT)
                        .column("n", ColumnType.BIGINT)
                        .column("filler", ColumnType.BYTEA)
                        .primaryKey("id")
                        .build());
                return null;
            });
            Table big = db.table("big");
            List<Object[]> rows = new ArrayList<>();
            for (long id = 0; id < 20_000; id++) {
                rows.add(new Object[] {id, 0L, noise});
            }
            db.transact(tx -> big.insertAll(tx, rows.iterator()));
            TransactionOptions fast = TransactionOptions.DEFAULT.withSynchronousCommit(false);
            for (int i = 0; i < 5_000; i++) {
                long id = random.nextInt(20_000);
                db.transact(
                        fast,
                        tx -> big.update(tx, id, c -> c.setLong("n", c.row().longValue("n") + 1)));
            }
        }
        try (Database db = Database.open(directory, small)) {
            long sum = db.read(tx -> {
                try (RowStream rows = db.table("big").scan(tx, Scan.all())) {
                    return rows.stream().mapToLong(row -> row.longValue("n")).sum();
                }
            });
            assertEquals(5_000, sum);
            assertEquals(List.of(), ((InspectableDatabase) db).check(CheckProgress.NONE));
        }
    }

    @Test
    void shouldRefuseASecondOpener() {
        try (Database db = withCounters(Database.open(directory))) {
            EngineException e = Expect.error("55006", () -> Database.open(directory));
            assertTrue(
                    (e.getMessage() + e.detail())
                            .contains(directory.getFileName().toString()),
                    e::toString);
            assertEquals(10, count(db, 1));
        }
        Database.open(directory).close();
    }

    @Test
    void shouldRefuseWhatIsNoDatabase() throws Exception {
        DatabaseOptions existing = DatabaseOptions.DEFAULT.withCreateIfMissing(false);
        Expect.error("55000", () -> Database.open(directory.resolve("nothing"), existing));
        assertFalse(Files.exists(directory.resolve("nothing")));
        Expect.error("55000", () -> Database.open(directory, existing));
        Path file = Files.writeString(directory.resolve("file"), "x");
        Expect.error("55000", () -> Database.open(file));
        EngineException e = Expect.error("55000", () -> Database.open(directory));
        assertTrue(e.detail().contains("file"), e::toString);
        assertEquals(1, Files.list(directory).count(), "nothing was made there");
    }

    @Test
    void shouldNameADamagedOrMissingControlFile() throws Exception {
        Path there = directory.resolve("db");
        withCounters(Database.open(there)).close();
        Path control = there.resolve("control");
        byte[] good = Files.readAllBytes(control);
        byte[] bad = good.clone();
        new Random(1).nextBytes(bad);
        Files.write(control, bad);
        Expect.error("XX001", () -> Database.open(there));
        Files.write(control, new byte[0]);
        Expect.error("XX001", () -> Database.open(there));
        Files.delete(control);
        Expect.error("XX001", () -> Database.open(there));
        Files.write(control, good);
        try (Database db = Database.open(there)) {
            assertEquals(10, count(db, 1));
        }
    }

    @Test
    void shouldFindADamagedPage() throws Exception {
        withCounters(Database.open(directory)).close();
        Path file = Files.list(directory.resolve("base"))
                .filter(path -> path.getFileName().toString().matches("\\d{5}"))
                .sorted()
                .findFirst()
                .orElseThrow();
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(8000);
            int old = bytes.read();
            bytes.seek(8000);
            bytes.write(old ^ 1);
        }
        DatabaseChecker.Report report = DatabaseChecker.check(directory, DatabaseOptions.DEFAULT, CheckProgress.NONE);
        assertEquals(1, report.problems().size(), report::toString);
        String problem = report.problems().get(0);
        assertTrue(
                problem.contains("base/" + file.getFileName() + " block 0") && problem.contains("checksum"), problem);
        try (Database db = Database.open(directory)) {
            Expect.error("XX001", () -> count(db, 1));
            assertEquals(List.of("counters"), db.read(Transaction::tableNames)); // the rest works
        }
    }

    @Test
    void shouldAnswerEveryCallAfterTheClose() {
        Database db = withCounters(Database.openInMemory());
        Table counters = db.table("counters");
        Transaction open = db.begin();
        Row row = counters.get(open, 1);
        RowStream rows = counters.scan(open, Scan.all());
        db.close();
        db.close();
        String message = "the database is closed";
        Expect.error("57P01", message, db::begin);
        Expect.error("57P01", message, () -> count(db, 1));
        Expect.error("57P01", message, () -> counters.get(open, 1));
        Expect.error("57P01", message, open::commit);
        Expect.error("57P01", message, open::tableNames);
        Expect.error("57P01", message, db::checkpoint);
        Expect.error("57P01", message, db::statistics);
        Expect.error("57P01", message, db::sessions);
        Expect.error("24000", rows::hasNext);
        assertEquals(10, row.longValue("n")); // its bytes are its own
        open.rollback();
        open.close();
        assertFalse(open.isActive());
    }

    @Test
    void shouldWakeWaitersWhenItCloses() throws Exception {
        try (Actor actor = new Actor()) {
            Database db = withCounters(Database.openInMemory());
            Transaction holder = db.begin();
            db.table("counters").update(holder, 1, c -> c.setLong("n", 5));
            Future<Boolean> waiter = actor.start(() -> db.transact(
                    TransactionOptions.DEFAULT.withWaitListener(actor),
                    tx -> db.table("counters").update(tx, 1, c -> c.setLong("n", 6))));
            actor.awaitWaiting();
            db.close();
            Expect.error("57P01", () -> Actor.get(waiter));
            Expect.error("57P01", holder::commit);
        }
    }

    @Test
    void shouldWaitForThoseInside() throws Exception {
        try (Actor actor = new Actor();
                Actor closer = new Actor()) {
            Database db = withCounters(Database.openInMemory());
            AtomicBoolean left = new AtomicBoolean();
            Future<Object> user = actor.start(() -> db.transact(tx -> {
                db.table("counters").update(tx, 1, c -> {
                    actor.waiting("inside");
                    awaitClosing(db);
                    try {
                        Thread.sleep(50); // gives the closer time to do it wrong; right or wrong doesn't depend on it
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    left.set(true);
                });
                return null;
            }));
            actor.awaitWaiting();
            Future<Object> closing = closer.start(() -> {
                db.close();
                assertTrue(left.get(), "closed while somebody was inside");
                return null;
            });
            Actor.get(closing);
            Expect.error("57P01", () -> Actor.get(user)); // its commit came too late
        }
    }

    private static void awaitClosing(Database db) {
        try {
            while (true) {
                db.statistics();
                Thread.onSpinWait();
            }
        } catch (StoppedException e) {
            assertEquals("57P01", e.sqlState().code());
        }
    }

    @Test
    void shouldSurviveACloseUnderLoad() throws Exception {
        for (int round = 0; round < 3; round++) {
            Path place = directory.resolve("round" + round);
            Database db = withCounters(Database.open(place));
            List<Actor> actors = List.of(new Actor(), new Actor());
            List<Future<Long>> users = new ArrayList<>();
            for (int i = 0; i < actors.size(); i++) {
                long id = 1 + i;
                users.add(actors.get(i).start(() -> {
                    long acknowledged = 0;
                    try {
                        for (long n = 100; ; n++) {
                            set(db, id, n);
                            acknowledged = n;
                            count(db, 3 - id);
                            if (n == 120) {
                                actors.get((int) id - 1).waiting("warm");
                            }
                        }
                    } catch (StoppedException e) {
                        assertEquals(SqlState.ADMIN_SHUTDOWN, e.sqlState());
                        return acknowledged;
                    }
                }));
            }
            actors.get(0).awaitWaiting();
            actors.get(1).awaitWaiting();
            db.close();
            try (Database again = Database.open(place)) {
                for (int i = 0; i < users.size(); i++) {
                    long acknowledged = Actor.get(users.get(i));
                    long stored = count(again, 1 + i);
                    assertTrue(stored == acknowledged || stored == acknowledged + 1, stored + " / " + acknowledged);
                }
                assertEquals(List.of(), ((InspectableDatabase) again).check(CheckProgress.NONE));
            }
            actors.forEach(Actor::close);
        }
    }

    @Test
    void shouldRefuseToCloseFromWithin() {
        Database db = withCounters(Database.openInMemory());
        Expect.error("55006", () -> db.transact(tx -> db.table("counters").update(tx, 1, c -> db.close())));
        assertEquals(10, count(db, 1));
        db.close();
    }

    @Test
    void shouldStopWithTheFirstCauseAndRecoverOnReopening() {
        ThreadScheduler scheduler = new ThreadScheduler();
        EngineDatabase db = EngineDatabase.open(
                EngineConfig.of(new FileDisk(directory, scheduler), scheduler, DatabaseOptions.DEFAULT));
        withCounters(db);
        Transaction open = db.begin();
        db.parts().poison().poison(new StoppedException(SqlState.IO_ERROR, "could not write to file \"x\": test"));
        EngineException e = Expect.error("58030", () -> count(db, 1));
        assertTrue(e.toString().contains("could not write to file \"x\": test"), e::toString);
        Expect.error("58030", () -> db.table("counters").get(open, 1));
        Expect.error("58030", open::commit);
        open.rollback();
        db.close();
        try (Database again = Database.open(directory)) {
            assertTrue(((InspectableDatabase) again).wasRecovered());
            assertEquals(10, count(again, 1));
        }
    }
}
