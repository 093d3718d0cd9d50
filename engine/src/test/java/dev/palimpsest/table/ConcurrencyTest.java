package dev.palimpsest.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
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

/** Two users in a fixed order: who waits for whom, and what each then sees. */
class ConcurrencyTest {
    private Database db;
    private Table accounts;
    private Actor actor;
    private TransactionOptions readCommitted;
    private TransactionOptions repeatableRead;

    @BeforeEach
    void open() {
        db = Database.openInMemory();
        accounts = db.table("accounts");
        actor = new Actor();
        readCommitted = TransactionOptions.DEFAULT.withWaitListener(actor);
        repeatableRead = readCommitted.withIsolation(IsolationLevel.REPEATABLE_READ);
        db.transact(tx -> {
            tx.createTable(TableSchema.named("accounts")
                    .column("id", ColumnType.BIGINT)
                    .column("balance", ColumnType.BIGINT)
                    .notNull()
                    .primaryKey("id")
                    .build());
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

    private long balance(long id) {
        return db.read(tx -> accounts.get(tx, id).longValue(1));
    }

    private static void add(Table table, Transaction tx, long id, long amount) {
        table.update(tx, id, c -> c.setLong(1, c.row().longValue(1) + amount));
    }

    @Test
    void shouldUpdateTheNewestVersionAtReadCommitted() throws Exception {
        Future<Object> second;
        try (Transaction first = db.begin()) {
            add(accounts, first, 1, -700);
            second = actor.start(() -> db.transact(readCommitted, tx -> {
                add(accounts, tx, 1, 50);
                assertEquals(1, tx.waitCount());
                return null;
            }));
            assertTrue(actor.awaitWaiting().contains("transaction"), "waits for the first one's end");
            first.commit();
        }
        Actor.get(second);
        assertEquals(350, balance(1));
    }

    @Test
    void shouldUpdateTheOldVersionWhenTheOtherRollsBack() throws Exception {
        for (TransactionOptions options : List.of(readCommitted, repeatableRead)) {
            long before = balance(1);
            Future<Object> second;
            try (Transaction first = db.begin()) {
                add(accounts, first, 1, -700);
                second = actor.start(() -> db.transact(options, tx -> {
                    add(accounts, tx, 1, 50);
                    return null;
                }));
                actor.awaitWaiting();
            }
            Actor.get(second);
            assertEquals(before + 50, balance(1));
        }
    }

    @Test
    void shouldSkipARowThatWasDeletedAtReadCommitted() throws Exception {
        Future<Boolean> second;
        try (Transaction first = db.begin()) {
            accounts.delete(first, 1);
            second = actor.start(() -> db.transact(readCommitted, tx -> accounts.update(tx, 1, c -> c.setLong(1, 5))));
            actor.awaitWaiting();
            first.commit();
        }
        assertFalse(Actor.get(second));
        assertNull(db.<Row>read(tx -> accounts.get(tx, 1)));
    }

    @Test
    void shouldAskTheWholeQualificationAgain() throws Exception {
        Future<Long> second;
        try (Transaction first = db.begin()) {
            add(accounts, first, 1, 5000); // out of the other's range
            second = actor.start(() -> db.transact(
                    readCommitted,
                    tx -> accounts.deleteAll(
                            tx, Scan.index("by_balance").from(500).to(3000))));
            actor.awaitWaiting();
            first.commit();
        }
        assertEquals(1, Actor.get(second));
        assertEquals(6000, balance(1));
        try (Transaction first = db.begin()) {
            add(accounts, first, 1, -1);
            second = actor.start(() -> db.transact(
                    readCommitted, tx -> accounts.deleteAll(tx, Scan.all().where(row -> row.longValue(1) == 6000))));
            actor.awaitWaiting();
            first.commit();
        }
        assertEquals(0, Actor.get(second));
    }

    @Test
    void shouldFollowAKeyThatChanged() throws Exception {
        Future<Boolean> second;
        try (Transaction first = db.begin()) {
            accounts.update(first, 1, c -> c.setLong(0, 10)); // the row has another key now
            second = actor.start(() -> db.transact(readCommitted, tx -> accounts.delete(tx, 1)));
            actor.awaitWaiting();
            first.commit();
        }
        assertFalse(Actor.get(second));
        assertEquals(1000, balance(10));
    }

    @Test
    void shouldFollowAChainOfSeveralTransactions() throws Exception {
        Future<Object> second;
        try (Transaction first = db.begin()) {
            add(accounts, first, 1, 1);
            second = actor.start(() -> db.transact(readCommitted, tx -> {
                // two rows: while it waits for row 1, row 2 changes three times
                accounts.updateAll(
                        tx,
                        Scan.index("accounts_pkey"),
                        c -> c.setLong(1, c.row().longValue(1) + 100));
                return null;
            }));
            actor.awaitWaiting();
            for (int i = 0; i < 3; i++) {
                db.transact(tx -> {
                    add(accounts, tx, 2, 1);
                    return null;
                });
            }
            first.commit();
        }
        Actor.get(second);
        assertEquals(1101, balance(1));
        assertEquals(2103, balance(2));
    }

    @Test
    void shouldLetTheFirstUpdaterWinAtRepeatableRead() throws Exception {
        try (Transaction late = db.begin(repeatableRead)) {
            assertEquals(1000, accounts.get(late, 1).longValue(1));
            db.transact(tx -> {
                add(accounts, tx, 1, 1);
                accounts.delete(tx, 2);
                return null;
            });
            assertEquals(1000, accounts.get(late, 1).longValue(1));
            assertEquals(2000, accounts.get(late, 2).longValue(1));
            EngineException e = Expect.error(
                    "40001", "could not serialize access due to concurrent update", () -> add(accounts, late, 1, 1));
            assertTrue(e.detail().matches("table=accounts row=\\(0,1\\) transaction=\\d+"), e.detail());
        }
        try (Transaction late = db.begin(repeatableRead)) {
            accounts.get(late, 1);
            db.transact(tx -> accounts.delete(tx, 1));
            Expect.error(
                    "40001", "could not serialize access due to concurrent delete", () -> accounts.delete(late, 1));
        }
    }

    @Test
    void shouldFailAfterTheWaitAtRepeatableRead() throws Exception {
        Future<Object> second;
        try (Transaction first = db.begin()) {
            add(accounts, first, 1, 1);
            second = actor.start(() -> db.transact(repeatableRead.withMaxAttempts(1), tx -> {
                add(accounts, tx, 1, 1);
                return null;
            }));
            actor.awaitWaiting();
            first.commit();
        }
        Expect.error("40001", () -> Actor.get(second));
        assertEquals(0, db.statistics().retries());
    }

    @Test
    void shouldRetryInTransact() throws Exception {
        Future<Object> second;
        try (Transaction first = db.begin()) {
            add(accounts, first, 1, 1);
            second = actor.start(() -> db.transact(repeatableRead, tx -> {
                add(accounts, tx, 1, 1);
                return null;
            }));
            actor.awaitWaiting();
            first.commit();
        }
        Actor.get(second);
        assertEquals(1002, balance(1));
        assertEquals(1, db.statistics().retries());
    }

    @Test
    void shouldWaitForTheInserterOfAKey() throws Exception {
        Future<Object> second;
        try (Transaction first = db.begin()) {
            accounts.insert(first, 3L, 1L);
            second = actor.start(() -> db.transact(readCommitted, tx -> {
                accounts.insert(tx, 3L, 2L);
                return null;
            }));
            actor.awaitWaiting();
            first.commit();
        }
        Expect.error("23505", () -> Actor.get(second));
        Future<Object> third;
        try (Transaction first = db.begin()) {
            accounts.insert(first, 4L, 1L);
            third = actor.start(() -> db.transact(readCommitted, tx -> {
                accounts.insertAll(
                        tx,
                        List.of(new Object[] {3L + 2, 1L}, new Object[] {4L, 2L})
                                .iterator());
                return null;
            }));
            actor.awaitWaiting();
        }
        Actor.get(third);
        assertEquals(2, balance(4));
    }

    @Test
    void shouldWaitForTheDeleterOfAKey() throws Exception {
        Future<Object> second;
        try (Transaction first = db.begin()) {
            accounts.delete(first, 1);
            second = actor.start(() -> db.transact(readCommitted, tx -> {
                accounts.insert(tx, 1L, 2L);
                return null;
            }));
            actor.awaitWaiting();
            first.commit();
        }
        Actor.get(second);
        assertEquals(2, balance(1));
    }

    @Test
    void shouldBreakADeadlockAndLetTheOtherGoOn() throws Exception {
        Future<Object> second;
        try (Transaction first = db.begin()) {
            add(accounts, first, 1, 1);
            second = actor.start(() -> db.transact(readCommitted, tx -> {
                add(accounts, tx, 2, 10);
                add(accounts, tx, 1, 10);
                return null;
            }));
            actor.awaitWaiting();
            EngineException e = Expect.error("40P01", "deadlock detected", () -> add(accounts, first, 2, 1));
            assertTrue(e.detail().contains("accounts"), e.detail());
            Actor.get(second); // although the victim hasn't rolled back yet
        }
        assertEquals(1010, balance(1));
        assertEquals(2010, balance(2));
        assertEquals(1, db.statistics().deadlocks());
    }

    @Test
    void shouldGiveUpAWait() throws Exception {
        try (Transaction first = db.begin()) {
            add(accounts, first, 1, 1);
            TransactionOptions impatient = TransactionOptions.DEFAULT.withLockTimeoutNanos(1_000_000);
            Expect.error("55P03", () -> db.transact(impatient, tx -> accounts.delete(tx, 1)));

            Transaction[] waiting = new Transaction[1];
            Future<Object> canceled = actor.start(() -> db.transact(readCommitted, tx -> {
                waiting[0] = tx;
                add(accounts, tx, 1, 1);
                return null;
            }));
            actor.awaitWaiting();
            waiting[0].cancel();
            Expect.error("57014", () -> Actor.get(canceled));

            Future<Boolean> interrupted = actor.start(() -> {
                try {
                    Expect.error("57014", () -> db.transact(readCommitted, tx -> accounts.delete(tx, 1)));
                    return Thread.interrupted();
                } finally {
                    // the statement's own error, and the interrupt is still his to see
                }
            });
            actor.awaitWaiting();
            actor.thread().interrupt();
            assertTrue(Actor.get(interrupted));
            first.commit(); // nobody else noticed
        }
        assertEquals(1001, balance(1));
    }

    @Test
    void shouldCommitAndReadWithAnInterruptPending() {
        Thread.currentThread().interrupt();
        try {
            db.transact(tx -> {
                add(accounts, tx, 1, 1);
                return null;
            });
            assertTrue(Thread.currentThread().isInterrupted());
        } finally {
            Thread.interrupted();
        }
        assertEquals(1001, balance(1));
    }

    @Test
    void shouldNeverMakeReadersWait() {
        try (Transaction writer = db.begin();
                Transaction reader = db.begin(repeatableRead)) {
            accounts.updateAll(writer, Scan.all(), c -> c.setLong(1, 0));
            assertEquals(1000, accounts.get(reader, 1).longValue(1));
            assertEquals(List.of(1000L, 2000L), balances(reader, Scan.index("by_balance")));
            writer.commit();
            assertEquals(1000, accounts.get(reader, 1).longValue(1));
            assertEquals(List.of(1000L, 2000L), balances(reader, Scan.index("by_balance")));
            assertEquals(0, reader.waitCount());
        }
        assertEquals(0, db.statistics().transactionWaits());
    }

    private List<Long> balances(Transaction tx, Scan scan) {
        List<Long> found = new ArrayList<>();
        try (RowStream rows = accounts.scan(tx, scan)) {
            rows.forEachRemaining(row -> found.add(row.longValue(1)));
        }
        return found;
    }

    @Test
    void shouldMakeIndexBuildersWaitForWritersAndWritersForBuilders() throws Exception {
        Future<String> builder;
        try (Transaction writer = db.begin()) {
            accounts.insert(writer, 3L, 3000L);
            builder = actor.start(() -> db.transact(
                    readCommitted,
                    tx -> tx.createIndex(
                            IndexSchema.on("accounts", "id", "balance").named("both"))));
            actor.awaitWaiting();
            assertEquals(1000, db.<Long>read(tx -> accounts.get(tx, 1).longValue(1))); // readers don't
            accounts.insert(writer, 4L, 4000L);
            writer.commit();
        }
        assertEquals("both", Actor.get(builder));
        assertEquals(List.of(1000L, 2000L, 3000L, 4000L), db.<List<Long>>read(tx -> balances(tx, Scan.index("both"))));

        Future<Object> insert;
        try (Transaction definer = db.begin()) {
            definer.createIndex(IndexSchema.on("accounts", "balance", "id").named("reversed"));
            insert = actor.start(() -> db.transact(readCommitted, tx -> {
                accounts.insert(tx, 5L, 5000L);
                return null;
            }));
            actor.awaitWaiting();
            definer.commit();
        }
        Actor.get(insert); // and it has its entry in the new index
        assertEquals(
                List.of(5000L),
                db.<List<Long>>read(tx -> balances(tx, Scan.index("reversed").equalTo(5000))));
    }

    @Test
    void shouldNotReadThroughAnIndexYoungerThanTheSnapshot() {
        db.transact(tx -> {
            tx.dropIndex("by_balance");
            return null;
        });
        try (Transaction old = db.begin(repeatableRead)) {
            assertEquals(1000, accounts.get(old, 1).longValue(1));
            db.transact(tx ->
                    accounts.update(tx, 1, c -> c.setLong(1, 7))); // HOT: the chain has two keys for the index to come
            db.transact(
                    tx -> tx.createIndex(IndexSchema.on("accounts", "balance").named("by_balance")));
            Scan range = Scan.index("by_balance").from(5).to(1500);
            assertEquals(List.of(1000L), balances(old, range));
            assertEquals(
                    List.of(2000L, 1000L),
                    balances(old, Scan.index("by_balance").reversed()));
            assertEquals(List.of(7L), db.<List<Long>>read(tx -> balances(tx, range)));
        }
    }

    @Test
    void shouldMakeDroppersWaitAndUsersLookAgain() throws Exception {
        Future<Object> dropper;
        try (Transaction reader = db.begin()) {
            accounts.get(reader, 1);
            dropper = actor.start(() -> db.transact(readCommitted, tx -> {
                tx.dropTable("accounts");
                return null;
            }));
            actor.awaitWaiting();
            assertEquals(2000, accounts.get(reader, 2).longValue(1)); // it holds its lock already
        }
        Actor.get(dropper);
        Expect.error("42P01", () -> balance(1));
        Future<Long> late;
        try (Transaction definer = db.begin()) {
            definer.createTable(
                    TableSchema.named("accounts").column("a", ColumnType.BIGINT).build());
            definer.commit();
        }
        try (Transaction definer = db.begin()) {
            definer.dropTable("accounts");
            definer.createTable(TableSchema.named("accounts")
                    .column("id", ColumnType.BIGINT)
                    .column("balance", ColumnType.BIGINT)
                    .primaryKey("id")
                    .build());
            late = actor.start(() -> db.transact(readCommitted, tx -> {
                accounts.insert(tx, 1L, 11L);
                return accounts.get(tx, 1).longValue(1);
            }));
            actor.awaitWaiting(); // for the old table, and finds the new one
            definer.commit();
        }
        assertEquals(11, Actor.get(late));
    }

    @Test
    void shouldLoseNoUpdateUnderLoad() throws Exception {
        int perThread = 100;
        List<Actor> actors = List.of(new Actor(), new Actor(), new Actor());
        List<Future<Object>> work = new ArrayList<>();
        for (int i = 0; i < actors.size(); i++) {
            TransactionOptions options = TransactionOptions.DEFAULT
                    .withSynchronousCommit(false)
                    .withMaxAttempts(10_000)
                    .withIsolation(i == 0 ? IsolationLevel.REPEATABLE_READ : IsolationLevel.READ_COMMITTED);
            work.add(actors.get(i).start(() -> {
                for (int n = 0; n < perThread; n++) {
                    long from = 1 + n % 2;
                    db.transact(options, tx -> {
                        add(accounts, tx, from, -1);
                        add(accounts, tx, 3 - from, 2);
                        return null;
                    });
                }
                return null;
            }));
        }
        for (Future<Object> future : work) {
            Actor.get(future);
        }
        actors.forEach(Actor::close);
        assertEquals(3000 + actors.size() * perThread, balance(1) + balance(2));
    }
}
