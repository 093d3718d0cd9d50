package dev.palimpsest.tx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.lock.LockMode;
import dev.palimpsest.lock.WaitContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class TransactionManagerTest {
    private final TransactionFixture fixture = new TransactionFixture();
    private final TransactionManager manager = fixture.manager;

    private static void assertState(SqlState expected, Runnable call) {
        assertEquals(expected, assertThrows(EngineException.class, call::run).sqlState());
    }

    @Test
    void shouldGiveReadersNeitherXidNorRecord() {
        long before = fixture.wal.insertLsn();
        Transaction reader = fixture.reader();
        manager.commit(reader, true);
        Transaction idle = manager.begin(IsolationLevel.READ_COMMITTED, false);
        manager.abort(idle);
        assertEquals(0, reader.xid());
        assertEquals(before, fixture.wal.insertLsn());
        assertEquals(3, manager.nextXid());
        assertState(
                SqlState.READ_ONLY_SQL_TRANSACTION,
                () -> manager.assignXid(manager.begin(IsolationLevel.READ_COMMITTED, true)));
    }

    @Test
    void shouldTakeSnapshotPerStatementOrPerTransaction() {
        Transaction readCommitted = manager.begin(IsolationLevel.READ_COMMITTED, false);
        Transaction repeatable = manager.begin(IsolationLevel.REPEATABLE_READ, false);
        readCommitted.beginStatement();
        repeatable.beginStatement();
        long first = readCommitted.snapshotCsn();
        long xid = fixture.committed();
        assertFalse(fixture.sees(readCommitted, xid), "within the statement");
        readCommitted.endStatement();
        repeatable.endStatement();
        assertEquals(0, readCommitted.snapshotCsn());
        readCommitted.beginStatement();
        repeatable.beginStatement();
        assertTrue(fixture.sees(readCommitted, xid));
        assertEquals(first, repeatable.snapshotCsn());
        readCommitted.endStatement();
        manager.commit(repeatable, true);
        assertEquals(List.of(), manager.liveSnapshots().entries());
    }

    @Test
    void shouldRegisterKindsOfSnapshots() {
        Transaction t = manager.begin(IsolationLevel.READ_COMMITTED, false);
        t.beginStatement(SnapshotKind.OPEN, 17);
        long s = t.snapshotCsn();
        long end = s + 8;
        fixture.committed();
        Horizon horizon = manager.captureHorizon();
        assertTrue(horizon.needed(s + 4, end, 17));
        assertFalse(horizon.needed(s + 4, end, 18));
        t.endStatement();
        t.beginStatement();
        assertFalse(manager.captureHorizon().needed(s + 4, end, 17));
        t.endStatement();
        Transaction repeatable = manager.begin(IsolationLevel.REPEATABLE_READ, false);
        repeatable.beginStatement(SnapshotKind.OPEN, 17);
        assertEquals(
                SnapshotKind.POINT,
                manager.liveSnapshots().entries().get(0).kind(),
                "the first updater wins: it follows no chain");
    }

    @Test
    void shouldShareOneSlotAmongHolders() {
        Transaction t = manager.begin(IsolationLevel.READ_COMMITTED, false);
        t.beginStatement();
        long s = t.snapshotCsn();
        SnapshotHandle cursor = t.retainSnapshot();
        SnapshotHandle importer = cursor.retain();
        assertEquals(1, manager.liveSnapshots().entries().size());
        t.endStatement();
        fixture.committed();
        t.beginStatement();
        assertNotEquals(s, t.snapshotCsn());
        assertEquals(2, manager.liveSnapshots().entries().size());
        t.endStatement();
        manager.commit(t, true);
        cursor.close();
        cursor.close();
        assertEquals(s, importer.snapshot().csn());
        assertTrue(manager.captureHorizon().needed(s, s + 8, 1));
        importer.close();
        assertEquals(List.of(), manager.liveSnapshots().entries());
        assertNotSame(t, manager.begin(t, IsolationLevel.READ_COMMITTED, false), "others held its snapshots");
    }

    @Test
    void shouldUseEndedObjectAgain() {
        Transaction t = fixture.writer();
        t.nextCommand();
        t.fail();
        manager.abort(t);
        Transaction again = manager.begin(t, IsolationLevel.READ_COMMITTED, true);
        assertSame(t, again);
        assertEquals(0, again.xid());
        assertEquals(0, again.commandId());
        assertEquals(TransactionState.ACTIVE, again.state());
        assertNotSame(again, manager.begin(again, IsolationLevel.READ_COMMITTED, true), "it is active");
    }

    @Test
    void shouldRefuseEverythingButRollbackAfterFailure() {
        Transaction t = fixture.writer();
        t.fail();
        assertState(SqlState.IN_FAILED_SQL_TRANSACTION, t::beginStatement);
        assertState(SqlState.IN_FAILED_SQL_TRANSACTION, () -> manager.commit(t, true));
        manager.abort(t);
        manager.abort(t);
        assertEquals(TransactionManager.ABORTED, manager.commitCsn(t.xid()));
        assertState(SqlState.NO_ACTIVE_SQL_TRANSACTION, t::beginStatement);
    }

    @Test
    void shouldWaitForCommitAndAbort() {
        for (boolean commit : new boolean[] {true, false}) {
            Transaction writer = fixture.writer();
            Transaction waiter = fixture.writer();
            long waits = manager.waitCount();
            CompletableFuture<Throwable> wait =
                    TransactionFixture.async(() -> manager.waitForEnd(waiter, writer.xid(), new WaitContext("t", 1)));
            // a wait that is over before it has come so far isn't counted
            TransactionFixture.until(() -> manager.waitCount() > waits && waiter.waitingFor() != null);
            assertEquals(
                    "waiting",
                    manager.sessions().get(1).state().equals("waiting")
                            ? "waiting"
                            : manager.sessions().get(0).state());
            if (commit) {
                manager.commit(writer, true);
            } else {
                manager.abort(writer);
            }
            assertNull(TransactionFixture.end(wait));
            assertFalse(manager.isInProgress(writer.xid()));
            manager.abort(waiter);
        }
        assertEquals(2, manager.waitCount());
        assertEquals(List.of(), manager.sessions());
    }

    @Test
    void shouldTellListenersWhenVisibleAndStillLocked() {
        List<String> told = new ArrayList<>();
        Transaction other = manager.begin(IsolationLevel.READ_COMMITTED, false);
        manager.addCommitListener(new CommitListener() {
            @Override
            public void committed(Transaction t, long csn) {
                told.add("committed " + (manager.published() >= csn) + " " + tryLock());
            }

            @Override
            public void aborted(Transaction t) {
                told.add("aborted " + (manager.commitCsn(t.xid()) == TransactionManager.ABORTED) + " " + tryLock());
            }

            private boolean tryLock() {
                return manager.locks().lockRelation(other, 4, LockMode.SHARE, WaitPolicy.SKIP_LOCKED, "t");
            }
        });
        for (boolean commit : new boolean[] {true, false}) {
            Transaction t = fixture.writer();
            manager.locks().lockRelation(t, 4, LockMode.ACCESS_EXCLUSIVE, "t");
            t.dropFileAtCommit(20);
            t.dropFileAtAbort(21);
            t.atEnd(committed -> told.add("action " + committed + " " + fixture.removedFiles));
            if (commit) {
                manager.commit(t, true);
            } else {
                manager.abort(t);
            }
        }
        assertEquals(
                List.of("committed true false", "action true [20]", "aborted true false", "action false [20, 21]"),
                told);
        manager.drainPublished(fixture.wal.insertLsn());
    }

    @Test
    void shouldDrainCommitsBeforeCheckpointsRedo() {
        fixture.wal.manual();
        Transaction t = fixture.writer();
        CompletableFuture<Throwable> commit = TransactionFixture.async(() -> manager.commit(t, true));
        TransactionFixture.until(() -> fixture.wal.insertLsn() == 16);
        CompletableFuture<Throwable> drain = TransactionFixture.async(() -> manager.drainPublished(16));
        assertEquals(CommitLog.IN_PROGRESS, manager.commitLog().status(t.xid()));
        assertFalse(drain.isDone());
        fixture.wal.force(16);
        assertNull(TransactionFixture.end(drain));
        assertEquals(CommitLog.COMMITTED, manager.commitLog().status(t.xid()));
        assertNull(TransactionFixture.end(commit));
    }

    @Test
    void shouldKeepInterruptPendingThroughCommit() {
        Thread.currentThread().interrupt();
        long xid = fixture.committed();
        assertTrue(Thread.interrupted());
        assertFalse(manager.isInProgress(xid));
    }

    @Test
    void shouldTruncateStatusOnlyBehindEverySnapshot() {
        TransactionFixture fixture = new TransactionFixture();
        TransactionManager manager = fixture.manager;
        long xid = fixture.committed();
        Transaction old = fixture.reader();
        while (manager.nextXid() < 3 * StatusLayout.XIDS_PER_CHUNK) {
            fixture.committed();
        }
        Transaction open = fixture.writer();
        TransactionManager.EndedBoundary ended = manager.endedBoundary();
        assertEquals(open.xid(), ended.xid());
        assertEquals(manager.published(), ended.csn());
        Transaction looking = fixture.reader();
        long established = manager.published();
        assertFalse(manager.truncateStatus(ended.xid(), ended, established), "the reader tells the commits apart");
        manager.abort(old);
        assertFalse(
                manager.truncateStatus(ended.xid(), ended, established),
                "a reader of before may have the copy of a page that tells of a transaction that was rolled back");
        manager.abort(looking);
        assertThrows(IllegalArgumentException.class, () -> manager.truncateStatus(ended.xid() + 1, ended, established));
        long durableBefore = fixture.wal.durableLsn();
        assertTrue(manager.truncateStatus(ended.xid(), ended, established));
        assertTrue(fixture.wal.durableLsn() > durableBefore, "forced");
        assertEquals(3L * StatusLayout.XIDS_PER_CHUNK, manager.commitLog().truncationPoint());
        Transaction reader = fixture.reader();
        assertTrue(fixture.sees(reader, xid));
        assertEquals(CommitLog.IN_PROGRESS, manager.commitLog().status(open.xid()));
        assertFalse(manager.truncateStatus(ended.xid(), ended, established), "no chunk more");
        assertFalse(reader.snapshotInfo().xips().contains(xid));
        manager.abort(reader);
        manager.abort(open);
    }
}
