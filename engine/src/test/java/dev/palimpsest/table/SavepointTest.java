package dev.palimpsest.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.FailedTransactionException;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.inspect.CheckProgress;
import dev.palimpsest.inspect.InspectableDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SavepointTest {
    private Database db;
    private Table accounts;
    private Actor actor;

    @BeforeEach
    void open() {
        db = Database.openInMemory();
        accounts = db.table("accounts");
        actor = new Actor();
        db.transact(tx -> {
            tx.createTable(schema("accounts"));
            tx.createIndex(IndexSchema.on("accounts", "balance").named("by_balance"));
            accounts.insert(tx, 1L, 1000L);
            accounts.insert(tx, 2L, 2000L);
            return null;
        });
    }

    @AfterEach
    void checkAndClose() {
        actor.close();
        assertEquals(List.of(), ((InspectableDatabase) db).check(CheckProgress.NONE));
        db.close();
    }

    private static TableSchema schema(String name) {
        return TableSchema.named(name)
                .column("id", ColumnType.BIGINT)
                .column("balance", ColumnType.BIGINT)
                .notNull()
                .primaryKey("id")
                .build();
    }

    private List<String> rows(Transaction tx, Table table) {
        List<String> rows = new ArrayList<>();
        try (RowStream stream = table.scan(tx, Scan.index(table.name() + "_pkey"))) {
            while (stream.hasNext()) {
                Row row = stream.next();
                rows.add(row.longValue(0) + "=" + row.longValue(1));
            }
        }
        return rows;
    }

    private List<String> committed() {
        return db.read(tx -> rows(tx, accounts));
    }

    private void set(Transaction tx, long id, long balance) {
        assertTrue(accounts.update(tx, id, c -> c.setLong(1, balance)));
    }

    @Test
    void shouldUndoWhatWasDoneSince() {
        for (IsolationLevel level : List.of(IsolationLevel.READ_COMMITTED, IsolationLevel.REPEATABLE_READ)) {
            db.transact(TransactionOptions.DEFAULT.withIsolation(level), tx -> {
                set(tx, 1, 1001);
                tx.savepoint("a");
                set(tx, 1, 1002);
                accounts.insert(tx, 3L, 3000L);
                accounts.delete(tx, 2L);
                assertEquals(List.of("1=1002", "3=3000"), rows(tx, accounts));
                tx.rollbackTo("a");
                assertEquals(List.of("1=1001", "2=2000"), rows(tx, accounts));
                accounts.insert(tx, 3L, 3001L);
                tx.rollbackTo("a");
                accounts.insert(tx, 3L, 3002L); // the same key again: no duplicate
                accounts.delete(tx, 2L);
                assertEquals(List.of("1=1001", "3=3002"), rows(tx, accounts));
                return null;
            });
            assertEquals(List.of("1=1001", "3=3002"), committed());
            db.transact(tx -> {
                set(tx, 1, 1000);
                accounts.delete(tx, 3L);
                accounts.insert(tx, 2L, 2000L);
                return null;
            });
        }
    }

    @Test
    void shouldNestAndReleaseAndHideNames() {
        db.transact(tx -> {
            tx.savepoint("a");
            set(tx, 1, 1);
            tx.savepoint("b");
            set(tx, 2, 2);
            tx.savepoint("a");
            set(tx, 1, 11);
            tx.rollbackTo("a"); // the inner one
            assertEquals(List.of("1=1", "2=2"), rows(tx, accounts));
            tx.release("a");
            tx.savepoint("c");
            set(tx, 2, 22);
            tx.release("b"); // with c
            assertEquals(List.of("1=1", "2=22"), rows(tx, accounts));
            set(tx, 1, 111);
            tx.rollbackTo("a"); // the outer one, with all that was released into it
            assertEquals(List.of("1=1000", "2=2000"), rows(tx, accounts));
            set(tx, 1, 7);
            tx.release("a");
            return null;
        });
        assertEquals(List.of("1=7", "2=2000"), committed());
    }

    @Test
    void shouldKeepVersionsOfReleasedSubtransactions() {
        db.transact(tx -> {
            for (int i = 0; i < 300; i++) {
                long value = i;
                tx.savepoint("s");
                set(tx, 1, value);
                if (i % 3 == 0) {
                    tx.rollbackTo("s");
                } else if (i % 3 == 1) {
                    tx.release("s");
                } // else it nests
            }
            return null;
        });
        assertEquals(List.of("1=299", "2=2000"), committed());
    }

    @Test
    void shouldFailUntilRollbackToAfterAnErrorWithinASavepoint() {
        db.transact(tx -> {
            set(tx, 1, 1);
            tx.savepoint("a");
            set(tx, 2, 2);
            tx.savepoint("b");
            Expect.error("23505", () -> accounts.insert(tx, 1L, 0L));
            assertTrue(tx.isFailed() && tx.isActive());
            for (int i = 0; i < 2; i++) {
                assertInstanceOf(
                        FailedTransactionException.class,
                        Expect.error(
                                "25P02",
                                "current transaction is aborted, commands ignored until end of transaction block",
                                () -> accounts.get(tx, 1L)));
            }
            Expect.error("25P02", () -> tx.savepoint("c"));
            Expect.error("25P02", () -> tx.release("a"));
            Expect.error("3B001", "savepoint \"c\" does not exist", () -> tx.rollbackTo("c"));
            tx.rollbackTo("b");
            assertFalse(tx.isFailed());
            assertEquals(List.of("1=1", "2=2"), rows(tx, accounts));
            Expect.error("3B001", () -> tx.release("c"));
            tx.rollbackTo("a");
            assertEquals(List.of("1=1", "2=2000"), rows(tx, accounts));
            return null;
        });
        assertEquals(List.of("1=1", "2=2000"), committed());
    }

    @Test
    void shouldRollBackWhenAFailedTransactionIsCommitted() {
        try (Transaction tx = db.begin()) {
            set(tx, 1, 1);
            tx.savepoint("a");
            Expect.error("23505", () -> accounts.insert(tx, 1L, 0L));
            Expect.error("25P02", tx::commit);
            assertFalse(tx.isActive());
            Expect.error("25P01", () -> tx.rollbackTo("a"));
        }
        try (Transaction tx = db.begin()) {
            set(tx, 1, 1);
            Expect.error("23505", () -> accounts.insert(tx, 1L, 0L));
            Expect.error("3B001", "savepoint \"a\" does not exist", () -> tx.rollbackTo("a"));
            Expect.error("25P02", () -> accounts.get(tx, 1L));
        }
        assertEquals(List.of("1=1000", "2=2000"), committed());
    }

    @Test
    void shouldRefuseSavepointsInCallbacks() {
        db.transact(tx -> {
            tx.savepoint("a");
            accounts.update(tx, 1L, change -> {
                Expect.error("55006", () -> tx.savepoint("b"));
                Expect.error("55006", () -> tx.rollbackTo("a"));
                Expect.error("55006", () -> tx.release("a"));
                change.setLong(1, 5);
            });
            return null;
        });
        assertEquals(List.of("1=5", "2=2000"), committed());
    }

    /** As in PostgreSQL: a failed statement within a savepoint lets go of what was done since. */
    @Test
    void shouldLetOthersGoOnAtTheErrorAndAtTheRollback() throws Exception {
        for (boolean byError : new boolean[] {false, true}) {
            try (Transaction tx = db.begin()) {
                set(tx, 2, 22);
                tx.savepoint("a");
                set(tx, 1, 11);
                Future<Object> other =
                        actor.start(() -> db.transact(TransactionOptions.DEFAULT.withWaitListener(actor), t -> {
                            set(t, 1, 5);
                            return null;
                        }));
                String what = actor.awaitWaiting();
                assertTrue(what.startsWith("ShareLock on transaction " + (tx.xidIfAssigned() + 1) + " "), what);
                if (byError) {
                    Expect.error(
                            "22012",
                            () -> accounts.update(tx, 2L, c -> {
                                throw new dev.palimpsest.api.UsageException(
                                        dev.palimpsest.api.SqlState.DIVISION_BY_ZERO, "division by zero");
                            }));
                } else {
                    tx.rollbackTo("a");
                }
                Actor.get(other);
                assertEquals(List.of("1=5", "2=2000"), committed());
                tx.rollbackTo("a");
                assertEquals(List.of("1=5", "2=22"), rows(tx, accounts));
                tx.rollback();
            }
        }
    }

    /** A subtransaction that was released lives as long as what it was released into. */
    @Test
    void shouldWaitForWhatAReleasedSubtransactionBelongsTo() throws Exception {
        try (Transaction tx = db.begin()) {
            tx.savepoint("a");
            tx.savepoint("b");
            set(tx, 1, 11);
            Future<Object> other =
                    actor.start(() -> db.transact(TransactionOptions.DEFAULT.withWaitListener(actor), t -> {
                        accounts.update(t, 1L, c -> c.setLong(1, c.row().longValue(1) + 1));
                        return null;
                    }));
            actor.awaitWaiting();
            tx.release("b");
            tx.savepoint("c");
            tx.rollbackTo("c");
            assertFalse(other.isDone());
            tx.commit();
            Actor.get(other);
        }
        assertEquals(List.of("1=12", "2=2000"), committed());
    }

    @Test
    void shouldCloseStreamsOpenedSince() {
        db.transact(tx -> {
            try (RowStream before = accounts.scan(tx, Scan.all())) {
                assertTrue(before.hasNext());
                tx.savepoint("a");
                accounts.delete(tx, 2L);
                RowStream since = accounts.scan(tx, Scan.all());
                assertTrue(since.hasNext());
                tx.savepoint("b");
                tx.rollbackTo("b");
                since.next();
                tx.release("b");
                tx.rollbackTo("a");
                Expect.error("24000", since::hasNext);
                since.close();
                assertEquals(1L, before.next().longValue(0));
                assertEquals(2L, before.next().longValue(0));
                assertFalse(before.hasNext());
            }
            return null;
        });
    }

    @Test
    void shouldUndoDefinitions() {
        Table extra = db.table("extra");
        db.transact(tx -> {
            tx.savepoint("a");
            tx.createTable(schema("extra"));
            extra.insert(tx, 1L, 1L);
            tx.dropIndex("by_balance");
            set(tx, 1, 1); // without the index
            tx.savepoint("b");
            tx.dropTable("accounts");
            assertEquals(List.of("extra"), tx.tableNames());
            tx.rollbackTo("b");
            assertEquals(List.of("accounts", "extra"), tx.tableNames());
            assertEquals(List.of("1=1", "2=2000"), rows(tx, accounts));
            tx.rollbackTo("a");
            assertEquals(List.of("accounts"), tx.tableNames());
            assertNull(tx.tableSchema("extra"));
            assertEquals(2, accounts.indexes(tx).size());
            set(tx, 2, 3);
            return null;
        });
        assertEquals(List.of("1=1000", "2=3"), committed());
        assertEquals(1, count(Scan.index("by_balance").from(3L).to(3L)));
        db.transact(
                tx -> { // the names are free
                    tx.createTable(schema("extra"));
                    extra.insert(tx, 1L, 9L);
                    tx.savepoint("a");
                    tx.createIndex(IndexSchema.on("extra", "balance").named("extra_balance"));
                    tx.rollbackTo("a");
                    tx.createIndex(IndexSchema.on("extra", "balance").named("extra_balance"));
                    tx.savepoint("a");
                    tx.dropTable("accounts");
                    tx.rollbackTo("a");
                    return null;
                });
        assertEquals(List.of("1=1000", "2=3"), committed());
        assertEquals(List.of("1=9"), db.read(tx -> rows(tx, extra)));
    }

    private int count(Scan scan) {
        return db.read(tx -> {
            int n = 0;
            try (RowStream stream = accounts.scan(tx, scan)) {
                for (; stream.hasNext(); n++) {
                    stream.next();
                }
            }
            return n;
        });
    }

    /** The catalog lock of a definition that was rolled back is free, and so is its table. */
    @Test
    void shouldReleaseLocksTakenSince() throws Exception {
        try (Transaction tx = db.begin()) {
            accounts.get(tx, 1L);
            tx.savepoint("a");
            set(tx, 1, 2);
            tx.createIndex(IndexSchema.on("accounts", "balance").named("second"));
            Future<Object> other =
                    actor.start(() -> db.transact(TransactionOptions.DEFAULT.withWaitListener(actor), t -> {
                        t.createIndex(IndexSchema.on("accounts", "balance").named("third"));
                        return null;
                    }));
            actor.awaitWaiting();
            tx.rollbackTo("a");
            Actor.get(other);
            assertEquals(3, accounts.indexes(tx).size());
            set(tx, 1, 3);
            tx.createIndex(IndexSchema.on("accounts", "balance").named("fourth"));
            tx.commit();
        }
        assertEquals(4, (int) db.read(tx -> accounts.indexes(tx).size()));
        assertEquals(1, count(Scan.index("third").from(3L).to(3L)));
        assertNotNull(db.read(tx -> accounts.get(tx, 1L)));
    }
}
