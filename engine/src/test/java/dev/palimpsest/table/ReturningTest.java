package dev.palimpsest.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.OnConflict;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.inspect.CheckProgress;
import dev.palimpsest.inspect.InspectableDatabase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RETURNING: what a statement says it wrote is what is there. */
class ReturningTest {
    private Database db;
    private Table things;

    @BeforeEach
    void open() {
        db = Database.openInMemory();
        things = db.table("things");
        db.transact(tx -> {
            tx.createTable(TableSchema.named("things")
                    .column("id", ColumnType.BIGINT)
                    .column("name", ColumnType.TEXT)
                    .defaultTo("new")
                    .column("n", ColumnType.BIGINT)
                    .primaryKey("id")
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

    /** A consumer that keeps what it is told, headers included. */
    private static Consumer<Row> into(List<String> told) {
        return row -> told.add(row.xmin() + " " + row.xmax() + " " + row.ctid() + " " + row);
    }

    private List<String> stored(Transaction tx, Scan scan) {
        List<String> found = new ArrayList<>();
        things.scan(tx, scan).forEachRemaining(into(found));
        return found;
    }

    @Test
    void shouldTellEachInsertedRowAsItIs() {
        db.transact(tx -> {
            List<String> told = new ArrayList<>();
            long count = things.insertAll(
                    tx, rows(new Object[] {2L, Table.DEFAULT, 7L}, new Object[] {1L, null, null}), null, into(told));
            assertEquals(2, count);
            assertEquals(stored(tx, Scan.all()), told);
            assertTrue(told.get(0).endsWith("(2, new, 7)"), told::toString);
            return null;
        });
    }

    @Test
    void shouldTellRowsOfManyBatchesInOrder() {
        db.transact(tx -> {
            List<Long> told = new ArrayList<>();
            long count = things.insertAll(
                    tx,
                    LongStream.range(0, 5000)
                            .mapToObj(i -> new Object[] {5000 - i, "x", i})
                            .iterator(),
                    null,
                    row -> told.add(row.longValue("n")));
            assertEquals(5000, count);
            assertEquals(LongStream.range(0, 5000).boxed().toList(), told);
            return null;
        });
    }

    @Test
    void shouldTellNewVersionsOfUpdatedRows() {
        db.transact(tx -> {
            things.insertAll(
                    tx, rows(new Object[] {1L, "a", 1L}, new Object[] {2L, "b", 2L}, new Object[] {3L, "c", 3L}));
            return null;
        });
        db.transact(tx -> {
            List<String> told = new ArrayList<>();
            // in place, as a longer row, with another key
            assertEquals(
                    2,
                    things.updateAll(
                            tx,
                            Scan.index("things_pkey").from(2),
                            c -> c.set("name", c.row().stringValue("name").repeat(30))
                                    .setLong("n", c.row().longValue("n") * 10),
                            into(told)));
            assertEquals(stored(tx, Scan.index("things_pkey").from(2)), told);
            told.clear();
            things.updateAll(tx, Scan.index("things_pkey").equalTo(1), c -> c.set("name", "q"), into(told));
            assertEquals(stored(tx, Scan.index("things_pkey").equalTo(1)), told);
            return null;
        });
    }

    @Test
    void shouldTellDeletedVersions() {
        long writer = db.transact(tx -> {
            things.insertAll(tx, rows(new Object[] {1L, "a", 1L}, new Object[] {2L, "b", 2L}));
            return tx.xidIfAssigned();
        });
        db.transact(tx -> {
            List<Row> told = new ArrayList<>();
            assertEquals(1, things.deleteAll(tx, Scan.all().where(row -> row.longValue("id") == 2), told::add));
            assertEquals("(2, b, 2)", told.get(0).toString());
            assertEquals(writer, told.get(0).xmin());
            assertEquals(tx.xidIfAssigned(), told.get(0).xmax());
            assertNull(things.get(tx, 2));
            return null;
        });
    }

    @Test
    void shouldLetTheConsumerReadAsOfTheStatementsBegin() {
        for (IsolationLevel level : List.of(IsolationLevel.READ_COMMITTED, IsolationLevel.REPEATABLE_READ)) {
            db.transact(TransactionOptions.DEFAULT.withIsolation(level), tx -> {
                things.deleteAll(tx, Scan.all());
                things.insert(tx, 1L, "a", 1L);
                int[] calls = {0};
                things.insertAll(tx, rows(new Object[][] {{2L, "b", 2L}}), null, row -> {
                    calls[0]++;
                    assertNull(things.get(tx, 2L), "a statement doesn't see its own writes");
                    assertEquals("a", things.get(tx, 1L).stringValue("name"));
                });
                things.updateAll(tx, Scan.all(), c -> c.set("name", "z"), row -> {
                    calls[0]++;
                    assertNotEquals("z", things.get(tx, row.longValue("id")).stringValue("name"));
                });
                things.deleteAll(tx, Scan.all(), row -> {
                    calls[0]++;
                    assertEquals(2, stored(tx, Scan.index("by_n")).size());
                });
                assertEquals(5, calls[0]);
                return null;
            });
        }
    }

    @Test
    void shouldRefuseAConsumerThatWrites() {
        List<Consumer<Transaction>> writes = List.of(
                tx -> things.insert(tx, 9L, "x", 9L),
                tx -> things.insertAll(tx, rows(new Object[][] {{9L, "x", 9L}})),
                tx -> things.insert(tx, OnConflict.doNothing(), new Object[] {9L, "x", 9L}),
                tx -> things.update(tx, 1L, c -> c.setLong("n", 9)),
                tx -> things.deleteAll(tx, Scan.all()),
                Transaction::commit);
        for (Consumer<Transaction> write : writes) {
            try (Transaction tx = db.begin()) {
                things.insert(tx, 1L, "a", 1L);
                Expect.error(
                        "55006",
                        () -> things.insertAll(
                                tx, rows(new Object[][] {{2L, "b", 2L}}), null, row -> write.accept(tx)));
            }
            try (Transaction tx = db.begin()) {
                things.insert(tx, 1L, "a", 1L);
                Expect.error(
                        "55006",
                        () -> things.updateAll(tx, Scan.all(), c -> c.setLong("n", 2), row -> write.accept(tx)));
                assertTrue(tx.isFailed());
            }
        }
    }

    @Test
    void shouldFailTheStatementIfTheConsumerFails() {
        try (Transaction tx = db.begin()) {
            org.junit.jupiter.api.Assertions.assertThrows(
                    IllegalStateException.class,
                    () -> things.insertAll(tx, rows(new Object[][] {{2L, "b", 2L}}), null, row -> {
                        throw new IllegalStateException("no");
                    }));
            assertTrue(tx.isFailed());
        }
        db.read(tx -> {
            assertNull(things.get(tx, 2L));
            return null;
        });
    }
}
