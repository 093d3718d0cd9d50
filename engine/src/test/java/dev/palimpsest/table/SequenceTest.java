package dev.palimpsest.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.OnConflict;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.SequenceSchema;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.inspect.CheckProgress;
import dev.palimpsest.inspect.InspectableDatabase;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sequences: their values, what is and what isn't rolled back, who owns whom, and each error with PostgreSQL's text. */
class SequenceTest {
    @TempDir
    Path directory;

    private Database db;

    @BeforeEach
    void open() {
        db = Database.open(directory);
    }

    @AfterEach
    void checkAndClose() {
        assertEquals(List.of(), ((InspectableDatabase) db).check(CheckProgress.NONE));
        db.close();
    }

    private void run(Consumer<Transaction> work) {
        db.transact(tx -> {
            work.accept(tx);
            return null;
        });
    }

    private void create(SequenceSchema schema) {
        run(tx -> tx.createSequence(schema));
    }

    private long next(String name) {
        return db.transact(tx -> tx.nextValue(name));
    }

    private EngineException fails(String sqlState, Consumer<Transaction> work) {
        return Expect.error(sqlState, () -> run(work));
    }

    private static SequenceSchema sequence(long start, long increment, long min, long max, boolean cycle) {
        return new SequenceSchema("s", start, increment, min, max, cycle);
    }

    @Test
    void shouldCommitBehindTheReservationOfADefaultWhoseRowIsLeftOut() {
        run(tx -> tx.createTable(TableSchema.named("jobs")
                .column("id", ColumnType.INTEGER)
                .identity(Column.Identity.BY_DEFAULT)
                .column("name", ColumnType.TEXT)
                .primaryKey("id")
                .unique("name")
                .build()));
        Table jobs = db.table("jobs");
        run(tx -> jobs.insert(tx, 1000, "a"));
        try (Transaction tx = db.begin()) {
            assertFalse(jobs.insert(tx, OnConflict.doNothing(), new Object[] {Table.DEFAULT, "a"}));
            assertTrue(tx.xidIfAssigned() != 0, "its commit waits for nothing, and the number may come again");
            tx.commit();
        }
    }

    @Test
    void shouldCountUpFromOne() {
        create(SequenceSchema.named("s"));
        for (long i = 1; i <= 3 * 32; i++) {
            assertEquals(i, next("s"));
        }
        assertEquals(SequenceSchema.named("s"), db.read(tx -> tx.sequenceSchema("s")));
        assertNull(db.read(tx -> tx.sequenceSchema("t")));
        assertEquals(List.of("s"), db.read(Transaction::sequenceNames));
    }

    @Test
    void shouldStopAtItsEnds() {
        create(sequence(5, 3, 2, 10, false));
        assertEquals(5, next("s"));
        assertEquals(8, next("s"));
        EngineException e = fails("2200H", tx -> tx.nextValue("s"));
        assertEquals("nextval: reached maximum value of sequence \"s\" (10)", e.getMessage());
        run(tx -> tx.dropSequence("s"));
        create(sequence(-3, -2, -6, -1, false));
        assertEquals(-3, next("s"));
        assertEquals(-5, next("s"));
        e = fails("2200H", tx -> tx.nextValue("s"));
        assertEquals("nextval: reached minimum value of sequence \"s\" (-6)", e.getMessage());
    }

    @Test
    void shouldCycle() {
        create(sequence(9, 2, 1, 10, true));
        assertEquals(9, next("s"));
        assertEquals(1, next("s"));
        assertEquals(3, next("s"));
        run(tx -> tx.dropSequence("s"));
        create(sequence(2, -1, 1, 3, true));
        assertEquals(2, next("s"));
        assertEquals(1, next("s"));
        assertEquals(3, next("s"));
    }

    @Test
    void shouldGoToTheEndsOfBigint() {
        create(sequence(Long.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE, Long.MAX_VALUE, false));
        assertEquals(Long.MIN_VALUE, next("s"));
        assertEquals(-1, next("s"));
        assertEquals(Long.MAX_VALUE - 1, next("s"));
        fails("2200H", tx -> tx.nextValue("s"));
        run(tx -> tx.dropSequence("s"));
        create(sequence(Long.MAX_VALUE, Long.MIN_VALUE, Long.MIN_VALUE, Long.MAX_VALUE, false));
        assertEquals(Long.MAX_VALUE, next("s"));
        assertEquals(-1, next("s"));
        fails("2200H", tx -> tx.nextValue("s"));
        run(tx -> tx.setValue("s", Long.MAX_VALUE - 1, false));
        assertEquals(Long.MAX_VALUE - 1, next("s"));
    }

    @Test
    void shouldSetValues() {
        create(sequence(1, 1, 1, 100, false));
        assertEquals(1, next("s"));
        run(tx -> tx.setValue("s", 40, true));
        assertEquals(41, next("s"));
        run(tx -> tx.setValue("s", 40, false));
        assertEquals(40, next("s"));
        EngineException e = fails("22003", tx -> tx.setValue("s", 101, true));
        assertEquals("setval: value 101 is out of bounds for sequence \"s\" (1..100)", e.getMessage());
        run(tx -> tx.setValue("s", 100, true));
        fails("2200H", tx -> tx.nextValue("s"));
    }

    @Test
    void shouldNotRollValuesBack() {
        create(SequenceSchema.named("s"));
        try (Transaction tx = db.begin()) {
            assertEquals(1, tx.nextValue("s"));
            tx.setValue("s", 50, true);
        }
        assertEquals(51, next("s"));
    }

    @Test
    void shouldRollCreationAndDropBack() {
        try (Transaction tx = db.begin()) {
            tx.createSequence(SequenceSchema.named("s"));
            assertEquals(1, tx.nextValue("s"));
            assertEquals(2, tx.nextValue("s"));
        }
        fails("42P01", tx -> tx.nextValue("s"));
        create(SequenceSchema.named("s"));
        assertEquals(1, next("s"));
        try (Transaction tx = db.begin()) {
            tx.dropSequence("s");
            Expect.error("42P01", () -> tx.nextValue("s"));
        }
        assertEquals(2, next("s"));
    }

    @Test
    void shouldGoOnAfterACleanClose() {
        create(sequence(7, 2, 1, 1000, false));
        create(SequenceSchema.named("untouched"));
        create(new SequenceSchema("unused", 3, 1, 1, 1000, false));
        assertEquals(7, next("s"));
        assertEquals(9, next("s"));
        run(tx -> tx.setValue("unused", 20, true));
        db.close();
        db = Database.open(directory);
        assertEquals(11, next("s"));
        assertEquals(1, next("untouched"));
        assertEquals(21, next("unused"));
    }

    @Test
    void shouldKnowWhatTheSessionTook() {
        create(SequenceSchema.named("s"));
        create(SequenceSchema.named("other"));
        try (Transaction tx = db.begin()) {
            assertEquals(1, tx.nextValue("s"));
            assertEquals(1, tx.currentValue("s"));
            assertEquals(1, tx.nextValue("other"));
            assertEquals(2, tx.nextValue("other"));
            assertEquals(1, tx.currentValue("s"));
            assertEquals(2, tx.lastValue());
            tx.setValue("s", 77, true);
            assertEquals(77, tx.currentValue("s"));
            tx.setValue("s", 5, false);
            assertEquals(77, tx.currentValue("s"));
            assertEquals(2, tx.lastValue());
            tx.commit();
        }
        EngineException e = fails("55000", tx -> tx.currentValue("s"));
        assertEquals("currval of sequence \"s\" is not yet defined in this session", e.getMessage());
        e = fails("55000", Transaction::lastValue);
        assertEquals("lastval is not yet defined in this session", e.getMessage());
    }

    @Test
    void shouldSayWhatIsNoSequence() {
        run(tx -> tx.createTable(
                TableSchema.named("t").column("a", ColumnType.INTEGER).build()));
        create(SequenceSchema.named("s"));
        EngineException e = fails("42P01", tx -> tx.nextValue("nope"));
        assertEquals("relation \"nope\" does not exist", e.getMessage());
        for (Consumer<Transaction> work : List.<Consumer<Transaction>>of(
                tx -> tx.nextValue("t"),
                tx -> tx.setValue("t", 1, true),
                tx -> tx.currentValue("t"),
                tx -> tx.dropSequence("t"))) {
            assertEquals("\"t\" is not a sequence", fails("42809", work).getMessage());
        }
        assertEquals(
                "sequence \"nope\" does not exist",
                fails("42P01", tx -> tx.dropSequence("nope")).getMessage());
        assertEquals(
                "\"s\" is not a table", fails("42809", tx -> tx.dropTable("s")).getMessage());
        fails("42809", tx -> db.table("s").insert(tx, 1));
        fails("42P07", tx -> tx.createSequence(SequenceSchema.named("t")));
        fails(
                "42P07",
                tx -> tx.createTable(
                        TableSchema.named("s").column("a", ColumnType.INTEGER).build()));
    }

    @Test
    void shouldRefuseBadShapes() {
        assertEquals(
                "INCREMENT must not be zero",
                fails("22023", tx -> tx.createSequence(sequence(1, 0, 1, 9, false)))
                        .getMessage());
        assertEquals(
                "MINVALUE (9) must be less than MAXVALUE (9)",
                fails("22023", tx -> tx.createSequence(sequence(9, 1, 9, 9, false)))
                        .getMessage());
        assertEquals(
                "START value (0) cannot be less than MINVALUE (1)",
                fails("22023", tx -> tx.createSequence(sequence(0, 1, 1, 9, false)))
                        .getMessage());
        assertEquals(
                "START value (10) cannot be greater than MAXVALUE (9)",
                fails("22023", tx -> tx.createSequence(sequence(10, 1, 1, 9, false)))
                        .getMessage());
    }

    @Test
    void shouldRefuseReadOnlyTransactions() {
        create(SequenceSchema.named("s"));
        EngineException e = Expect.error("25006", () -> db.read(tx -> tx.nextValue("s")));
        assertEquals("cannot execute nextval() in a read-only transaction", e.getMessage());
        Expect.error(
                "25006",
                () -> db.read(tx -> {
                    tx.setValue("s", 1, true);
                    return null;
                }));
    }

    @Test
    void shouldNumberSerialColumns() {
        Table t = db.table("t");
        run(tx -> {
            tx.createTable(TableSchema.named("t")
                    .column("id", ColumnType.INTEGER)
                    .serial()
                    .column("a", ColumnType.TEXT)
                    .primaryKey("id")
                    .build());
            t.insert(tx, Table.DEFAULT, "x");
            assertEquals(1, tx.currentValue("t_id_seq"));
            t.insert(tx, 40, "y");
            t.insert(tx, Table.DEFAULT, "z");
            assertEquals(2, tx.lastValue());
        });
        Column id = db.read(tx -> tx.tableSchema("t")).columns().get(0);
        assertTrue(id.notNull());
        assertEquals(new Column.NextValue("t_id_seq"), id.defaultValue());
        assertEquals(
                Integer.MAX_VALUE, db.read(tx -> tx.sequenceSchema("t_id_seq")).maxValue());
        EngineException e = fails("2BP01", tx -> tx.dropSequence("t_id_seq"));
        assertEquals("cannot drop sequence t_id_seq because other objects depend on it", e.getMessage());
        assertEquals("default value for column id of table t depends on sequence t_id_seq", e.detail());
        assertEquals("Use DROP ... CASCADE to drop the dependent objects too.", e.hint());
        run(tx -> tx.dropTable("t"));
        assertEquals(List.of(), db.read(Transaction::sequenceNames));
    }

    @Test
    void shouldStopAtTheColumnsType() {
        Table t = db.table("t");
        run(tx -> tx.createTable(TableSchema.named("t")
                .column("id", ColumnType.SMALLINT)
                .identity(Column.Identity.ALWAYS)
                .build()));
        run(tx -> tx.setValue("t_id_seq", Short.MAX_VALUE, true));
        EngineException e = fails("2200H", tx -> t.insert(tx, Table.DEFAULT));
        assertEquals("nextval: reached maximum value of sequence \"t_id_seq\" (32767)", e.getMessage());
        e = fails("2BP01", tx -> tx.dropSequence("t_id_seq"));
        assertEquals("cannot drop sequence t_id_seq because column id of table t requires it", e.getMessage());
        assertEquals("You can drop column id of table t instead.", e.hint());
    }

    @Test
    void shouldTakeDefaultsFromASequence() {
        create(SequenceSchema.named("s"));
        Table t = db.table("t");
        TableSchema schema = TableSchema.named("t")
                .column("a", ColumnType.BIGINT)
                .defaultToNext("s")
                .column("b", ColumnType.NUMERIC)
                .defaultToNext("s")
                .build();
        run(tx -> {
            tx.createTable(schema);
            t.insert(tx, Table.DEFAULT, Table.DEFAULT);
            t.insert(tx, 9, Table.DEFAULT);
            t.insert(tx, null, 0);
        });
        assertEquals(schema, db.read(tx -> tx.tableSchema("t")));
        assertEquals(List.of("(1, 2)", "(9, 3)", "(null, 0)"), rows(t));
        fails("2BP01", tx -> tx.dropSequence("s"));
        run(tx -> tx.dropTable("t"));
        run(tx -> tx.dropSequence("s"));
        assertEquals(
                "relation \"s\" does not exist",
                fails("42P01", tx -> tx.createTable(schema)).getMessage());
        fails(
                "42804",
                tx -> tx.createTable(TableSchema.named("u")
                        .column("a", ColumnType.TEXT)
                        .defaultToNext("s")
                        .build()));
    }

    @Test
    void shouldCascadeToDefaultsOfOtherTables() {
        run(tx -> {
            tx.createTable(TableSchema.named("t")
                    .column("id", ColumnType.BIGINT)
                    .serial()
                    .build());
            tx.createTable(TableSchema.named("u")
                    .column("a", ColumnType.BIGINT)
                    .defaultToNext("t_id_seq")
                    .build());
        });
        EngineException e = fails("2BP01", tx -> tx.dropTable("t"));
        assertEquals("cannot drop table t because other objects depend on it", e.getMessage());
        assertEquals("default value for column a of table u depends on sequence t_id_seq", e.detail());
        run(tx -> assertEquals(List.of("default value for column a of table u"), tx.dropTables(List.of("t"), true)));
        run(tx -> db.table("u").insert(tx, Table.DEFAULT));
        assertEquals(List.of("(null)"), rows(db.table("u")));
    }

    private List<String> rows(Table table) {
        return db.read(tx -> {
            List<String> rows = new ArrayList<>();
            try (RowStream stream = table.scan(tx, Scan.all())) {
                stream.forEachRemaining(row -> rows.add(row.toString()));
            }
            return rows;
        });
    }

    @Test
    void shouldGiveValuesWithinCallbacks() {
        create(SequenceSchema.named("s"));
        Table t = db.table("t");
        run(tx -> {
            tx.createTable(TableSchema.named("t")
                    .column("id", ColumnType.BIGINT)
                    .column("n", ColumnType.BIGINT)
                    .primaryKey("id")
                    .build());
            t.insert(tx, 1, 0);
            t.insert(tx, 2, 0);
        });
        run(tx -> t.updateAll(tx, Scan.all(), change -> change.setLong("n", tx.nextValue("s"))));
        assertEquals(List.of("(1, 1)", "(2, 2)"), rows(t));
        run(tx -> assertEquals(1, t.deleteAll(tx, Scan.all().where((Row row) -> tx.nextValue("s") > 3))));
        assertEquals(List.of("(1, 1)"), rows(t));
    }

    @Test
    void shouldGiveEachValueOnceToManyThreads() throws Exception {
        create(SequenceSchema.named("s"));
        Set<Long> seen = ConcurrentHashMap.newKeySet();
        List<Thread> threads = new ArrayList<>();
        TransactionOptions quick = TransactionOptions.DEFAULT.withSynchronousCommit(false);
        for (int i = 0; i < 4; i++) {
            threads.add(new Thread(() -> {
                for (int j = 0; j < 2500; j++) {
                    assertTrue(seen.add(db.transact(quick, tx -> tx.nextValue("s"))));
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(10_000, seen.size());
        assertEquals(10_000, seen.stream().mapToLong(Long::longValue).max().orElseThrow());
    }
}
