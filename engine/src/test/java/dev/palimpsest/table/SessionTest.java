package dev.palimpsest.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.AdvisoryKey;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DeadlockException;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.LockInfo;
import dev.palimpsest.api.LockNotAvailableException;
import dev.palimpsest.api.OnConflict;
import dev.palimpsest.api.QueryCanceledException;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Session;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableLockMode;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Timeouts;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.WaitPolicy;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SessionTest {
    private static final AdvisoryKey KEY = AdvisoryKey.of(42);
    private static final long MILLI = 1_000_000;

    private Database db;
    private Table accounts;
    private Session a;
    private Session b;
    private Actor actor;
    private TransactionOptions watched;

    @BeforeEach
    void open() {
        db = Database.openInMemory();
        accounts = db.table("accounts");
        actor = new Actor();
        watched = TransactionOptions.DEFAULT.withWaitListener(actor);
        db.transact(tx -> {
            tx.createTable(TableSchema.named("accounts")
                    .column("id", ColumnType.BIGINT)
                    .column("balance", ColumnType.BIGINT)
                    .primaryKey("id")
                    .build());
            accounts.insert(tx, 1L, 1000L);
            accounts.insert(tx, 2L, 2000L);
            return null;
        });
        a = db.openSession();
        b = db.openSession();
    }

    @AfterEach
    void close() {
        actor.close();
        a.close();
        b.close();
        assertEquals(List.of(), advisory());
        db.close();
    }

    private List<String> advisory() {
        return db.locks().stream()
                .filter(lock -> lock.type().equals("advisory"))
                .map(lock ->
                        lock.sessionId() + " " + lock.mode() + " " + lock.key().value() + " " + lock.granted())
                .toList();
    }

    private boolean tryLock(Session session, boolean shared) {
        return session.advisoryLock(KEY, shared, WaitPolicy.SKIP_LOCKED);
    }

    private void set(Transaction tx, long id, long balance) {
        assertTrue(accounts.update(tx, id, c -> c.setLong(1, balance)));
    }

    @Test
    void shouldCountSessionLocks() {
        assertTrue(tryLock(a, false));
        assertTrue(tryLock(a, false));
        assertTrue(tryLock(a, true));
        assertFalse(tryLock(b, false));
        assertTrue(a.advisoryUnlock(KEY, false));
        assertFalse(tryLock(b, true));
        assertTrue(a.advisoryUnlock(KEY, false));
        assertFalse(a.advisoryUnlock(KEY, false));
        assertTrue(tryLock(b, true));
        assertFalse(tryLock(b, false));
        a.advisoryUnlockAll();
        assertFalse(a.advisoryUnlock(KEY, true));
        assertTrue(tryLock(b, false));
        assertTrue(tryLock(a, false) == false && !b.advisoryUnlock(AdvisoryKey.of(0, 42), false));
        assertTrue(a.advisoryLock(AdvisoryKey.of(0, 42), false, WaitPolicy.NOWAIT), "another space");
    }

    @Test
    void shouldKeepSessionLocksOverTransactionsAndNeverWaitForItself() {
        try (Transaction tx = a.begin(TransactionOptions.DEFAULT)) {
            assertEquals(a.id(), tx.sessionId());
            Expect.error("25001", "there is already a transaction in progress", () -> a.begin(watched));
            assertTrue(tx.advisoryLock(KEY, false, WaitPolicy.NOWAIT));
            assertTrue(a.advisoryLock(KEY, false, WaitPolicy.NOWAIT));
            tx.rollback();
        }
        assertFalse(tryLock(b, true));
        assertTrue(a.advisoryUnlock(KEY, false));
        assertTrue(tryLock(b, true));
        b.advisoryUnlockAll();
        assertTrue(a.advisoryLock(KEY, true, WaitPolicy.NOWAIT));
        try (Transaction tx = a.begin(TransactionOptions.DEFAULT)) {
            assertTrue(tx.advisoryLock(KEY, false, WaitPolicy.NOWAIT), "stronger than what the session has");
            tx.savepoint("s");
            assertTrue(a.advisoryLock(AdvisoryKey.of(7), false, WaitPolicy.NOWAIT));
            assertTrue(tx.advisoryLock(AdvisoryKey.of(8), false, WaitPolicy.NOWAIT));
            tx.rollbackTo("s");
            assertEquals(
                    Set.of(
                            a.id() + " ShareLock 42 true",
                            a.id() + " ExclusiveLock 42 true",
                            a.id() + " ExclusiveLock 7 true"),
                    Set.copyOf(advisory()));
            tx.commit();
        }
        assertFalse(tryLock(b, false));
        assertTrue(tryLock(b, true));
    }

    @Test
    void shouldFindDeadlockBetweenAdvisoryLockAndRow() throws Exception {
        a.advisoryLock(KEY, false, WaitPolicy.BLOCK);
        Transaction second = b.begin(watched);
        set(second, 1, 5);
        Future<Boolean> waiting = actor.start(() -> b.advisoryLock(KEY, true, WaitPolicy.BLOCK));
        assertTrue(actor.awaitWaiting().startsWith("ShareLock on advisory lock [0,0,42,1]"));
        assertEquals(List.of(a.id()), b.blockers());
        assertEquals(List.of(), a.blockers());
        Transaction first = a.begin(TransactionOptions.DEFAULT);
        DeadlockException e = assertInstanceOf(DeadlockException.class, Expect.error("40P01", () -> set(first, 1, 6)));
        assertTrue(
                e.detail()
                        .startsWith("Process " + a.id() + " waits for ShareLock on transaction "
                                + second.xidIfAssigned() + "; blocked by process " + b.id() + ".\nProcess " + b.id()
                                + " waits for ShareLock on advisory lock [0,0,42,1]; blocked by process " + a.id()
                                + "."),
                e.detail());
        assertEquals("accounts", e.subject().table());
        assertEquals(second.xidIfAssigned(), e.subject().otherTransaction());
        first.rollback();
        a.advisoryUnlockAll();
        assertTrue(Actor.get(waiting));
        second.commit();
    }

    @Test
    void shouldLockTables() throws Exception {
        Transaction tx = a.begin(TransactionOptions.DEFAULT);
        assertTrue(tx.lockTable("accounts", TableLockMode.SHARE, WaitPolicy.BLOCK));
        assertEquals(0, tx.xidIfAssigned());
        Transaction other = b.begin(watched);
        other.savepoint("s");
        assertFalse(other.lockTable("accounts", TableLockMode.EXCLUSIVE, WaitPolicy.SKIP_LOCKED));
        LockNotAvailableException e = assertInstanceOf(
                LockNotAvailableException.class,
                Expect.error(
                        "55P03",
                        "could not obtain lock on relation \"accounts\"",
                        () -> other.lockTable("accounts", TableLockMode.ROW_EXCLUSIVE, WaitPolicy.NOWAIT)));
        assertEquals("accounts", e.subject().table());
        other.rollbackTo("s");
        Expect.error(
                "42P01",
                "relation \"nothing\" does not exist",
                () -> other.lockTable("nothing", TableLockMode.SHARE, WaitPolicy.BLOCK));
        other.rollbackTo("s");
        Future<Boolean> waiting =
                actor.start(() -> other.lockTable("accounts", TableLockMode.ACCESS_EXCLUSIVE, WaitPolicy.BLOCK));
        actor.awaitWaiting();
        assertEquals(List.of(a.id()), b.blockers());
        try (Session c = db.openSession();
                Transaction third = c.begin(TransactionOptions.DEFAULT)) {
            assertFalse(
                    third.lockTable("accounts", TableLockMode.ACCESS_SHARE, WaitPolicy.SKIP_LOCKED),
                    "behind the one who waits");
        }
        tx.rollback();
        assertTrue(Actor.get(waiting));
        other.rollbackTo("s");
        assertTrue(db.read(t -> accounts.get(t, 1L)) != null, "given back");
        other.rollback();
    }

    @Test
    void shouldReportTheLimitThatWasDueFirst() {
        Transaction holder = a.begin(TransactionOptions.DEFAULT);
        holder.lockTable("accounts", TableLockMode.ACCESS_EXCLUSIVE, WaitPolicy.BLOCK);
        record Case(long lock, long statement, String sqlState, String message) {}
        List<Case> cases = List.of(
                new Case(5 * MILLI, 0, "55P03", "canceling statement due to lock timeout"),
                new Case(0, 5 * MILLI, "57014", "canceling statement due to statement timeout"),
                new Case(5 * MILLI, 60_000 * MILLI, "55P03", "canceling statement due to lock timeout"),
                new Case(60_000 * MILLI, 5 * MILLI, "57014", "canceling statement due to statement timeout"),
                new Case(5 * MILLI, 6 * MILLI, "55P03", "canceling statement due to lock timeout"));
        for (Case c : cases) {
            for (boolean byOptions : new boolean[] {false, true}) {
                Timeouts limits = new Timeouts(c.lock, c.statement, 0);
                b.timeouts(byOptions ? limits : Timeouts.NONE);
                try (Transaction tx = b.begin(TransactionOptions.DEFAULT)) {
                    if (!byOptions) {
                        tx.timeouts(limits);
                    }
                    EngineException e = Expect.error(c.sqlState, c.message, () -> accounts.get(tx, 1L));
                    assertEquals("accounts", e.subject().table());
                }
            }
        }
        b.timeouts(new Timeouts(5 * MILLI, 0, 0));
        holder.advisoryLock(KEY, false, WaitPolicy.BLOCK);
        Expect.error("55P03", () -> b.advisoryLock(KEY, false, WaitPolicy.BLOCK));
        b.timeouts(new Timeouts(0, 5 * MILLI, 0));
        Expect.error("57014", () -> b.advisoryLock(KEY, false, WaitPolicy.BLOCK));
    }

    private void fill(int rows) {
        db.transact(tx -> accounts.insertAll(tx, new Iterator<>() {
            private long next = 10;

            @Override
            public boolean hasNext() {
                return next < 10 + rows;
            }

            @Override
            public Object[] next() {
                return new Object[] {next++, 0L};
            }
        }));
    }

    /** Statements that neither wait nor end by themselves. */
    @Test
    void shouldEndRunningScansAtTheTimeoutAndByCancel() {
        fill(5000);
        for (Scan scan : List.of(Scan.all(), Scan.index("accounts_pkey"))) {
            Scan endless = scan.where(row -> {
                if (row.longValue(0) == 500) {
                    a.cancel(); // as any other thread could
                }
                return false;
            });
            try (Transaction tx = a.begin(TransactionOptions.DEFAULT)) {
                tx.savepoint("s");
                assertInstanceOf(
                        QueryCanceledException.class,
                        Expect.error("57014", "canceling statement due to user request", () -> {
                            try (RowStream rows = accounts.scan(tx, endless)) {
                                rows.hasNext();
                            }
                        }));
                tx.rollbackTo("s");
                Expect.error("57014", () -> accounts.updateAll(tx, endless, change -> {}));
                tx.rollbackTo("s");
                tx.timeouts(new Timeouts(0, 1, 0));
                Expect.error(
                        "57014",
                        "canceling statement due to statement timeout",
                        () -> accounts.deleteAll(tx, scan.where(row -> false)));
                tx.timeouts(Timeouts.NONE);
                tx.rollbackTo("s");
                assertEquals(0, accounts.deleteAll(tx, scan.where(row -> false)));
            }
        }
    }

    /** Rows that come without end. */
    @Test
    void shouldEndInsertsByCancel() {
        for (OnConflict conflict : new OnConflict[] {null, OnConflict.doNothing()}) {
            try (Transaction tx = a.begin(TransactionOptions.DEFAULT)) {
                Iterator<Object[]> endless = new Iterator<>() {
                    private long next = 10;

                    @Override
                    public boolean hasNext() {
                        return next < 100_000;
                    }

                    @Override
                    public Object[] next() {
                        if (next == 500) {
                            a.cancel(); // as any other thread could
                        }
                        return new Object[] {next++, 0L};
                    }
                };
                Expect.error("57014", () -> accounts.insertAll(tx, endless, conflict, row -> {}));
            }
        }
    }

    /** The statement is the scan, however often its stream comes back for more. */
    @Test
    void shouldCountTheTimeOfAScanFromItsOpening() {
        fill(5000);
        try (Transaction tx = a.begin(TransactionOptions.DEFAULT)) {
            tx.timeouts(new Timeouts(0, 50 * MILLI, 0));
            RowStream rows = accounts.scan(tx, Scan.all());
            Expect.error("57014", "canceling statement due to statement timeout", () -> {
                while (true) {
                    for (int i = 0; i < 100; i++) {
                        rows.next();
                    }
                    long until = System.nanoTime() + 3 * MILLI;
                    while (System.nanoTime() < until) {
                        assertTrue(accounts.get(tx, 1L) != null); // has time of its own
                    }
                }
            });
        }
    }

    @Test
    void shouldCancelAWaitButNothingThatComesLater() throws Exception {
        Transaction holder = a.begin(TransactionOptions.DEFAULT);
        set(holder, 1, 1);
        b.cancel(); // nothing runs
        Transaction tx = b.begin(watched);
        tx.savepoint("s");
        b.cancel(); // nothing runs
        Future<Object> waiting = actor.start(() -> {
            set(tx, 1, 2);
            return null;
        });
        actor.awaitWaiting();
        b.cancel();
        EngineException e = Expect.error("57014", "canceling statement due to user request", () -> Actor.get(waiting));
        assertEquals("(id)=(1)", e.subject().key());
        assertEquals(holder.xidIfAssigned(), e.subject().otherTransaction());
        tx.rollbackTo("s");
        set(tx, 2, 3);
        holder.rollback();
        set(tx, 1, 4);
        tx.commit();
        Transaction sticky = b.begin(watched);
        sticky.cancel(); // of a transaction: also the next one
        Expect.error("57014", () -> {
            try (RowStream rows = accounts.scan(sticky, Scan.all())) {
                rows.hasNext();
            }
        });
        sticky.rollback();
    }

    @Test
    void shouldTellItsListenerOfWaits() throws Exception {
        b.waitListener(actor);
        a.advisoryLock(KEY, false, WaitPolicy.BLOCK);
        Future<Boolean> outside = actor.start(() -> b.advisoryLock(KEY, false, WaitPolicy.BLOCK));
        actor.awaitWaiting();
        a.advisoryUnlockAll();
        assertTrue(Actor.get(outside));
        Transaction holder = a.begin(TransactionOptions.DEFAULT);
        set(holder, 1, 1);
        Future<Object> inside = actor.start(() -> {
            try (Transaction tx = b.begin(TransactionOptions.DEFAULT)) {
                set(tx, 1, 2);
            }
            return null;
        });
        actor.awaitWaiting();
        holder.rollback();
        Actor.get(inside);
    }

    @Test
    void shouldRollBackAndReleaseAtClose() {
        Transaction tx = a.begin(TransactionOptions.DEFAULT);
        set(tx, 1, 1);
        a.advisoryLock(KEY, false, WaitPolicy.BLOCK);
        a.close();
        a.close();
        assertFalse(tx.isActive());
        assertTrue(tryLock(b, false));
        Expect.error("55000", () -> a.begin(TransactionOptions.DEFAULT));
        Expect.error("55000", () -> tryLock(a, false));
        db.transact(t -> {
            set(t, 1, 2);
            return null;
        });
    }

    @Test
    void shouldShowLocks() throws Exception {
        Transaction tx = a.begin(TransactionOptions.DEFAULT);
        accounts.get(tx, 1L);
        tx.savepoint("s");
        set(tx, 1, 1);
        long xid = tx.xidIfAssigned();
        Transaction other = b.begin(watched);
        Future<Object> waiting = actor.start(() -> {
            set(other, 1, 2);
            return null;
        });
        actor.awaitWaiting();
        Set<String> rows = db.locks().stream().map(SessionTest::text).collect(Collectors.toSet());
        List<String> expected = new ArrayList<>(List.of(
                a.id() + " virtualxid null ExclusiveLock true fast",
                a.id() + " transactionid " + xid + " ExclusiveLock true",
                a.id() + " transactionid " + (xid + 1) + " ExclusiveLock true",
                a.id() + " relation accounts AccessShareLock true fast",
                a.id() + " relation accounts RowExclusiveLock true fast",
                b.id() + " virtualxid null ExclusiveLock true fast",
                b.id() + " relation accounts RowExclusiveLock true fast",
                b.id() + " tuple accounts(0,1) ExclusiveLock true",
                b.id() + " transactionid " + (xid + 1) + " ShareLock false"));
        if (other.xidIfAssigned() != 0) {
            expected.add(b.id() + " transactionid " + other.xidIfAssigned() + " ExclusiveLock true");
        }
        assertTrue(rows.containsAll(expected), rows + "\n" + expected);
        tx.rollback();
        Actor.get(waiting);
        other.rollback();
    }

    private static String text(LockInfo lock) {
        String what = lock.type().equals("transactionid")
                ? Long.toString(lock.xid())
                : lock.row() == null ? lock.relation() : lock.relation() + lock.row();
        return lock.sessionId() + " " + lock.type() + " " + what + " " + lock.mode() + " " + lock.granted()
                + (lock.fastPath() ? " fast" : "");
    }

    @Test
    void shouldDescribeSnapshots() {
        Transaction first = a.begin(TransactionOptions.DEFAULT);
        set(first, 1, 1);
        long one = first.xidIfAssigned();
        assertEquals(one + ":" + one + ":", db.read(tx -> tx.snapshotInfo().toString()));
        Transaction second = b.begin(TransactionOptions.DEFAULT);
        second.savepoint("s");
        set(second, 2, 2);
        second.commit();
        String between = one + ":" + (one + 3) + ":" + one;
        assertEquals(between, first.snapshotInfo().toString());
        Transaction reader = b.begin(TransactionOptions.READ_ONLY);
        assertEquals(between, reader.snapshotInfo().toString());
        first.commit();
        assertEquals(between, reader.snapshotInfo().toString());
        reader.rollback();
        assertEquals(
                (one + 3) + ":" + (one + 3) + ":",
                db.read(tx -> tx.snapshotInfo().toString()));
    }

    @Test
    void shouldKeepSequenceValuesOverTransactions() {
        try (Transaction tx = a.begin(TransactionOptions.DEFAULT)) {
            tx.createSequence(dev.palimpsest.api.SequenceSchema.named("numbers"));
            assertEquals(1, tx.nextValue("numbers"));
            tx.commit();
        }
        assertEquals(1, a.currentValue("numbers"));
        assertEquals(1, a.lastValue());
        try (Transaction tx = a.begin(TransactionOptions.DEFAULT)) {
            assertEquals(2, tx.nextValue("numbers"));
            assertEquals(2, a.currentValue("numbers"));
        }
        assertEquals(2, a.lastValue());
        Expect.error("55000", () -> b.currentValue("numbers"));
        Expect.error("55000", b::lastValue);
        Expect.error("42P01", () -> a.currentValue("nothing"));
    }

    @Test
    void shouldTellTheAttempt() {
        List<Integer> attempts = new ArrayList<>();
        db.transact(tx -> {
            attempts.add(tx.attempt());
            if (attempts.size() < 3) {
                throw new dev.palimpsest.api.SerializationException("again", null, null, null);
            }
            return null;
        });
        assertEquals(List.of(1, 2, 3), attempts);
        try (Transaction tx = a.begin(TransactionOptions.DEFAULT)) {
            assertEquals(1, tx.attempt());
        }
    }
}
