package dev.palimpsest.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.CanceledException;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.RetryException;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.WaitListener;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.id.Tid;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.wal.EnginePoison;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class LockTableTest {
    private final Session a = new Session(1).withXid(101);
    private final Session b = new Session(2).withXid(102);
    private final Session c = new Session(3).withXid(103);
    private final Session d = new Session(4);
    private final List<Session> sessions = List.of(a, b, c, d);
    private final EnginePoison poison = new EnginePoison();
    private final LockTable table = new LockTable(new ThreadScheduler(), poison, sessions::forEach);

    private CompletableFuture<EngineException> waitsFor(Session session, int relation, LockMode mode) {
        return session.waits(() -> table.lockRelation(session, relation, mode, "r" + relation));
    }

    private CompletableFuture<EngineException> waitsForEnd(Session session, Session other) {
        return session.waits(
                () -> table.waitForTransaction(session, other, other.waitableXid(), new WaitContext("t", 65537)));
    }

    private static void assertDeadlock(EngineException e) {
        assertInstanceOf(RetryException.class, e);
        assertEquals(SqlState.DEADLOCK_DETECTED, e.sqlState());
        assertEquals("deadlock detected", e.getMessage());
    }

    @Test
    void shouldRefuseAtOnceWithNowait() {
        table.lockRelation(a, 5, LockMode.ACCESS_SHARE, "orders");
        CanceledException e = assertThrows(
                CanceledException.class,
                () -> table.lockRelation(b, 5, LockMode.ACCESS_EXCLUSIVE, WaitPolicy.NOWAIT, "orders"));
        assertEquals(SqlState.LOCK_NOT_AVAILABLE, e.sqlState());
        assertEquals("could not obtain lock on relation \"orders\"", e.getMessage());
        assertTrue(
                table.lockRelation(c, 5, LockMode.ROW_EXCLUSIVE, WaitPolicy.NOWAIT, "orders"),
                "strong count given back");
        assertEquals(0, table.waitCount());
    }

    @Test
    void shouldFindDeadlockOfTwo() {
        CompletableFuture<EngineException> first = waitsForEnd(a, b);
        RetryException e = assertThrows(
                RetryException.class, () -> table.waitForTransaction(b, a, 101, new WaitContext("t", Tid.of(3, 4))));
        assertDeadlock(e);
        assertEquals(
                "Process 2 waits for ShareLock on transaction 101; blocked by process 1.\n"
                        + "Process 1 waits for ShareLock on transaction 102; blocked by process 2.\n"
                        + "Process 2: transaction 102, waiting at tuple (3,4) in relation \"t\".\n"
                        + "Process 1: transaction 101, waiting at tuple (1,1) in relation \"t\".",
                e.detail());
        table.releaseAll(b);
        assertNull(Session.end(first));
        assertEquals(1, table.deadlockCount());
    }

    @Test
    void shouldFindDeadlockOfThreeThroughLocksAndTransactions() {
        table.lockRelation(a, 1, LockMode.ACCESS_SHARE, "r1"); // on the fast path until b asks
        table.lockRelation(b, 2, LockMode.EXCLUSIVE, "r2");
        CompletableFuture<EngineException> second = waitsFor(b, 1, LockMode.ACCESS_EXCLUSIVE);
        CompletableFuture<EngineException> third = waitsFor(c, 2, LockMode.SHARE);
        assertDeadlock(assertThrows(RetryException.class, () -> table.waitForTransaction(a, c, 103, WaitContext.NONE)));
        table.releaseAll(a);
        assertNull(Session.end(second));
        table.releaseAll(b);
        assertNull(Session.end(third));
    }

    @Test
    void shouldFindDeadlockThroughAnEarlierWaiterWhenNoOrderHelps() {
        table.lockRelation(a, 1, LockMode.SHARE, "r1");
        CompletableFuture<EngineException> queued = waitsFor(b, 1, LockMode.ROW_EXCLUSIVE); // waits for a's lock
        CompletableFuture<EngineException> behind =
                waitsFor(c, 1, LockMode.EXCLUSIVE); // waits for a's lock, and behind b
        assertDeadlock(assertThrows(RetryException.class, () -> table.waitForTransaction(a, c, 103, WaitContext.NONE)));
        table.releaseAll(a);
        assertNull(Session.end(queued));
        table.releaseAll(b);
        assertNull(Session.end(behind));
    }

    /** c waits only behind b's place in the queue: letting c pass opens the cycle, as in PostgreSQL. */
    @Test
    void shouldRearrangeQueueInsteadOfFailing() {
        table.lockRelation(a, 1, LockMode.ACCESS_SHARE, "r1");
        CompletableFuture<EngineException> exclusive = waitsFor(b, 1, LockMode.ACCESS_EXCLUSIVE);
        CompletableFuture<EngineException> shared = waitsFor(c, 1, LockMode.ACCESS_SHARE);
        CompletableFuture<EngineException> closing =
                a.async(() -> table.waitForTransaction(a, c, 103, WaitContext.NONE));
        assertNull(Session.end(shared), "c passed b");
        assertFalse(closing.isDone());
        table.releaseAll(c);
        assertNull(Session.end(closing));
        table.releaseAll(a);
        assertNull(Session.end(exclusive));
    }

    @Test
    void shouldNotOvertakeConflictingEarlierWaiter() {
        table.lockRelation(a, 1, LockMode.ACCESS_SHARE, "r1");
        CompletableFuture<EngineException> exclusive = waitsFor(b, 1, LockMode.ACCESS_EXCLUSIVE);
        CompletableFuture<EngineException> reader =
                waitsFor(c, 1, LockMode.ACCESS_SHARE); // compatible with a, but behind b
        assertFalse(table.lockRelation(d, 1, LockMode.ACCESS_SHARE, WaitPolicy.SKIP_LOCKED, "r1"));
        table.releaseAll(a);
        assertNull(Session.end(exclusive));
        assertFalse(reader.isDone());
        table.releaseAll(b);
        assertNull(Session.end(reader));
    }

    @Test
    void shouldLetHolderPassAWaiterThatWaitsForItAnyway() {
        table.lockRelation(a, 1, LockMode.ACCESS_SHARE, "r1");
        CompletableFuture<EngineException> exclusive = waitsFor(b, 1, LockMode.ACCESS_EXCLUSIVE);
        assertTrue(table.lockRelation(a, 1, LockMode.ROW_EXCLUSIVE, WaitPolicy.BLOCK, "r1"));
        assertEquals(1, table.waitCount(), "only b waited");
        table.releaseAll(a);
        assertNull(Session.end(exclusive));
    }

    @Test
    void shouldGrantCompatibleWaitersTogetherInOrder() {
        table.lockRelation(a, 1, LockMode.ACCESS_EXCLUSIVE, "r1");
        CompletableFuture<EngineException> first = waitsFor(b, 1, LockMode.ROW_EXCLUSIVE);
        CompletableFuture<EngineException> second = waitsFor(c, 1, LockMode.SHARE);
        CompletableFuture<EngineException> third = waitsFor(d, 1, LockMode.ACCESS_SHARE);
        table.releaseAll(a);
        assertNull(Session.end(first));
        assertNull(Session.end(third), "conflicts with nobody before it");
        assertFalse(second.isDone());
        table.releaseAll(b);
        assertNull(Session.end(second));
    }

    @Test
    void shouldWakeThoseBehindAWaiterThatGivesUp() {
        table.lockRelation(a, 1, LockMode.ACCESS_SHARE, "r1");
        CompletableFuture<EngineException> exclusive = waitsFor(b, 1, LockMode.ACCESS_EXCLUSIVE);
        CompletableFuture<EngineException> reader = waitsFor(c, 1, LockMode.ACCESS_SHARE);
        table.cancel(b);
        EngineException e = Session.end(exclusive);
        assertEquals(SqlState.QUERY_CANCELED, e.sqlState());
        assertEquals("canceling statement due to user request", e.getMessage());
        assertNull(Session.end(reader));
        assertTrue(table.lockRelation(d, 1, LockMode.ROW_EXCLUSIVE, WaitPolicy.SKIP_LOCKED, "r1"));
        assertTrue(
                table.entries().stream().anyMatch(entry -> entry.fastPath() && entry.processId() == 4), "fast again");
    }

    @Test
    void shouldEndWaitOnInterruptAndKeepItPending() {
        table.lockRelation(a, 1, LockMode.EXCLUSIVE, "r1");
        boolean[] pending = new boolean[1];
        CompletableFuture<EngineException> result = b.waits(() -> {
            try {
                table.lockRelation(b, 1, LockMode.EXCLUSIVE, "r1");
            } finally {
                pending[0] = Thread.currentThread().isInterrupted();
            }
        });
        b.thread.interrupt();
        assertEquals(SqlState.QUERY_CANCELED, Session.end(result).sqlState());
        assertTrue(pending[0]);
    }

    @Test
    void shouldEndWaitAtLockTimeout() {
        table.lockRelation(a, 1, LockMode.EXCLUSIVE, "r1");
        b.lockTimeoutNanos(20_000_000);
        EngineException e = Session.end(b.async(() -> table.lockRelation(b, 1, LockMode.EXCLUSIVE, "r1")));
        assertEquals(SqlState.LOCK_NOT_AVAILABLE, e.sqlState());
        assertEquals("canceling statement due to lock timeout", e.getMessage());
    }

    @Test
    void shouldLookForDeadlockOnlyAfterDeadlockTimeout() {
        CompletableFuture<EngineException> first = waitsForEnd(a, b);
        b.deadlockTimeoutNanos(50_000_000);
        long start = System.nanoTime();
        assertDeadlock(assertThrows(RetryException.class, () -> table.waitForTransaction(b, a, 101, WaitContext.NONE)));
        assertTrue(System.nanoTime() - start >= 50_000_000);
        table.releaseAll(b);
        assertNull(Session.end(first));
    }

    @Test
    void shouldEndWaitsWhenClosedOrPoisoned() {
        CompletableFuture<EngineException> first = waitsForEnd(a, b);
        poison.poison(new StoppedException(SqlState.IO_ERROR, "force failed"));
        EngineException e = Session.end(first);
        assertInstanceOf(StoppedException.class, e);
        assertEquals(SqlState.IO_ERROR, e.sqlState());
        table.close();
        assertEquals(
                SqlState.ADMIN_SHUTDOWN,
                Session.end(a.async(() -> table.waitForTransaction(a, b, 102, WaitContext.NONE)))
                        .sqlState());
    }

    @Test
    void shouldNotWaitForTransactionThatHasEnded() {
        table.releaseAll(b);
        table.waitForTransaction(a, b, 102, WaitContext.NONE);
        assertEquals(0, table.waitCount());
        assertEquals(List.of(), table.entries());
    }

    @Test
    void shouldCountReentrantGrantsAndGiveThemBackOneByOne() {
        LockTag tag = LockTag.advisory(1, false);
        table.lock(a, tag, LockMode.EXCLUSIVE, WaitPolicy.BLOCK, WaitContext.NONE);
        table.lock(a, tag, LockMode.EXCLUSIVE, WaitPolicy.BLOCK, WaitContext.NONE);
        assertTrue(table.unlock(a, tag, LockMode.EXCLUSIVE));
        assertFalse(table.lock(b, tag, LockMode.EXCLUSIVE, WaitPolicy.SKIP_LOCKED, WaitContext.NONE));
        assertTrue(table.unlock(a, tag, LockMode.EXCLUSIVE));
        assertFalse(table.unlock(a, tag, LockMode.EXCLUSIVE));
        assertTrue(table.lock(b, tag, LockMode.EXCLUSIVE, WaitPolicy.SKIP_LOCKED, WaitContext.NONE));
    }

    @Test
    void shouldUseTableWhenFastEntriesRunOut() {
        for (int relation = 1; relation <= FastLocks.ENTRIES + 3; relation++) {
            table.lockRelation(a, relation, LockMode.ROW_SHARE, "r");
        }
        assertEquals(
                3, table.entries().stream().filter(entry -> !entry.fastPath()).count());
        for (int relation = 1; relation <= FastLocks.ENTRIES + 3; relation++) {
            assertFalse(
                    table.lockRelation(b, relation, LockMode.EXCLUSIVE, WaitPolicy.SKIP_LOCKED, "r"),
                    "relation=" + relation);
        }
        table.releaseAll(a);
        for (int relation = 1; relation <= FastLocks.ENTRIES + 3; relation++) {
            assertTrue(table.lockRelation(b, relation, LockMode.EXCLUSIVE, WaitPolicy.SKIP_LOCKED, "r"));
        }
    }

    @Test
    void shouldTellListenerOnTheWaitingThread() {
        List<String> told = new ArrayList<>();
        b.waitListener(new WaitListener() {
            @Override
            public void waiting(String what) {
                told.add(what + " on " + (Thread.currentThread() == b.thread));
            }

            @Override
            public void waitOver() {
                told.add("over");
            }
        });
        table.lockRelation(a, 1, LockMode.ROW_EXCLUSIVE, "accounts");
        CompletableFuture<EngineException> result = b.waits(() -> table.lockRelation(b, 1, LockMode.SHARE, "accounts"));
        assertNotNull(b.waitingFor());
        Session.until(() -> !told.isEmpty());
        table.releaseAll(a);
        assertNull(Session.end(result));
        assertEquals(
                List.of("ShareLock on relation 1 (relation \"accounts\"), held by process 1 on true", "over"), told);
        assertEquals(1, b.waitCount());
        assertNull(b.waitingFor());
    }

    @Test
    void shouldBeginAgainWhileSomebodyLooksWhetherTheLastLifeIsOver() {
        table.releaseAll(a);
        a.tableLocks = 1; // as a waiter does under the latch before he finds that there is nobody to wait for
        a.resetLockOwner(a);
        a.tableLocks = 0;
        assertFalse(a.isCancelRequested());
    }
}
