package dev.palimpsest.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.DeadlockException;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.wal.EnginePoison;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** PostgreSQL's own scripts about deadlocks, step by step, and queues that need more than one move. */
class DeadlockQueueTest {
    private final List<Session> sessions = new ArrayList<>();
    private final LockTable table = new LockTable(new ThreadScheduler(), new EnginePoison(), sessions::forEach);

    private Session session(long deadlockTimeoutMillis) {
        Session session = new Session(sessions.size() + 1);
        session.deadlockTimeoutNanos(deadlockTimeoutMillis * 1_000_000);
        sessions.add(session);
        return session;
    }

    private void lock(Session session, int relation, LockMode mode) {
        assertTrue(table.lockRelation(session, relation, mode, WaitPolicy.NOWAIT, "a" + relation));
    }

    private CompletableFuture<EngineException> waits(Session session, int relation, LockMode mode) {
        return session.waits(() -> table.lockRelation(session, relation, mode, "a" + relation));
    }

    private List<Long> blockers(Session session) {
        return table.blockers(session).stream().map(LockOwner::processId).toList();
    }

    /** deadlock-soft.spec: of the two orders that open the cycle, PostgreSQL takes the one that lets d1 go on. */
    @Test
    void shouldLetTheFirstOfTwoPassASoftDeadlock() {
        for (long timeout : new long[] {0, 10}) {
            Session d1 = session(100_000);
            Session d2 = session(timeout);
            Session e1 = session(100_000);
            Session e2 = session(100_000);
            lock(d1, 1, LockMode.ACCESS_SHARE);
            lock(d2, 2, LockMode.ACCESS_SHARE);
            CompletableFuture<EngineException> e1l = waits(e1, 1, LockMode.ACCESS_EXCLUSIVE);
            CompletableFuture<EngineException> e2l = waits(e2, 2, LockMode.ACCESS_EXCLUSIVE);
            CompletableFuture<EngineException> d1a2 = waits(d1, 2, LockMode.ACCESS_SHARE);
            CompletableFuture<EngineException> d2a1 =
                    d2.async(() -> table.lockRelation(d2, 1, LockMode.ACCESS_SHARE, "a1"));
            assertNull(Session.end(d1a2));
            assertFalse(d2a1.isDone());
            table.releaseAll(d1);
            assertNull(Session.end(e1l));
            assertEquals(List.of(e1.processId()), blockers(d2));
            table.releaseAll(e1);
            assertNull(Session.end(d2a1));
            table.releaseAll(d2);
            assertNull(Session.end(e2l));
            table.releaseAll(e2);
            assertEquals(List.of(), table.entries());
        }
    }

    /** deadlock-soft-2.spec: s2 passes both s3 and s4. */
    @Test
    void shouldMoveAWaiterPastSeveral() {
        for (long timeout : new long[] {0, 10}) {
            Session s1 = session(timeout);
            Session s2 = session(100_000);
            Session s3 = session(100_000);
            Session s4 = session(100_000);
            lock(s1, 1, LockMode.SHARE_UPDATE_EXCLUSIVE);
            lock(s2, 2, LockMode.ACCESS_SHARE);
            CompletableFuture<EngineException> s2b = waits(s2, 1, LockMode.SHARE_UPDATE_EXCLUSIVE);
            CompletableFuture<EngineException> s3a = waits(s3, 2, LockMode.ACCESS_EXCLUSIVE);
            CompletableFuture<EngineException> s4a = waits(s4, 2, LockMode.ACCESS_EXCLUSIVE);
            CompletableFuture<EngineException> s1b =
                    s1.async(() -> table.lockRelation(s1, 2, LockMode.SHARE_UPDATE_EXCLUSIVE, "a2"));
            assertNull(Session.end(s1b));
            assertFalse(s3a.isDone() || s4a.isDone() || s2b.isDone());
            assertEquals(List.of(s1.processId(), s2.processId()), sorted(blockers(s3)));
            assertEquals(List.of(s1.processId(), s2.processId(), s3.processId()), sorted(blockers(s4)));
            table.releaseAll(s1);
            assertNull(Session.end(s2b));
            table.releaseAll(s2);
            assertNull(Session.end(s3a));
            table.releaseAll(s3);
            assertNull(Session.end(s4a));
            table.releaseAll(s4);
            assertEquals(List.of(), table.entries());
        }
    }

    private static List<Long> sorted(List<Long> ids) {
        return ids.stream().sorted().toList();
    }

    /** deadlock-hard.spec: the one whose time is over first is the victim, not the one who closed the cycle. */
    @Test
    void shouldFailTheOneThatLooksFirst() {
        List<CompletableFuture<EngineException>> waiting = new ArrayList<>();
        for (int i = 1; i <= 8; i++) {
            lock(session(i == 7 ? 300 : 100_000), i, LockMode.ACCESS_EXCLUSIVE);
        }
        for (int i = 1; i <= 8; i++) {
            waiting.add(waits(sessions.get(i - 1), i % 8 + 1, LockMode.ACCESS_EXCLUSIVE));
        }
        assertInstanceOf(DeadlockException.class, Session.end(waiting.get(6)));
        for (int i = 6; i >= 0; i--) {
            table.releaseAll(sessions.get(i));
            if (i > 0) {
                assertNull(Session.end(waiting.get(i - 1)));
            }
        }
        assertNull(Session.end(waiting.get(7)));
        table.releaseAll(sessions.get(7));
    }

    /** deadlock-simple.spec: found without any timeout. */
    @Test
    void shouldFindTwoWhoWantMoreOfTheSameLockAtOnce() {
        Session s1 = session(100_000);
        Session s2 = session(100_000);
        lock(s1, 1, LockMode.ACCESS_SHARE);
        lock(s2, 1, LockMode.ACCESS_SHARE);
        CompletableFuture<EngineException> s1ae = waits(s1, 1, LockMode.ACCESS_EXCLUSIVE);
        assertThrows(DeadlockException.class, () -> table.lockRelation(s2, 1, LockMode.ACCESS_EXCLUSIVE, "a1"));
        table.releaseAll(s2);
        assertNull(Session.end(s1ae));
    }

    /** Two queues have to change together: each move alone leaves a cycle. */
    @Test
    void shouldChangeSeveralQueuesAtOnce() {
        Session a = session(100_000);
        Session b = session(100_000);
        Session x = session(100_000);
        Session y = session(100_000);
        Session closing = session(0);
        lock(a, 1, LockMode.ACCESS_SHARE);
        lock(b, 2, LockMode.ACCESS_SHARE);
        lock(closing, 3, LockMode.ACCESS_EXCLUSIVE);
        CompletableFuture<EngineException> xl = waits(x, 1, LockMode.ACCESS_EXCLUSIVE); // behind a
        CompletableFuture<EngineException> yl = waits(y, 2, LockMode.ACCESS_EXCLUSIVE); // behind b
        CompletableFuture<EngineException> a3 = waits(a, 3, LockMode.ACCESS_SHARE);
        CompletableFuture<EngineException> b3 = waits(b, 3, LockMode.ACCESS_SHARE);
        // reads what x and y wait for: behind each of them it would wait for a and b, who wait for it
        assertNull(Session.end(closing.async(() -> {
            table.lockRelation(closing, 1, LockMode.ACCESS_SHARE, "a1");
            table.lockRelation(closing, 2, LockMode.ACCESS_SHARE, "a2");
        })));
        assertFalse(xl.isDone() || yl.isDone());
        table.releaseAll(closing);
        assertNull(Session.end(a3));
        assertNull(Session.end(b3));
        table.releaseAll(a);
        table.releaseAll(b);
        assertNull(Session.end(xl));
        assertNull(Session.end(yl));
    }

    /** What a new wait closes may be two cycles at once, each with a soft edge of its own. */
    @Test
    void shouldOpenTwoCyclesOfOneWait() {
        Session holder1 = session(100_000);
        Session holder2 = session(100_000);
        Session middle1 = session(100_000);
        Session middle2 = session(100_000);
        Session closing = session(0);
        lock(closing, 9, LockMode.ACCESS_EXCLUSIVE);
        lock(holder1, 1, LockMode.SHARE);
        lock(holder2, 1, LockMode.SHARE);
        lock(holder1, 2, LockMode.ACCESS_SHARE);
        lock(holder2, 3, LockMode.ACCESS_SHARE);
        CompletableFuture<EngineException> m1 = waits(middle1, 2, LockMode.ACCESS_EXCLUSIVE);
        CompletableFuture<EngineException> m2 = waits(middle2, 3, LockMode.ACCESS_EXCLUSIVE);
        lock(closing, 4, LockMode.ACCESS_SHARE);
        Session s1 = session(100_000);
        Session s2 = session(100_000);
        lock(s1, 5, LockMode.SHARE);
        lock(s2, 5, LockMode.SHARE);
        CompletableFuture<EngineException> s1w = waits(s1, 2, LockMode.ACCESS_SHARE); // behind middle1 only
        CompletableFuture<EngineException> s2w = waits(s2, 3, LockMode.ACCESS_SHARE); // behind middle2 only
        CompletableFuture<EngineException> h1 = waits(holder1, 9, LockMode.ACCESS_SHARE);
        CompletableFuture<EngineException> h2 = waits(holder2, 9, LockMode.ACCESS_SHARE);
        // closing → s1 → middle1 → holder1 → closing, and the same with 2
        CompletableFuture<EngineException> last =
                closing.async(() -> table.lockRelation(closing, 5, LockMode.EXCLUSIVE, "a5"));
        assertNull(Session.end(s1w), "passed middle1");
        assertNull(Session.end(s2w), "passed middle2");
        table.releaseAll(s1);
        table.releaseAll(s2);
        assertNull(Session.end(last));
        table.releaseAll(closing);
        assertNull(Session.end(h1));
        assertNull(Session.end(h2));
        table.releaseAll(holder1);
        table.releaseAll(holder2);
        assertNull(Session.end(m1));
        assertNull(Session.end(m2));
        assertEquals(0, table.deadlockCount());
    }
}
