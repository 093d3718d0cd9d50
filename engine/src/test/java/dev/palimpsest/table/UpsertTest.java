package dev.palimpsest.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.OnConflict;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.UniqueViolationException;
import dev.palimpsest.inspect.CheckProgress;
import dev.palimpsest.inspect.InspectableDatabase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** INSERT … ON CONFLICT of one user: what it does, and each of its errors. */
class UpsertTest {
    private static final OnConflict ADD = OnConflict.doUpdate(
            List.of("id"),
            (change, excluded) -> change.setLong("n", change.row().longValue("n") + excluded.longValue("n")));

    private Database db;
    private Table things;

    @BeforeEach
    void open() {
        db = Database.openInMemory();
        things = db.table("things");
        db.transact(tx -> {
            tx.createTable(TableSchema.named("things")
                    .column("id", ColumnType.BIGINT)
                    .column("a", ColumnType.BIGINT)
                    .column("b", ColumnType.TEXT)
                    .column("n", ColumnType.BIGINT)
                    .primaryKey("id")
                    .unique("a", "b")
                    .build());
            tx.createIndex(IndexSchema.on("things", "n").named("by_n"));
            return null;
        });
    }

    @AfterEach
    void checkAndClose() {
        assertEquals(List.of(), ((InspectableDatabase) db).check(CheckProgress.NONE));
        db.close();
    }

    private static Iterator<Object[]> rows(Object[]... rows) {
        return Arrays.asList(rows).iterator();
    }

    private static Object[] row(Object... values) {
        return values;
    }

    private <T> T in(IsolationLevel level, Function<Transaction, T> work) {
        return db.transact(TransactionOptions.DEFAULT.withIsolation(level), work::apply);
    }

    private List<String> stored() {
        return db.read(tx -> {
            List<String> found = new ArrayList<>();
            things.scan(tx, Scan.index("things_pkey")).forEachRemaining(row -> found.add(row.toString()));
            List<String> byN = new ArrayList<>();
            things.scan(tx, Scan.index("by_n")).forEachRemaining(row -> byN.add(row.toString()));
            assertEquals(found.stream().sorted().toList(), byN.stream().sorted().toList());
            return found;
        });
    }

    @ParameterizedTest
    @EnumSource(
            value = IsolationLevel.class,
            names = {"READ_COMMITTED", "REPEATABLE_READ"})
    void shouldInsertWhatIsNotThereAndLeaveTheRestAlone(IsolationLevel level) {
        in(level, tx -> {
            assertEquals(
                    2,
                    things.insertAll(
                            tx,
                            rows(row(1L, 1L, "x", 1L), row(2L, 2L, "x", 2L), row(1L, 9L, "y", 9L)),
                            OnConflict.doNothing("id"),
                            null));
            return null;
        });
        in(level, tx -> {
            List<String> told = new ArrayList<>();
            assertEquals(
                    2,
                    things.insertAll(
                            tx,
                            rows(
                                    row(3L, 3L, "x", 3L),
                                    row(2L, 20L, "q", 20L),
                                    row(4L, 3L, "x", 4L), // the other unique key of a row of this very command
                                    row(5L, 1L, "x", 5L),
                                    row(6L, null, "x", 6L)),
                            OnConflict.doNothing(),
                            row -> told.add(row.toString())));
            assertEquals(List.of("(3, 3, x, 3)", "(6, null, x, 6)"), told);
            assertFalse(things.insert(tx, OnConflict.doNothing(), row(6L, null, "x", 7L)));
            assertTrue(things.insert(tx, OnConflict.doNothing(), row(7L, null, "x", 7L)), "NULLs never conflict");
            return null;
        });
        assertEquals(
                List.of("(1, 1, x, 1)", "(2, 2, x, 2)", "(3, 3, x, 3)", "(6, null, x, 6)", "(7, null, x, 7)"),
                stored());
    }

    @ParameterizedTest
    @EnumSource(
            value = IsolationLevel.class,
            names = {"READ_COMMITTED", "REPEATABLE_READ"})
    void shouldChangeTheRowThatIsThere(IsolationLevel level) {
        in(level, tx -> {
            things.insert(tx, 1L, 1L, "x", 1L);
            return null;
        });
        in(level, tx -> {
            List<String> told = new ArrayList<>();
            assertEquals(
                    3,
                    things.insertAll(
                            tx,
                            rows(row(5L, 5L, "x", 5L), row(1L, 8L, "z", 10L), row(3L, 3L, "x", 3L)),
                            ADD,
                            row -> told.add(row.xmin() + " " + row)));
            String xid = tx.xidIfAssigned() + " ";
            assertEquals(List.of(xid + "(5, 5, x, 5)", xid + "(1, 1, x, 11)", xid + "(3, 3, x, 3)"), told);
            assertTrue(things.insert(tx, ADD, row(3L, 3L, "x", 4L)), "own row of an earlier command");
            return null;
        });
        assertEquals(List.of("(1, 1, x, 11)", "(3, 3, x, 7)", "(5, 5, x, 5)"), stored());
    }

    @Test
    void shouldAskTheConditionOfTheRowAndTheProposal() {
        OnConflict newer = OnConflict.doUpdate(
                        List.of("id"), (change, excluded) -> change.setLong("n", excluded.longValue("n")))
                .where((existing, excluded) -> existing.longValue("n") < excluded.longValue("n"));
        in(IsolationLevel.READ_COMMITTED, tx -> {
            things.insert(tx, 1L, 1L, "x", 5L);
            assertFalse(things.insert(tx, newer, row(1L, 1L, "x", 4L)));
            assertTrue(things.insert(tx, newer, row(1L, 1L, "x", 6L)));
            // left alone twice in one command is no second change
            assertEquals(0, things.insertAll(tx, rows(row(1L, 0L, "x", 1L), row(1L, 0L, "x", 2L)), newer, null));
            return null;
        });
        assertEquals(List.of("(1, 1, x, 6)"), stored());
    }

    @Test
    void shouldInferTheIndexFromItsColumnsInAnyOrder() {
        OnConflict add = OnConflict.doUpdate(
                List.of("b", "a"),
                (change, excluded) -> change.setLong("n", change.row().longValue("n") + 1));
        in(IsolationLevel.READ_COMMITTED, tx -> {
            things.insertAll(tx, rows(row(1L, 1L, "x", 1L), row(2L, 2L, "x", 1L)), add, null);
            things.insertAll(tx, rows(row(7L, 1L, "x", 1L)), add, null);
            OnConflict named = new OnConflict(List.of(), null, add.change(), null).onConstraint("things_a_b_key");
            things.insertAll(tx, rows(row(8L, 2L, "x", 1L)), named, null);
            things.insertAll(
                    tx, rows(row(2L, 9L, "x", 1L)), OnConflict.doNothing().onConstraint("things_pkey"), null);
            return null;
        });
        assertEquals(List.of("(1, 1, x, 2)", "(2, 2, x, 2)"), stored());
    }

    @Test
    void shouldRefuseASecondChangeOfARow() {
        String message = "ON CONFLICT DO UPDATE command cannot affect row a second time";
        String hint =
                "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.";
        try (Transaction tx = db.begin()) {
            EngineException e = Expect.error(
                    "21000",
                    message,
                    () -> things.insertAll(
                            tx, rows(row(1L, 1L, "x", 1L), row(2L, 2L, "x", 1L), row(1L, 1L, "x", 1L)), ADD, null));
            assertEquals(hint, e.hint());
        }
        in(IsolationLevel.READ_COMMITTED, tx -> {
            things.insert(tx, 1L, 1L, "x", 1L);
            return null;
        });
        for (IsolationLevel level : List.of(IsolationLevel.READ_COMMITTED, IsolationLevel.REPEATABLE_READ)) {
            try (Transaction tx = db.begin(TransactionOptions.DEFAULT.withIsolation(level))) {
                Expect.error(
                        "21000",
                        message,
                        () -> things.insertAll(tx, rows(row(1L, 1L, "x", 1L), row(1L, 1L, "x", 1L)), ADD, null));
            }
        }
    }

    @Test
    void shouldFailOnAnIndexThatDoesNotArbitrate() {
        in(IsolationLevel.READ_COMMITTED, tx -> {
            things.insert(tx, 1L, 1L, "x", 1L);
            return null;
        });
        try (Transaction tx = db.begin()) {
            UniqueViolationException e = assertThrows(
                    UniqueViolationException.class,
                    () -> things.insertAll(
                            tx, rows(row(2L, 2L, "x", 1L), row(3L, 1L, "x", 1L)), OnConflict.doNothing("id"), null));
            assertEquals("duplicate key value violates unique constraint \"things_a_b_key\"", e.getMessage());
            assertEquals("Key (a, b)=(1, x) already exists.", e.detail());
        }
        try (Transaction tx = db.begin()) { // the update's own new key
            Expect.error(
                    "23505",
                    () -> things.insertAll(
                            tx,
                            rows(row(2L, 2L, "x", 1L), row(1L, 1L, "x", 1L)),
                            OnConflict.doUpdate(List.of("id"), (change, excluded) -> change.setLong("a", 2)),
                            null));
        }
    }

    @Test
    void shouldSayWhatIsWrongWithTheClause() {
        try (Transaction tx = db.begin()) {
            Expect.error(
                    "42P10",
                    "there is no unique or exclusion constraint matching the ON CONFLICT specification",
                    () -> things.insert(tx, OnConflict.doNothing("n"), row(1L, 1L, "x", 1L)));
        }
        try (Transaction tx = db.begin()) {
            Expect.error("42P10", () -> things.insert(tx, OnConflict.doNothing("a"), row(1L, 1L, "x", 1L)));
        }
        try (Transaction tx = db.begin()) {
            Expect.error(
                    "42703",
                    "column \"nix\" does not exist",
                    () -> things.insert(tx, OnConflict.doNothing("nix"), row(1L, 1L, "x", 1L)));
        }
        try (Transaction tx = db.begin()) {
            Expect.error(
                    "42704",
                    "constraint \"by_n\" for table \"things\" does not exist",
                    () -> things.insert(tx, OnConflict.doNothing().onConstraint("by_n"), row(1L, 1L, "x", 1L)));
        }
        try (Transaction tx = db.begin()) {
            Expect.error(
                    "42601",
                    "ON CONFLICT DO UPDATE requires inference specification or constraint name",
                    () -> things.insert(tx, OnConflict.doUpdate(List.of(), (c, e) -> {}), row(1L, 1L, "x", 1L)));
        }
        try (Transaction tx = db.begin()) {
            Expect.error(
                    "22023",
                    () -> things.insert(
                            tx, OnConflict.doNothing("id").onConstraint("things_pkey"), row(1L, 1L, "x", 1L)));
        }
        try (Transaction tx = db.begin(TransactionOptions.READ_ONLY)) {
            Expect.error("25006", () -> things.insert(tx, OnConflict.doNothing(), row(1L, 1L, "x", 1L)));
        }
    }

    @Test
    void shouldKeepCallbacksFromWriting() {
        in(IsolationLevel.READ_COMMITTED, tx -> {
            things.insert(tx, 1L, 1L, "x", 1L);
            return null;
        });
        try (Transaction tx = db.begin()) {
            Expect.error(
                    "55006",
                    () -> things.insert(
                            tx,
                            OnConflict.doUpdate(List.of("id"), (change, excluded) -> things.delete(tx, 1L)),
                            row(1L, 1L, "x", 1L)));
        }
        try (Transaction tx = db.begin()) {
            things.insert(
                    tx,
                    OnConflict.doUpdate(
                                    List.of("id"),
                                    (change, excluded) -> change.setLong(
                                            "n", things.get(tx, 1L).longValue("n") + 41))
                            .where((existing, excluded) -> things.get(tx, 1L) != null),
                    row(1L, 1L, "x", 1L));
            tx.commit();
        }
        assertEquals(List.of("(1, 1, x, 42)"), stored());
    }

    @Test
    void shouldShowBigValuesOfTheProposal() {
        String big = "big".repeat(20_000);
        OnConflict take = OnConflict.doUpdate(
                List.of("id"),
                (change, excluded) -> change.set("b", excluded.stringValue("b").substring(59_990)));
        in(IsolationLevel.READ_COMMITTED, tx -> {
            things.insert(tx, 1L, null, "small", 1L);
            things.insert(tx, take, row(1L, null, big, 2L));
            return null;
        });
        assertEquals(List.of("(1, null, gbigbigbig, 1)"), stored());
    }

    @Test
    void shouldInsertManyRowsAmongMany() {
        in(IsolationLevel.READ_COMMITTED, tx -> {
            things.insertAll(
                    tx,
                    LongStream.range(0, 4000)
                            .filter(i -> i % 4 == 0)
                            .mapToObj(i -> row(i, i, "x", 1L))
                            .iterator());
            return null;
        });
        for (int round = 0; round < 2; round++) {
            in(IsolationLevel.READ_COMMITTED, tx -> {
                things.insertAll(
                        tx,
                        LongStream.range(0, 4000)
                                .mapToObj(i -> row(i, i, "x", 1L))
                                .iterator(),
                        ADD,
                        null);
                return null;
            });
        }
        long sum = in(IsolationLevel.READ_COMMITTED, tx -> {
            long[] total = new long[2];
            things.scan(tx, Scan.all()).forEachRemaining(row -> {
                total[0] += row.longValue("n");
                total[1]++;
            });
            assertEquals(4000, total[1]);
            return total[0];
        });
        assertEquals(1000 + 2 * 4000, sum);
        in(IsolationLevel.READ_COMMITTED, tx -> {
            assertEquals(
                    1000,
                    things.insertAll(
                            tx,
                            LongStream.range(0, 5000)
                                    .mapToObj(i -> row(i, i, "x", 1L))
                                    .iterator(),
                            OnConflict.doNothing(),
                            null));
            return null;
        });
    }
}
