package dev.palimpsest.bench.pinned;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.WaitPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/** The producer and the workers of the queue, for slices of time. Used by one thread. */
final class QueueWork implements AutoCloseable {
    private static final int WORKERS = 2;
    private static final long IDLE_NANOS = 200_000;
    private static final byte[] PAYLOAD = new byte[100];
    private static final TransactionOptions OPTIONS = TransactionOptions.DEFAULT.withSynchronousCommit(false);

    private final Database database;
    private final Table jobs;
    private final long intervalNanos;
    private final Scan first;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private long nextId;
    private long slowestNanos;

    QueueWork(Database database, Table jobs, int perSecond) {
        this.database = database;
        this.jobs = jobs;
        this.intervalNanos = 1_000_000_000L / perSecond;
        this.first = Scan.index(QueueClaims.NAME + "_pkey")
                .lock(RowLockMode.UPDATE, WaitPolicy.SKIP_LOCKED)
                .limit(1);
    }

    /** The most that an insert was behind its time. */
    long slowest() {
        return TimeUnit.NANOSECONDS.toMillis(slowestNanos);
    }

    /** Returns how long claims took, in nanoseconds, those that found no job apart. */
    Histogram slice(double seconds) throws Exception {
        long begin = System.nanoTime();
        long deadline = begin + (long) (seconds * 1e9);
        List<Future<Histogram>> workers = new ArrayList<>();
        for (int i = 0; i < WORKERS; i++) {
            workers.add(threads.submit(() -> work(deadline)));
        }
        produce(begin, deadline);
        Histogram all = new Histogram(3);
        for (Future<Histogram> worker : workers) {
            all.add(result(worker));
        }
        return all;
    }

    private static Histogram result(Future<Histogram> worker) throws Exception {
        try {
            return worker.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a worker of the queue failed", e.getCause());
        }
    }

    private void produce(long begin, long deadline) {
        long due = begin;
        for (long now = begin; now < deadline; now = System.nanoTime()) {
            if (now < due) {
                LockSupport.parkNanos(due - now);
                continue;
            }
            slowestNanos = Math.max(slowestNanos, now - due);
            long id = nextId++;
            database.transact(OPTIONS, tx -> {
                jobs.insert(tx, id, PAYLOAD);
                return null;
            });
            due += intervalNanos;
        }
    }

    private Histogram work(long deadline) {
        Histogram claims = new Histogram(3);
        while (System.nanoTime() < deadline) {
            if (!database.transact(OPTIONS, tx -> claim(tx, claims))) {
                LockSupport.parkNanos(IDLE_NANOS);
            }
        }
        return claims;
    }

    private boolean claim(Transaction tx, Histogram claims) {
        long begin = System.nanoTime();
        long id;
        try (RowStream rows = jobs.scan(tx, first)) {
            if (!rows.hasNext()) {
                return false;
            }
            Row job = rows.next();
            id = job.longValue(0);
        }
        claims.recordValue(System.nanoTime() - begin);
        if (!jobs.delete(tx, id)) {
            throw new IllegalStateException("a claimed job is gone, id=" + id);
        }
        return true;
    }

    @Override
    public void close() {
        threads.shutdownNow(); // a slice has waited for all of them
    }
}
