package dev.palimpsest.bench.pinned;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.bench.PalimpsestStore;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Readers of the queue that overlap: three live at any time, each for half of a slice. Each counts the jobs when it begins and when it ends, and must
 * find the same ones.
 */
final class QueueReaders implements AutoCloseable {
    private static final int LIVE = 3;

    private record Reader(Transaction tx, long checksum) {}

    private final Database database;
    private final Table jobs;
    private final long intervalNanos;
    private final CountDownLatch over = new CountDownLatch(1);
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final Future<Integer> running;

    QueueReaders(Database database, Table jobs, double sliceSeconds) {
        this.database = database;
        this.jobs = jobs;
        this.intervalNanos = (long) (spanSeconds(sliceSeconds) * 1e9 / LIVE);
        this.running = thread.submit(this::read);
    }

    static double spanSeconds(double sliceSeconds) {
        return sliceSeconds / 2;
    }

    private int read() throws InterruptedException {
        Deque<Reader> live = new ArrayDeque<>();
        int ended = 0;
        do {
            Transaction tx = database.begin(PalimpsestStore.SNAPSHOT);
            live.add(new Reader(tx, checksum(tx)));
            if (live.size() > LIVE) {
                end(live.remove());
                ended++;
            }
        } while (!over.await(intervalNanos, TimeUnit.NANOSECONDS));
        for (Reader reader : live) {
            end(reader);
            ended++;
        }
        return ended;
    }

    private void end(Reader reader) {
        try (Transaction tx = reader.tx) {
            long found = checksum(tx);
            if (found != reader.checksum) {
                throw new IllegalStateException(
                        "a reader of the queue is wrong: expected=" + reader.checksum + " found=" + found);
            }
        }
    }

    private long checksum(Transaction tx) {
        long checksum = 0;
        try (RowStream rows = jobs.scan(tx, Scan.all())) {
            while (rows.hasNext()) {
                checksum += 1_000_003 * rows.next().longValue(0) + 1;
            }
        }
        return checksum;
    }

    /** Ends all of them. Returns how many there were. */
    int finish() throws Exception {
        over.countDown();
        return running.get();
    }

    @Override
    public void close() {
        over.countDown();
        thread.shutdown();
    }
}
