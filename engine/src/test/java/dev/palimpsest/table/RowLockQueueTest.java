package dev.palimpsest.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.inspect.CheckProgress;
import dev.palimpsest.inspect.InspectableDatabase;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Several users of one row: in which order they get it, upgrades of locks, savepoints, and what is left of a lock in versions that were
 * pruned. The situations are those of PostgreSQL's specs tuplelock-upgrade-no-deadlock, multixact-no-deadlock, multixact-no-forget,
 * skip-locked-3, lock-update-traversal, delete-abort-savept and aborted-keyrevoke.
 */
class RowLockQueueTest {
    private static final String WAITS = "waits";

    private Database db;
    private Table table;
    private User a;
    private User b;
    private User c;
    private User d;

    @BeforeEach
    void open() {
        db = Database.openInMemory();
        table = db.table("t");
        a = new User(db);
        b = new User(db);
        c = new User(db);
        d = new User(db);
        db.transact(tx -> {
            tx.createTable(TableSchema.named("t")
                    .column("id", ColumnType.BIGINT)
                    .column("value", ColumnType.BIGINT)
                    .primaryKey("id")
                    .build());
            for (long id = 1; id <= 3; id++) {
                table.insert(tx, id, 10 * id);
            }
            return null;
        });
    }

    @AfterEach
    void close() {
        List.of(a, b, c, d).forEach(User::close);
        assertEquals(List.of(), ((InspectableDatabase) db).check(CheckProgress.NONE));
        db.close();
    }

    private Function<Transaction, Object> locks(RowLockMode mode) {
        return locks(mode, WaitPolicy.BLOCK);
    }

    private Function<Transaction, Object> locks(RowLockMode mode, WaitPolicy policy) {
        return tx -> {
            Row row = table.lock(tx, mode, policy, 1L);
            return row == null ? "none" : row.longValue(1);
        };
    }

    private Function<Transaction, Object> sets(long value) {
        return tx -> table.update(tx, 1L, change -> change.setLong(1, value));
    }

    private Function<Transaction, Object> setsKey(long key) {
        return tx -> table.update(tx, 1L, change -> change.setLong(0, key));
    }

    private Function<Transaction, Object> deletes() {
        return tx -> table.delete(tx, 1L);
    }

    private Function<Transaction, Object> savepoint() {
        return tx -> {
            tx.savepoint("s");
            return "set";
        };
    }

    private Function<Transaction, Object> rollbackTo() {
        return tx -> {
            tx.rollbackTo("s");
            return "back";
        };
    }

    @Test
    void shouldLetTheHolderOfAWeakerLockGoBeforeTheQueue() {
        assertEquals("10", a.begin().does(locks(RowLockMode.SHARE)));
        assertEquals(WAITS, b.begin().does(locks(RowLockMode.UPDATE)));
        assertEquals("10", c.begin().does(locks(RowLockMode.SHARE)));
        assertEquals(WAITS, c.does(locks(RowLockMode.UPDATE)), "for the first one, not behind the second");
        a.rollback();
        assertEquals("10", c.outcome());
        assertEquals(WAITS, b.outcome());
        c.rollback();
        assertEquals("10", b.outcome());
    }

    @Test
    void shouldUpdateAndDeleteWithAWeakerLockBeforeTheQueue() {
        for (boolean update : new boolean[] {true, false}) {
            for (boolean commit : new boolean[] {true, false}) {
                assertEquals("10", a.begin().does(locks(RowLockMode.KEY_SHARE)));
                assertEquals(WAITS, b.begin().does(locks(RowLockMode.UPDATE)));
                assertEquals("10", c.begin().does(locks(RowLockMode.KEY_SHARE)));
                if (update) {
                    assertEquals("true", a.does(sets(10)));
                }
                assertEquals(WAITS, c.does(update ? sets(10) : deletes()));
                if (commit) {
                    a.commit();
                } else {
                    a.rollback();
                }
                assertEquals("true", c.outcome());
                assertEquals(WAITS, b.outcome());
                c.rollback();
                assertEquals("10", b.outcome());
                b.rollback();
            }
        }
    }

    @Test
    void shouldServeInTheOrderOfComing() {
        List<Function<Transaction, Object>> all = List.of(locks(RowLockMode.UPDATE), sets(11), deletes());
        for (Function<Transaction, Object> work : all) {
            a.begin().does(locks(RowLockMode.SHARE));
            assertEquals(WAITS, b.begin().does(work));
            assertEquals(WAITS, c.begin().does(work));
            assertEquals(WAITS, d.begin().does(work));
            a.rollback();
            assertTrue(!b.outcome().equals(WAITS));
            assertEquals(WAITS, c.outcome());
            assertEquals(WAITS, d.outcome());
            b.rollback();
            assertTrue(!c.outcome().equals(WAITS));
            assertEquals(WAITS, d.outcome());
            c.rollback();
            assertTrue(!d.outcome().equals(WAITS));
            d.rollback();
        }
    }

    @Test
    void shouldSkipARowThatSomebodyIsNextInLineFor() {
        a.begin().does(locks(RowLockMode.SHARE));
        assertEquals(WAITS, b.begin().does(locks(RowLockMode.UPDATE)));
        assertEquals("none", c.begin().does(locks(RowLockMode.NO_KEY_UPDATE, WaitPolicy.SKIP_LOCKED)));
        assertEquals("10", c.does(locks(RowLockMode.SHARE, WaitPolicy.SKIP_LOCKED)), "needs no place in the queue");
        a.rollback();
        c.rollback();
        assertEquals("10", b.outcome());
    }

    @Test
    void shouldNotWaitForALockThatIsHeldAlready() {
        a.begin().does(locks(RowLockMode.SHARE));
        b.begin().does(locks(RowLockMode.SHARE));
        a.does(savepoint());
        assertEquals(WAITS, c.begin().does(locks(RowLockMode.UPDATE)));
        assertEquals("10", a.does(locks(RowLockMode.SHARE)));
        b.commit();
        assertEquals(WAITS, c.outcome());
        a.commit();
        assertEquals("10", c.outcome());
    }

    @Test
    void shouldNotForgetALockWhenAnUpdateOfAnotherRollsBack() {
        for (boolean commit : new boolean[] {true, false}) {
            String value = commit ? "20" : "10";
            a.begin().does(locks(RowLockMode.KEY_SHARE));
            assertEquals("true", b.begin().does(sets(20)));
            if (commit) {
                b.commit();
            } else {
                b.rollback();
            }
            assertEquals(value, c.begin().does(locks(RowLockMode.KEY_SHARE)));
            c.rollback();
            assertEquals(value, c.begin().does(locks(RowLockMode.NO_KEY_UPDATE)));
            c.rollback();
            assertEquals(WAITS, c.begin().does(locks(RowLockMode.UPDATE)));
            a.commit();
            assertEquals(value, c.outcome());
            c.does(sets(10));
            c.commit();
        }
    }

    @Test
    void shouldGoBackToTheLockBeforeTheSavepoint() {
        List<Function<Transaction, Object>> upgrades = List.of(deletes(), locks(RowLockMode.NO_KEY_UPDATE), sets(7));
        for (Function<Transaction, Object> upgrade : upgrades) {
            a.begin().does(locks(RowLockMode.KEY_SHARE));
            a.does(savepoint());
            a.does(upgrade);
            assertEquals(WAITS, b.begin().does(locks(RowLockMode.NO_KEY_UPDATE)));
            assertEquals(WAITS, c.begin().does(locks(RowLockMode.UPDATE)));
            a.does(rollbackTo());
            assertEquals("10", b.outcome(), "what came with the savepoint is gone");
            b.rollback();
            assertEquals(WAITS, c.outcome(), "what was there before is not");
            a.commit();
            assertEquals("10", c.outcome());
            c.rollback();
        }
    }

    @Test
    void shouldLockAgainAfterAnUpdateOfTheKeyThatWasRolledBack() {
        a.begin().does(savepoint());
        a.does(setsKey(9));
        assertEquals(WAITS, b.begin().does(locks(RowLockMode.KEY_SHARE)));
        a.does(rollbackTo());
        assertEquals("10", b.outcome());
        assertEquals("10", a.does(locks(RowLockMode.KEY_SHARE)));
        assertEquals(WAITS, c.begin().does(deletes()));
        b.commit();
        assertEquals(WAITS, c.outcome());
        a.commit();
        assertEquals("true", c.outcome());
    }

    @Test
    void shouldFindUpgradesThatWaitForEachOther() {
        a.begin().does(locks(RowLockMode.SHARE));
        b.begin().does(locks(RowLockMode.SHARE));
        assertEquals(WAITS, a.does(sets(1)));
        assertEquals("40P01 deadlock detected", b.does(sets(2)));
        assertEquals("true", a.outcome());
    }

    @Test
    void shouldProtectTheNewestVersionFromALockOnAnOldOne() {
        a.begin(IsolationLevel.REPEATABLE_READ).does(tx -> table.get(tx, 1L));
        b.begin().does(sets(20));
        assertEquals("10", a.does(locks(RowLockMode.KEY_SHARE)));
        b.commit();
        assertEquals("true", b.begin().does(sets(30)));
        b.commit();
        assertEquals(WAITS, b.begin().does(setsKey(3)));
        assertEquals(WAITS, c.begin().does(deletes()));
        a.commit();
        assertTrue(b.outcome().startsWith("23505"));
        assertEquals("true", c.outcome());
    }

    /** What happened in versions that are pruned is known from those that are kept. */
    @Test
    void shouldKnowOfKeyChangesAndDeletesInPrunedVersions() {
        for (boolean delete : new boolean[] {false, true}) {
            a.begin(IsolationLevel.REPEATABLE_READ).does(tx -> table.get(tx, 1L));
            changeOften(1, 60);
            db.transact(tx -> delete ? table.delete(tx, 1L) : table.update(tx, 1L, change -> change.setLong(0, 50)));
            changeOften(2, 300);
            if (!delete) {
                changeOften(50, 60);
            }
            assertEquals(
                    "40001 could not serialize access due to concurrent update", a.does(locks(RowLockMode.KEY_SHARE)));
            a.rollback();
            if (!delete) {
                db.transact(tx -> table.update(tx, 50L, change -> change.setLong(0, 1)));
            }
        }
    }

    private void changeOften(long id, int times) {
        for (int i = 0; i < times; i++) {
            db.transact(tx -> table.update(
                    tx, id, change -> change.setLong(1, change.row().longValue(1) + 1)));
        }
    }
}
