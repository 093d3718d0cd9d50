package dev.palimpsest.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.OnConflict;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.SerializationException;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.UniqueViolationException;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.inspect.CheckProgress;
import dev.palimpsest.inspect.InspectableDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two inserters of one key in a fixed order: PostgreSQL's isolation specs insert-conflict-*, and what they leave out. */
class UpsertConcurrencyTest {
    private static final OnConflict APPEND = OnConflict.doUpdate(
            List.of("key"),
            (change, excluded) ->
                    change.set("val", change.row().stringValue("val") + " updated by " + excluded.stringValue("val")));

    private Database db;
    private Table table;
    private Actor actor;
    private TransactionOptions readCommitted;
    private TransactionOptions repeatableRead;

    @BeforeEach
    void open() {
        db = Database.openInMemory();
        table = db.table("upsert");
        actor = new Actor();
        readCommitted = TransactionOptions.DEFAULT.withWaitListener(actor).withMaxAttempts(1);
        repeatableRead = readCommitted.withIsolation(IsolationLevel.REPEATABLE_READ);
        db.transact(tx -> {
            tx.createTable(TableSchema.named("upsert")
                    .column("key", ColumnType.INTEGER)
                    .column("val", ColumnType.TEXT)
                    .column("other", ColumnType.INTEGER)
                    .primaryKey("key")
                    .unique("other")
                    .build());
            return null;
        });
    }

    @AfterEach
    void checkAndClose() {
        actor.close();
        assertEquals(List.of(), ((InspectableDatabase) db).check(CheckProgress.NONE));
        db.close();
    }

    private static Object[] row(int key, String val) {
        return new Object[] {key, val, null};
    }

    private List<String> stored() {
        return db.read(tx -> {
            List<String> found = new ArrayList<>();
            table.scan(tx, Scan.index("upsert_pkey")).forEachRemaining(r -> found.add(r.toString()));
            return found;
        });
    }

    private Future<Boolean> upsertElsewhere(TransactionOptions options, OnConflict conflict, Object... row) {
        return actor.start(() -> db.transact(options, tx -> table.insert(tx, conflict, row)));
    }

    @Test
    void shouldChangeTheRowThatNoSnapshotOfItsSees() throws Exception {
        Future<Boolean> second;
        try (Transaction first = db.begin()) {
            assertTrue(table.insert(first, APPEND, row(1, "insert1")));
            second = upsertElsewhere(readCommitted, APPEND, row(1, "insert2"));
            actor.awaitWaiting();
            first.commit();
        }
        assertTrue(Actor.get(second));
        assertEquals(List.of("(1, insert1 updated by insert2, null)"), stored());
    }

    @Test
    void shouldInsertWhenTheOtherInserterRollsBack() throws Exception {
        for (TransactionOptions options : List.of(readCommitted, repeatableRead)) {
            for (OnConflict conflict : List.of(APPEND, OnConflict.doNothing())) {
                Future<Boolean> second;
                try (Transaction first = db.begin()) {
                    table.insert(first, APPEND, row(1, "insert1"));
                    second = upsertElsewhere(options, conflict, row(1, "insert2"));
                    actor.awaitWaiting();
                }
                assertTrue(Actor.get(second));
                assertEquals(List.of("(1, insert2, null)"), stored());
                db.transact(tx -> table.delete(tx, 1));
            }
        }
    }

    @Test
    void shouldDoNothingOnceTheOtherHasCommitted() throws Exception {
        Future<Boolean> second;
        try (Transaction first = db.begin()) {
            table.insert(first, 1, "insert1", null);
            second = upsertElsewhere(readCommitted, OnConflict.doNothing(), row(1, "insert2"));
            actor.awaitWaiting();
            first.commit();
        }
        assertFalse(Actor.get(second));
        assertEquals(List.of("(1, insert1, null)"), stored());
    }

    @Test
    void shouldFailAtRepeatableReadOverARowThatItCannotSee() throws Exception {
        for (OnConflict conflict : List.of(APPEND, OnConflict.doNothing(), OnConflict.doNothing("key"))) {
            long[] xid = {0};
            Future<Boolean> second;
            try (Transaction first = db.begin()) {
                table.insert(first, 1, "insert1", null);
                xid[0] = first.xidIfAssigned();
                second = upsertElsewhere(repeatableRead, conflict, row(1, "insert2"));
                actor.awaitWaiting();
                first.commit();
            }
            SerializationException e = assertThrows(SerializationException.class, () -> Actor.get(second));
            assertEquals("could not serialize access due to concurrent update", e.getMessage());
            assertEquals("upsert", e.subject().table());
            assertEquals(xid[0], e.subject().otherTransaction());
            db.transact(tx -> table.delete(tx, 1));
        }
    }

    @Test
    void shouldSeeItsOwnRowsAtRepeatableRead() {
        db.transact(repeatableRead, tx -> {
            assertEquals(
                    1, table.insertAll(tx, List.of(row(1, "a"), row(1, "b")).iterator(), OnConflict.doNothing(), null));
            assertTrue(table.insert(tx, APPEND, row(1, "c")));
            assertFalse(table.insert(tx, OnConflict.doNothing(), row(1, "d")));
            return null;
        });
        assertEquals(List.of("(1, a updated by c, null)"), stored());
    }

    @Test
    void shouldAskTheConditionOfTheLockedVersionOnly() throws Exception {
        db.transact(tx -> {
            table.insert(tx, 1, "Red", 0);
            table.insert(tx, 2, "Green", 0 + 1);
            return null;
        });
        OnConflict ifBig = OnConflict.doUpdate(
                        List.of("key"), (change, excluded) -> change.set("val", excluded.stringValue("val")))
                .where((existing, excluded) -> existing.longValue("other") >= 10);
        Future<Long> second;
        try (Transaction first = db.begin()) {
            table.update(first, 1, c -> c.setLong("other", 10));
            second = actor.start(() -> db.transact(
                    readCommitted,
                    tx -> table.insertAll(
                            tx, List.of(row(1, "Brown"), row(2, "Gray")).iterator(), ifBig, null)));
            actor.awaitWaiting();
            first.commit();
        }
        assertEquals(1, Actor.get(second));
        assertEquals(List.of("(1, Brown, 10)", "(2, Green, 1)"), stored());
    }

    @Test
    void shouldKeepARowLockedThatTheConditionLeavesAlone() throws Exception {
        db.transact(tx -> {
            table.insert(tx, 1, "a", null);
            return null;
        });
        OnConflict never = APPEND.where((existing, excluded) -> false);
        Future<Boolean> second;
        try (Transaction first = db.begin()) {
            assertFalse(table.insert(first, never, row(1, "b")));
            second = actor.start(() -> db.transact(readCommitted, tx -> table.update(tx, 1, c -> c.set("val", "c"))));
            actor.awaitWaiting();
            first.commit();
        }
        assertTrue(Actor.get(second));
        assertEquals(List.of("(1, c, null)"), stored());
    }

    @Test
    void shouldWaitForLockersOfTheRow() throws Exception {
        db.transact(tx -> {
            table.insert(tx, 1, "a", null);
            return null;
        });
        Future<Boolean> second;
        try (Transaction first = db.begin()) {
            table.lock(first, RowLockMode.SHARE, WaitPolicy.BLOCK, 1);
            second = upsertElsewhere(readCommitted, APPEND, row(1, "b"));
            actor.awaitWaiting();
            first.commit();
        }
        assertTrue(Actor.get(second));
        OnConflict rename = OnConflict.doUpdate(List.of("key"), (change, excluded) -> change.setLong("key", 7));
        try (Transaction first = db.begin()) {
            table.lock(first, RowLockMode.KEY_SHARE, WaitPolicy.BLOCK, 1);
            try (Transaction beside = db.begin(readCommitted)) {
                assertTrue(table.insert(beside, APPEND, row(1, "c")), "keeps the keys");
                beside.commit();
            }
            second = upsertElsewhere(readCommitted, rename, row(1, "d"));
            actor.awaitWaiting();
            first.commit();
        }
        assertTrue(Actor.get(second));
        assertEquals(List.of("(7, a updated by b updated by c, null)"), stored());
    }

    @Test
    void shouldLookAgainWhenTheRowHasMovedToAnotherKey() throws Exception {
        db.transact(tx -> {
            table.insert(tx, 1, "a", null);
            return null;
        });
        Future<Boolean> second;
        try (Transaction first = db.begin()) {
            table.update(first, 1, c -> c.setLong("key", 2));
            second = upsertElsewhere(readCommitted, APPEND, row(1, "b"));
            actor.awaitWaiting();
            first.commit();
        }
        assertTrue(Actor.get(second));
        assertEquals(List.of("(1, b, null)", "(2, a, null)"), stored());
    }

    @Test
    void shouldWaitForARowInAnIndexThatDoesNotArbitrate() throws Exception {
        Future<Boolean> second;
        try (Transaction first = db.begin()) {
            table.insert(first, 5, "a", 50);
            second = upsertElsewhere(readCommitted, APPEND, 1, "b", 50);
            actor.awaitWaiting();
        }
        assertTrue(Actor.get(second));
        long xid;
        try (Transaction first = db.begin()) {
            table.insert(first, 5, "a", 60);
            xid = first.xidIfAssigned();
            second = upsertElsewhere(readCommitted, APPEND, 2, "b", 60);
            actor.awaitWaiting();
            first.commit();
        }
        Future<Boolean> failed = second;
        UniqueViolationException e = assertThrows(UniqueViolationException.class, () -> Actor.get(failed));
        assertEquals("upsert", e.subject().table());
        assertEquals("upsert_other_key", e.subject().constraint());
        assertEquals("(other)=(60)", e.subject().key());
        assertEquals(xid, e.subject().otherTransaction());
        assertEquals(List.of("(1, b, 50)", "(5, a, 60)"), stored());
    }

    @Test
    void shouldCountARowOfARolledBackSavepointAsGone() {
        db.transact(tx -> {
            tx.savepoint("s");
            table.insert(tx, APPEND, row(1, "a"));
            tx.rollbackTo("s");
            assertTrue(table.insert(tx, APPEND, row(1, "b")));
            tx.savepoint("t");
            assertTrue(table.insert(tx, APPEND, row(1, "c")));
            tx.rollbackTo("t");
            List<Long> xmins = new ArrayList<>();
            table.insertAll(tx, List.<Object[]>of(row(1, "d")).iterator(), APPEND, r -> xmins.add(r.xmin()));
            assertEquals(xmins.get(0), table.get(tx, 1).xmin());
            return null;
        });
        assertEquals(List.of("(1, b updated by d, null)"), stored());
    }
}
