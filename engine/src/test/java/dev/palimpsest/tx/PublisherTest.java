package dev.palimpsest.tx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.StoppedException;
import dev.palimpsest.id.Lsn;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** In which order commits become visible, with and without a force, and when a force fails. */
class PublisherTest {
    private final TransactionFixture fixture = new TransactionFixture();
    private final TransactionManager manager = fixture.manager;

    private CompletableFuture<Throwable> commit(Transaction transaction, boolean synchronous) {
        long before = fixture.wal.insertLsn();
        CompletableFuture<Throwable> result = TransactionFixture.async(() -> manager.commit(transaction, synchronous));
        TransactionFixture.until(() -> fixture.wal.insertLsn() > before); // its record is in the log
        return result;
    }

    @Test
    void shouldPublishAsynchronousCommitAtOnceWhenNothingIsAhead() {
        fixture.wal.manual();
        long xid = fixture.committed();
        Transaction reader = fixture.reader();
        assertTrue(fixture.sees(reader, xid));
        assertTrue(manager.commitCsn(xid) > fixture.wal.durableLsn(), "visible, but no page may say so yet");
        fixture.wal.force(fixture.wal.insertLsn());
        assertTrue(manager.commitCsn(xid) <= fixture.wal.durableLsn());
    }

    @Test
    void shouldHoldAsynchronousCommitBackBehindSynchronousOne() {
        fixture.wal.manual();
        Transaction first = fixture.writer();
        Transaction second = fixture.writer();
        Transaction third = fixture.writer();
        CompletableFuture<Throwable> one = commit(first, true);
        CompletableFuture<Throwable> two = commit(second, false);
        Transaction reader = fixture.reader();
        assertFalse(fixture.sees(reader, second.xid()));
        assertTrue(manager.isInProgress(second.xid()));
        assertFalse(two.isDone());
        CompletableFuture<Throwable> three = commit(third, true);

        fixture.wal.force(16); // the first record only
        assertNull(TransactionFixture.end(one));
        assertNull(TransactionFixture.end(two), "not durable, but nothing ahead of it needs a force any more");
        assertEquals(24, manager.published());
        assertFalse(three.isDone());
        assertFalse(fixture.sees(fixture.reader(), third.xid()));
        assertFalse(fixture.sees(reader, first.xid()), "an old snapshot stays as it was");

        fixture.wal.force(32);
        assertNull(TransactionFixture.end(three));
        assertTrue(fixture.sees(fixture.reader(), third.xid()));
    }

    @Test
    void shouldPublishNothingWhoseForceFailed() {
        fixture.wal.manual();
        Transaction first = fixture.writer();
        Transaction second = fixture.writer();
        CompletableFuture<Throwable> one = commit(first, true);
        CompletableFuture<Throwable> two = commit(second, false);
        Transaction waiter = fixture.writer();
        CompletableFuture<Throwable> wait = TransactionFixture.async(
                () -> manager.waitForEnd(waiter, first.xid(), dev.palimpsest.lock.WaitContext.NONE));
        TransactionFixture.until(() -> waiter.waitingFor() != null);

        fixture.poison.poison(new StoppedException(dev.palimpsest.api.SqlState.IO_ERROR, "force failed"));
        fixture.wal.fail();
        assertInstanceOf(StoppedException.class, TransactionFixture.end(one));
        assertInstanceOf(StoppedException.class, TransactionFixture.end(two));
        assertInstanceOf(StoppedException.class, TransactionFixture.end(wait));
        assertEquals(TransactionState.UNKNOWN, first.state());
        assertEquals(8, manager.published());
        assertEquals(Lsn.INFINITE, manager.commitCsn(first.xid()));
        Transaction late = fixture.writer();
        assertThrows(StoppedException.class, () -> manager.commit(late, false));
        manager.abort(late);
        assertEquals(TransactionManager.ABORTED, manager.commitCsn(late.xid()));
        assertEquals(0, manager.captureHorizon().oldest() - 8);
    }

    /** The force may succeed all the same, after its committer was told that the engine stopped. */
    @Test
    void shouldPublishWithItsSubtransactionsWhatItsCommitterGaveUp() {
        fixture.wal.manual();
        Transaction t = fixture.writer();
        t.savepoint("s");
        long subxid = manager.assignXid(t);
        CompletableFuture<Throwable> committing = commit(t, true);
        fixture.poison.poison(new StoppedException(dev.palimpsest.api.SqlState.IO_ERROR, "change failed"));
        fixture.wal.fail();
        assertInstanceOf(StoppedException.class, TransactionFixture.end(committing));
        assertEquals(TransactionState.UNKNOWN, t.state());

        fixture.wal.force(16);
        assertEquals(16, manager.published());
        assertEquals(16, manager.commitCsn(t.xid()));
        assertEquals(16, manager.commitCsn(subxid));
    }

    /** Writers of both kinds on real threads: whoever sees a commit sees all before it, and each sees its own at once. */
    @Test
    void shouldKeepRecordOrderUnderMixedCommits() {
        int writers = 4;
        int commits = 3_000;
        AtomicInteger failures = new AtomicInteger();
        List<CompletableFuture<Throwable>> results = Stream.iterate(0, i -> i + 1)
                .limit(writers)
                .map(w -> TransactionFixture.async(() -> write(commits, w, failures)))
                .toList();
        long last = 0;
        while (results.stream().anyMatch(result -> !result.isDone())) {
            Transaction reader = fixture.reader();
            long seen = reader.snapshotCsn();
            if (seen < last || !sawPrefix(reader)) {
                failures.incrementAndGet();
            }
            last = seen;
            manager.commit(reader, false);
        }
        results.forEach(result -> assertNull(TransactionFixture.end(result)));
        assertEquals(0, failures.get());
        assertEquals(fixture.wal.insertLsn(), manager.published());
    }

    private void write(int commits, int writer, AtomicInteger failures) {
        Random random = new Random(writer);
        Transaction transaction = null;
        for (int i = 0; i < commits; i++) {
            transaction = manager.begin(transaction, dev.palimpsest.api.IsolationLevel.READ_COMMITTED, false);
            long xid = manager.assignXid(transaction);
            manager.commit(transaction, random.nextBoolean());
            transaction = manager.begin(transaction, dev.palimpsest.api.IsolationLevel.READ_COMMITTED, false);
            transaction.beginStatement();
            if (!fixture.sees(transaction, xid)) {
                failures.incrementAndGet();
            }
            transaction.endStatement();
            manager.commit(transaction, true);
        }
    }

    /** Every commit record up to the snapshot's number is seen as committed at that number or before. */
    private boolean sawPrefix(Transaction reader) {
        long newest = manager.nextXid() - 1;
        for (long xid = Math.max(3, newest - 20); xid <= newest; xid++) {
            long csn = manager.commitCsn(xid);
            if (csn <= reader.snapshotCsn() && csn != TransactionManager.ABORTED && manager.isInProgress(xid)) {
                return false;
            }
        }
        return true;
    }
}
