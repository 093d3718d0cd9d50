package dev.palimpsest.tx;

import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.storage.MemoryDisk;
import dev.palimpsest.wal.EnginePoison;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A manager on a fake log. */
final class TransactionFixture {
    final FakeWal wal = new FakeWal();
    final EnginePoison poison = new EnginePoison();
    final ThreadScheduler scheduler = new ThreadScheduler();
    final List<Integer> removedFiles = new ArrayList<>();
    final TransactionManager manager = new TransactionManager(
            scheduler, poison, wal, new CommitLog(new MemoryDisk(), scheduler), removedFiles::add);

    TransactionFixture() {
        manager.start(3, 8);
    }

    Transaction writer() {
        return writer(IsolationLevel.READ_COMMITTED);
    }

    Transaction writer(IsolationLevel isolation) {
        Transaction transaction = manager.begin(isolation, false);
        manager.assignXid(transaction);
        return transaction;
    }

    /** Begins, writes and commits. @return the xid */
    long committed() {
        Transaction transaction = writer();
        manager.commit(transaction, false);
        return transaction.xid();
    }

    Transaction reader() {
        Transaction transaction = manager.begin(IsolationLevel.REPEATABLE_READ, true);
        transaction.beginStatement();
        return transaction;
    }

    boolean sees(Transaction reader, long xid) {
        long csn = manager.commitCsn(xid);
        return csn >= 0 && csn <= reader.snapshotCsn();
    }

    /** Runs on a thread; ends with null or what was thrown. */
    static CompletableFuture<Throwable> async(Runnable work) {
        CompletableFuture<Throwable> result = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                work.run();
                result.complete(null);
            } catch (Throwable e) {
                result.complete(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    static Throwable end(CompletableFuture<Throwable> result) {
        try {
            return result.get(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    static void until(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("didn't happen in 20 s");
            }
            Thread.onSpinWait();
        }
    }
}
