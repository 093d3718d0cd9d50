package dev.palimpsest.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.CheckViolationException;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DeadlockException;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.ErrorSubject;
import dev.palimpsest.api.FailedTransactionException;
import dev.palimpsest.api.ForeignKeyViolationException;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.LockNotAvailableException;
import dev.palimpsest.api.OnConflict;
import dev.palimpsest.api.QueryCanceledException;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.SerializationException;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableLockMode;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Timeouts;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.UniqueViolationException;
import dev.palimpsest.api.WaitListener;
import dev.palimpsest.api.WaitPolicy;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The errors of concurrency and constraints: each has a type, PostgreSQL's SQLSTATE and primary message, and names what it is about. */
class ErrorTypesTest {
    private static final long MILLIS = 1_000_000;

    private final Semaphore waits = new Semaphore(0);
    private final ExecutorService other = Executors.newSingleThreadExecutor();
    private Database db;
    private Table accounts;
    private Table entries;
    private TransactionOptions readCommitted;
    private TransactionOptions repeatableRead;

    @BeforeEach
    void open() {
        db = Database.openInMemory();
        accounts = db.table("accounts");
        entries = db.table("entries");
        readCommitted = TransactionOptions.DEFAULT.withWaitListener(new WaitListener() {
            @Override
            public void waiting(String what) {
                waits.release();
            }

            @Override
            public void waitOver() {}
        });
        repeatableRead = readCommitted.withIsolation(IsolationLevel.REPEATABLE_READ);
        db.transact(tx -> {
            tx.createTable(TableSchema.named("accounts")
                    .column("id", ColumnType.BIGINT)
                    .column("balance", ColumnType.BIGINT)
                    .primaryKey("id")
                    .check("balance >= 0")
                    .build());
            tx.createTable(TableSchema.named("entries")
                    .column("id", ColumnType.BIGINT)
                    .column("account", ColumnType.BIGINT)
                    .primaryKey("id")
                    .references("accounts", "account")
                    .build());
            accounts.insert(tx, 1L, 100L);
            accounts.insert(tx, 2L, 200L);
            entries.insert(tx, 10L, 2L);
            return null;
        });
    }

    @AfterEach
    void close() {
        other.shutdownNow();
        db.close();
    }

    private static <E extends EngineException> E thrown(
            Class<E> type, String sqlState, String message, Executable call) {
        E e = assertThrows(type, call);
        assertEquals(type, e.getClass());
        assertEquals(sqlState, e.sqlState().code());
        assertEquals(message, e.getMessage());
        return e;
    }

    private static void assertSubject(EngineException e, String table, String constraint, String key, long xid) {
        assertEquals(new ErrorSubject(table, constraint, key, xid), e.subject(), e::toString);
    }

    private <T> Future<T> elsewhere(Callable<T> work) throws InterruptedException {
        Future<T> started = other.submit(work);
        assertTrue(waits.tryAcquire(60, TimeUnit.SECONDS), "doesn't wait");
        return started;
    }

    private static <T> T get(Future<T> future) throws Throwable {
        try {
            return future.get(60, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException e) {
            throw e.getCause();
        }
    }

    private void add(Transaction tx, long id, long amount) {
        accounts.update(tx, id, c -> c.setLong("balance", c.row().longValue("balance") + amount));
    }

    @Test
    void shouldThrow40001ForAConcurrentUpdate() {
        try (Transaction reader = db.begin(repeatableRead);
                Transaction writer = db.begin()) {
            accounts.get(reader, 1L); // its snapshot
            String row = "(id)=(1)";
            add(writer, 1, 1);
            long xid = writer.xidIfAssigned();
            writer.commit();
            SerializationException e = thrown(
                    SerializationException.class,
                    "40001",
                    "could not serialize access due to concurrent update",
                    () -> add(reader, 1, 1));
            assertSubject(e, "accounts", null, row, xid);
        }
    }

    @Test
    void shouldThrow40001ForAConcurrentDelete() {
        try (Transaction reader = db.begin(repeatableRead);
                Transaction writer = db.begin()) {
            accounts.get(reader, 1L); // its snapshot
            String row = "(id)=(1)";
            accounts.delete(writer, 1L);
            long xid = writer.xidIfAssigned();
            writer.commit();
            SerializationException e = thrown(
                    SerializationException.class,
                    "40001",
                    "could not serialize access due to concurrent delete",
                    () -> add(reader, 1, 1));
            assertSubject(e, "accounts", null, row, xid);
        }
    }

    @Test
    void shouldThrow40001ForAnUpsertOfARowUnseen() {
        try (Transaction reader = db.begin(repeatableRead);
                Transaction writer = db.begin()) {
            accounts.get(reader, 1L);
            accounts.insert(writer, 5L, 1L);
            String row = "(id)=(5)";
            long xid = writer.xidIfAssigned();
            writer.commit();
            SerializationException e = thrown(
                    SerializationException.class,
                    "40001",
                    "could not serialize access due to concurrent update",
                    () -> accounts.insert(reader, OnConflict.doNothing(), new Object[] {5L, 1L}));
            assertSubject(e, "accounts", null, row, xid);
        }
    }

    @Test
    void shouldThrow40P01ForADeadlock() throws Throwable {
        try (Transaction first = db.begin(readCommitted);
                Transaction second = db.begin(readCommitted)) {
            add(first, 1, 1);
            String row = "(id)=(1)";
            add(second, 2, 1);
            long firstXid = first.xidIfAssigned();
            Future<Object> waiting = elsewhere(() -> {
                add(first, 2, 1);
                return null;
            });
            DeadlockException e =
                    thrown(DeadlockException.class, "40P01", "deadlock detected", () -> add(second, 1, 1));
            assertSubject(e, "accounts", null, row, firstXid);
            assertTrue(e.detail().startsWith("Process " + second.sessionId() + " waits for "), e.detail());
            get(waiting);
        }
    }

    @Test
    void shouldThrow55P03ForARowLockedWithNowait() {
        try (Transaction holder = db.begin();
                Transaction tx = db.begin()) {
            add(holder, 1, 1);
            LockNotAvailableException e = thrown(
                    LockNotAvailableException.class,
                    "55P03",
                    "could not obtain lock on row in relation \"accounts\"",
                    () -> accounts.lock(tx, RowLockMode.UPDATE, WaitPolicy.NOWAIT, 1L));
            assertSubject(e, "accounts", null, "(id)=(1)", holder.xidIfAssigned());
        }
    }

    @Test
    void shouldThrow55P03ForATableLockedWithNowait() {
        try (Transaction holder = db.begin();
                Transaction tx = db.begin()) {
            add(holder, 1, 1);
            LockNotAvailableException e = thrown(
                    LockNotAvailableException.class,
                    "55P03",
                    "could not obtain lock on relation \"accounts\"",
                    () -> tx.lockTable("accounts", TableLockMode.SHARE, WaitPolicy.NOWAIT));
            assertSubject(e, "accounts", null, null, holder.xidIfAssigned());
        }
    }

    @Test
    void shouldThrow55P03AfterTheLockTimeout() {
        try (Transaction holder = db.begin();
                Transaction tx = db.begin(readCommitted.withLockTimeoutNanos(MILLIS))) {
            add(holder, 1, 1);
            LockNotAvailableException e = thrown(
                    LockNotAvailableException.class,
                    "55P03",
                    "canceling statement due to lock timeout",
                    () -> add(tx, 1, 1));
            assertSubject(e, "accounts", null, "(id)=(1)", holder.xidIfAssigned());
        }
    }

    @Test
    void shouldThrow57014AfterTheStatementTimeout() {
        try (Transaction holder = db.begin();
                Transaction tx = db.begin(readCommitted.withTimeouts(new Timeouts(0, MILLIS, 0)))) {
            add(holder, 1, 1);
            QueryCanceledException e = thrown(
                    QueryCanceledException.class,
                    "57014",
                    "canceling statement due to statement timeout",
                    () -> add(tx, 1, 1));
            assertTrue(e.subject().table() == null || e.subject().table().equals("accounts"));
        }
    }

    @Test
    void shouldThrow57014ForACancel() throws Throwable {
        try (Transaction holder = db.begin();
                Transaction tx = db.begin(readCommitted)) {
            add(holder, 1, 1);
            Future<Object> waiting = elsewhere(() -> {
                add(tx, 1, 1);
                return null;
            });
            tx.cancel();
            QueryCanceledException e = thrown(
                    QueryCanceledException.class,
                    "57014",
                    "canceling statement due to user request",
                    () -> get(waiting));
            assertSubject(e, "accounts", null, "(id)=(1)", holder.xidIfAssigned());
        }
    }

    @Test
    void shouldThrow23505ForAKeyThatIsThere() {
        long xid = db.read(tx -> accounts.get(tx, 1L).xmin());
        String message = "duplicate key value violates unique constraint \"accounts_pkey\"";
        try (Transaction tx = db.begin()) {
            UniqueViolationException e =
                    thrown(UniqueViolationException.class, "23505", message, () -> accounts.insert(tx, 1L, 5L));
            assertEquals("Key (id)=(1) already exists.", e.detail());
            assertSubject(e, "accounts", "accounts_pkey", "(id)=(1)", xid);
        }
        try (Transaction tx = db.begin()) {
            UniqueViolationException e = thrown(
                    UniqueViolationException.class,
                    "23505",
                    message,
                    () -> accounts.update(tx, 1L, c -> c.setLong("id", 2)));
            assertSubject(e, "accounts", "accounts_pkey", "(id)=(2)", xid);
        }
    }

    @Test
    void shouldThrow23503ForAMissingRowAndForOneInUse() {
        try (Transaction tx = db.begin()) {
            ForeignKeyViolationException e = thrown(
                    ForeignKeyViolationException.class,
                    "23503",
                    "insert or update on table \"entries\" violates foreign key constraint \"entries_account_fkey\"",
                    () -> entries.insert(tx, 11L, 9L));
            assertEquals("Key (account)=(9) is not present in table \"accounts\".", e.detail());
            assertSubject(e, "entries", "entries_account_fkey", "(account)=(9)", 0);
        }
        try (Transaction tx = db.begin()) {
            ForeignKeyViolationException e = thrown(
                    ForeignKeyViolationException.class,
                    "23503",
                    "update or delete on table \"accounts\" violates foreign key constraint \"entries_account_fkey\""
                            + " on table \"entries\"",
                    () -> accounts.delete(tx, 2L));
            assertEquals("Key (id)=(2) is still referenced from table \"entries\".", e.detail());
            assertSubject(e, "entries", "entries_account_fkey", "(id)=(2)", 0);
        }
    }

    @Test
    void shouldThrow23514ForARowThatACheckRefuses() {
        String message = "new row for relation \"accounts\" violates check constraint \"accounts_balance_check\"";
        OnConflict take = OnConflict.doUpdate(
                java.util.List.of("id"),
                (change, excluded) -> change.setLong("balance", -excluded.longValue("balance")));
        for (Work work : java.util.List.<Work>of(
                tx -> accounts.insert(tx, 3L, -1L),
                tx -> add(tx, 1, -101),
                tx -> accounts.insert(tx, take, new Object[] {3L, -1L}),
                tx -> accounts.insert(tx, take, new Object[] {1L, 1L}))) {
            try (Transaction tx = db.begin()) {
                CheckViolationException e = thrown(CheckViolationException.class, "23514", message, () -> work.run(tx));
                assertSubject(e, "accounts", "accounts_balance_check", null, 0);
            }
        }
    }

    private interface Work {
        void run(Transaction tx);
    }

    @Test
    void shouldThrow25P02InAFailedTransaction() {
        try (Transaction tx = db.begin()) {
            UniqueViolationException why =
                    assertThrows(UniqueViolationException.class, () -> accounts.insert(tx, 1L, 5L));
            FailedTransactionException e = thrown(
                    FailedTransactionException.class,
                    "25P02",
                    "current transaction is aborted, commands ignored until end of transaction block",
                    () -> accounts.get(tx, 1L));
            assertEquals(why, e.getCause());
            assertThrows(FailedTransactionException.class, tx::commit);
        }
    }

    @Test
    void shouldCheckForeignKeysOfUpserts() {
        OnConflict move = OnConflict.doUpdate(
                java.util.List.of("id"),
                (change, excluded) -> change.setLong("account", excluded.longValue("account")));
        db.transact(tx -> entries.insert(tx, move, new Object[] {10L, 1L}));
        for (long id : new long[] {10, 12}) {
            try (Transaction tx = db.begin()) {
                thrown(
                        ForeignKeyViolationException.class,
                        "23503",
                        "insert or update on table \"entries\" violates foreign key constraint"
                                + " \"entries_account_fkey\"",
                        () -> entries.insert(tx, move, new Object[] {id, 9L}));
            }
        }
    }
}
