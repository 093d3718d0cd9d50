package dev.palimpsest.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.SerializationException;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.inspect.CheckProgress;
import dev.palimpsest.inspect.InspectableDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Explicit row locks: who conflicts with whom, who is told what, and that locks follow the row. */
class RowLockingTest {
    private static final String NOWAIT_ERROR = "55P03 could not obtain lock on row in relation \"t\"";

    private Database db;
    private Table table;
    private User a;
    private User b;
    private User c;

    @BeforeEach
    void open() {
        db = Database.openInMemory();
        table = db.table("t");
        a = new User(db);
        b = new User(db);
        c = new User(db);
        db.transact(tx -> {
            tx.createTable(TableSchema.named("t")
                    .column("id", ColumnType.BIGINT)
                    .column("value", ColumnType.BIGINT)
                    .column("code", ColumnType.BIGINT)
                    .primaryKey("id")
                    .build());
            tx.createIndex(IndexSchema.on("t", "code").named("by_code"));
            for (long id = 1; id <= 5; id++) {
                table.insert(tx, id, 10 * id, 100 * id);
            }
            return null;
        });
    }

    @AfterEach
    void close() {
        for (User user : List.of(a, b, c)) {
            user.close();
        }
        assertEquals(List.of(), ((InspectableDatabase) db).check(CheckProgress.NONE));
        db.close();
    }

    private Function<Transaction, Object> locks(RowLockMode mode, WaitPolicy policy) {
        return tx -> {
            Row row = table.lock(tx, mode, policy, 1L);
            return row == null ? "none" : "value " + row.longValue(1);
        };
    }

    private Function<Transaction, Object> locks(RowLockMode mode) {
        return locks(mode, WaitPolicy.BLOCK);
    }

    private Function<Transaction, Object> sets(int column, long value) {
        return tx -> table.update(tx, 1L, c -> c.setLong(column, value));
    }

    private Function<Transaction, Object> adds(long value) {
        return tx -> table.update(tx, 1L, c -> c.setLong(1, c.row().longValue(1) + value));
    }

    private Function<Transaction, Object> deletes() {
        return tx -> table.delete(tx, 1L);
    }

    private static boolean conflict(RowLockMode held, RowLockMode wanted) {
        String[] rows = {"---X", "--XX", "-XXX", "XXXX"};
        return rows[held.ordinal()].charAt(wanted.ordinal()) == 'X';
    }

    @Test
    void shouldConflictAsInPostgresTableOfRowLocks() {
        for (RowLockMode held : RowLockMode.values()) {
            for (RowLockMode wanted : RowLockMode.values()) {
                String cell = held + " then " + wanted;
                boolean conflict = conflict(held, wanted);
                assertEquals("value 10", a.begin().does(locks(held)), cell);
                assertEquals(
                        conflict ? NOWAIT_ERROR : "value 10", c.begin().does(locks(wanted, WaitPolicy.NOWAIT)), cell);
                c.rollback();
                assertEquals(
                        conflict ? "none" : "value 10", c.begin().does(locks(wanted, WaitPolicy.SKIP_LOCKED)), cell);
                c.rollback();
                assertEquals(conflict ? "waits" : "value 10", b.begin().does(locks(wanted)), cell);
                a.commit();
                assertEquals("value 10", b.outcome(), cell);
                b.rollback();
            }
        }
    }

    @Test
    void shouldConflictWithChangesByWhetherKeysChange() {
        for (RowLockMode held : RowLockMode.values()) {
            List<Function<Transaction, Object>> changes =
                    List.of(sets(1, 10), sets(2, 101), sets(0, 1), sets(0, 9), deletes());
            for (int i = 0; i < changes.size(); i++) {
                RowLockMode strength = i < 3 ? RowLockMode.NO_KEY_UPDATE : RowLockMode.UPDATE;
                String cell = held + " then change " + i;
                assertEquals("value 10", a.begin().does(locks(held)), cell);
                assertEquals(
                        conflict(held, strength) ? "waits" : "true", b.begin().does(changes.get(i)), cell);
                a.rollback();
                assertEquals("true", b.outcome(), cell);
                // the change as the holder
                assertEquals(
                        conflict(strength, held) ? NOWAIT_ERROR : "value 10",
                        c.begin().does(locks(held, WaitPolicy.NOWAIT)),
                        cell);
                c.rollback();
                b.rollback();
            }
        }
    }

    @Test
    void shouldFollowTheRowThroughUpdates() {
        for (int column : new int[] {1, 2}) { // on the page's chain, and as a root of its own
            a.begin().does(locks(RowLockMode.KEY_SHARE));
            for (int i = 0; i < 5; i++) {
                assertEquals("true", b.begin().does(sets(column, 1000 + i)));
                b.commit();
            }
            assertEquals("waits", b.begin().does(deletes()));
            assertEquals(NOWAIT_ERROR, c.begin().does(locks(RowLockMode.UPDATE, WaitPolicy.NOWAIT)));
            c.rollback();
            a.commit();
            assertEquals("true", b.outcome());
            b.rollback();
        }
    }

    @Test
    void shouldLockTheNewerVersionsOfAnUndecidedUpdate() {
        for (boolean commit : new boolean[] {true, false}) {
            for (int column : new int[] {1, 2}) {
                b.begin().does(sets(column, 77));
                String before = a.begin().does(locks(RowLockMode.KEY_SHARE));
                assertTrue(before.startsWith("value"), "the version that is seen");
                if (commit) {
                    b.commit();
                } else {
                    b.rollback();
                }
                assertEquals("waits", c.begin().does(deletes()));
                a.commit();
                assertEquals("true", c.outcome());
                c.rollback();
            }
        }
    }

    @Test
    void shouldGrantKeyShareOnAVersionWhoseKeyStaysAtRepeatableRead() {
        a.begin(IsolationLevel.REPEATABLE_READ).does(tx -> table.get(tx, 1L));
        for (int i = 0; i < 300; i++) { // enough to prune all but what the snapshot sees and the newest
            b.begin().does(adds(1));
            b.commit();
        }
        assertEquals("value 10", a.does(locks(RowLockMode.KEY_SHARE)));
        assertEquals("waits", c.begin().does(deletes()), "the newest version is locked");
        a.commit();
        assertEquals("true", c.outcome());
        c.rollback();
    }

    @Test
    void shouldFollowToOtherPagesAtRepeatableRead() {
        a.begin(IsolationLevel.REPEATABLE_READ).does(tx -> table.get(tx, 1L));
        db.transact(tx -> {
            for (long id = 100; id < 1000; id++) {
                table.insert(tx, id, id, id);
            }
            return null;
        });
        for (int i = 0; i < 300; i++) {
            b.begin().does(sets(2, 5000 + i)); // not HOT: wanders over pages
            b.commit();
        }
        assertEquals("value 10", a.does(locks(RowLockMode.KEY_SHARE)));
        assertEquals("waits", c.begin().does(deletes()));
        a.commit();
        assertEquals("true", c.outcome());
        c.rollback();
    }

    /** On the first page, at the place that the link names on another one, is somebody else's deleted row. */
    @Test
    void shouldFollowAnUndecidedUpdateToAnotherPage() {
        db.transact(tx -> {
            for (long id = 100; id < 1000; id++) {
                table.insert(tx, id, id, id);
            }
            return null;
        });
        db.transact(tx -> table.deleteAll(tx, Scan.index("t_pkey").from(2L).to(400L)));
        assertEquals("true", b.begin().does(sets(2, 5000)));
        assertEquals("value 10", a.begin().does(locks(RowLockMode.KEY_SHARE)));
        b.commit();
        assertEquals("waits", c.begin().does(deletes()), "the new version is locked");
        a.commit();
        assertEquals("true", c.outcome());
        c.rollback();
    }

    @Test
    void shouldFailAtRepeatableReadWhereOthersChanged() {
        for (RowLockMode mode : RowLockMode.values()) {
            for (boolean delete : new boolean[] {false, true}) {
                a.begin(IsolationLevel.REPEATABLE_READ).does(tx -> table.get(tx, 2L));
                String before = b.begin().does(locks(RowLockMode.UPDATE));
                b.does(delete ? deletes() : adds(1));
                // a version locked FOR UPDATE and then changed keeps KEY SHARE out, as in PostgreSQL
                assertEquals("waits", a.does(locks(mode)), mode + " " + before);
                b.commit();
                // for a locking read a deleted row was updated too
                assertEquals("40001 could not serialize access due to concurrent update", a.outcome(), mode.toString());
                a.rollback();
                db.transact(tx -> {
                    table.delete(tx, 1L);
                    table.insert(tx, 1L, 10L, 100L);
                    return null;
                });
            }
        }
    }

    @Test
    void shouldTellTableRowAndTransaction() {
        try (Transaction tx = db.begin(TransactionOptions.DEFAULT.withIsolation(IsolationLevel.REPEATABLE_READ))) {
            table.get(tx, 2L);
            long other = db.transact(second -> {
                table.update(second, 1L, change -> change.setLong(1, 5));
                return second.xidIfAssigned();
            });
            EngineException e = Expect.error("40001", () -> table.lock(tx, RowLockMode.UPDATE, WaitPolicy.BLOCK, 1L));
            assertTrue(e instanceof SerializationException);
            assertEquals("t", e.subject().table());
            assertEquals("(id)=(1)", e.subject().key());
            assertEquals(other, e.subject().otherTransaction());
        }
        try (Transaction writer = db.begin();
                Transaction tx = db.begin()) {
            table.update(writer, 1L, change -> change.setLong(1, 6));
            EngineException e = Expect.error("55P03", () -> table.lock(tx, RowLockMode.UPDATE, WaitPolicy.NOWAIT, 1L));
            assertEquals(writer.xidIfAssigned(), e.subject().otherTransaction());
            assertEquals("t", e.subject().table());
        }
    }

    @Test
    void shouldAskTheWholeQualificationAgain() {
        Scan rich =
                Scan.index("t_pkey").where(row -> row.longValue(1) >= 10).lock(RowLockMode.UPDATE, WaitPolicy.BLOCK);
        Function<Transaction, Object> all = tx -> {
            List<Long> seen = new ArrayList<>();
            try (RowStream rows = table.scan(tx, rich)) {
                rows.forEachRemaining(row -> seen.add(row.longValue(1)));
            }
            return seen;
        };
        a.begin().does(adds(-5));
        a.does(tx -> table.update(tx, 3L, change -> change.setLong(1, 33)));
        a.does(tx -> table.update(tx, 4L, change -> change.setLong(0, 44))); // still within the range, by another key
        a.does(tx -> table.delete(tx, 5L));
        assertEquals("waits", b.begin().does(all));
        a.commit();
        assertEquals("[20, 33, 40]", b.outcome());
        assertEquals(
                NOWAIT_ERROR, c.begin().does(locks(RowLockMode.KEY_SHARE, WaitPolicy.NOWAIT)), "locked all the same");
        c.rollback();
        b.rollback();
    }

    @Test
    void shouldLockOnlyWhatIsTaken() {
        Scan queue = Scan.index("t_pkey").lock(RowLockMode.UPDATE, WaitPolicy.SKIP_LOCKED);
        Function<Transaction, Object> next = tx -> {
            try (RowStream rows = table.scan(tx, queue.limit(1))) {
                return rows.hasNext() ? rows.next().longValue(0) : null;
            }
        };
        assertEquals("1", a.begin().does(next));
        assertEquals("2", b.begin().does(next));
        assertEquals("3", c.begin().does(next));
        assertEquals("3", c.does(tx -> {
            RowStream rows = table.scan(tx, queue);
            return rows.next().longValue(0); // and no further
        }));
        assertEquals(
                "4",
                b.does(tx -> table.lock(tx, RowLockMode.UPDATE, WaitPolicy.NOWAIT, 4L)
                        .longValue(0)));
        assertEquals("2", b.does(tx -> {
            try (RowStream rows = table.scan(tx, Scan.index("t_pkey").limit(2))) {
                return rows.stream().count();
            }
        }));
        List.of(a, b, c).forEach(User::rollback);
    }

    @Test
    void shouldLockOnDemand() {
        a.begin().does(locks(RowLockMode.UPDATE));
        b.begin().does(tx -> {
            RowStream rows = table.scan(tx, Scan.all().lockOnDemand(RowLockMode.NO_KEY_UPDATE, WaitPolicy.SKIP_LOCKED));
            List<Row> all = new ArrayList<>();
            rows.forEachRemaining(all::add);
            assertEquals(5, all.size(), "locks nothing by itself");
            assertNull(rows.lock(all.get(0)));
            Row newer = rows.lock(all.get(4));
            assertEquals(50, newer.longValue(1));
            db.transact(other -> table.update(other, 3L, change -> change.setLong(1, 31)));
            assertEquals(31, rows.lock(all.get(2)).longValue(1), "the newest version");
            db.transact(other -> table.delete(other, 2L));
            assertNull(rows.lock(all.get(1)), "gone");
            rows.close();
            return Expect.error("24000", () -> rows.lock(all.get(3)));
        });
        b.outcome();
        a.rollback();
        b.rollback();
    }

    /** As in PostgreSQL: also where it holds a lock on the version that the cursor sees. */
    @Test
    void shouldSkipRowsThatItsOwnLaterCommandsChanged() {
        a.begin().does(tx -> {
            for (long id = 2; id <= 3; id++) {
                table.lock(tx, RowLockMode.UPDATE, WaitPolicy.BLOCK, id);
            }
            RowStream rows = table.scan(tx, Scan.index("t_pkey").lock(RowLockMode.UPDATE, WaitPolicy.BLOCK));
            table.delete(tx, 2L);
            table.update(tx, 3L, change -> change.setLong(1, 31));
            List<Long> found = new ArrayList<>();
            rows.forEachRemaining(row -> found.add(row.longValue(0)));
            assertEquals(List.of(1L, 4L, 5L), found);
            return null;
        });
        assertEquals("null", a.outcome());
        a.rollback();
    }

    @Test
    void shouldRefuseLocksInAReadOnlyTransaction() {
        for (RowLockMode mode : RowLockMode.values()) {
            try (Transaction tx = db.begin(TransactionOptions.READ_ONLY)) {
                String message = "cannot execute SELECT " + mode.sql() + " in a read-only transaction";
                if (mode.ordinal() % 2 == 0) {
                    Expect.error("25006", message, () -> table.lock(tx, mode, WaitPolicy.BLOCK, 1L));
                } else {
                    Expect.error(
                            "25006", message, () -> table.scan(tx, Scan.all().lock(mode, WaitPolicy.BLOCK)));
                }
            }
        }
    }

    @Test
    void shouldNotWriteForALock() {
        try (Transaction tx = db.begin()) {
            table.lock(tx, RowLockMode.UPDATE, WaitPolicy.BLOCK, 1L);
            assertEquals(0, tx.xidIfAssigned());
            tx.commit();
        }
    }

    @Test
    void shouldFailAtTheMemoryLimitAndLoseNothing() {
        try (Database small = Database.openInMemory(DatabaseOptions.DEFAULT.withRowLockMemoryBytes(4096))) {
            Table wide = small.table("wide");
            small.transact(tx -> {
                tx.createTable(TableSchema.named("wide")
                        .column("id", ColumnType.BIGINT)
                        .column("filler", ColumnType.TEXT)
                        .primaryKey("id")
                        .build());
                for (long id = 0; id < 300; id++) {
                    wide.insert(tx, id, "x".repeat(1500));
                }
                return null;
            });
            Scan all = Scan.index("wide_pkey").lock(RowLockMode.SHARE, WaitPolicy.BLOCK);
            try (Transaction tx = small.begin()) {
                EngineException e = Expect.error("53200", "out of shared memory", () -> {
                    try (RowStream rows = wide.scan(tx, all)) {
                        rows.forEachRemaining(row -> {});
                    }
                });
                assertEquals("You might need to increase rowLockMemoryBytes.", e.hint());
            }
            small.transact(tx -> wide.lock(tx, RowLockMode.UPDATE, WaitPolicy.NOWAIT, 299L));
            assertEquals(List.of(), ((InspectableDatabase) small).check(CheckProgress.NONE));
        }
    }
}
