package dev.palimpsest.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.RetryException;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.crash.SimulatedEngine;
import java.nio.file.Path;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Closing a database under eight threads that use it: each gets 57P01, nothing is lost, nothing is broken, nobody hangs. */
class CloseTest {
    private static final int THREADS = 8;
    private static final int ROUNDS = 6;
    private static final int ROWS = 10;
    private static final DatabaseOptions OPTIONS =
            DatabaseOptions.DEFAULT.withBufferPoolBytes(1 << 20).withWalSegmentBytes(1 << 20);

    @Test
    void shouldTellEverybodyAndBreakNothing(@TempDir Path directory) throws InterruptedException {
        AtomicLong commits = new AtomicLong();
        AtomicLong doubtful = new AtomicLong();
        for (int round = 0; round < ROUNDS; round++) {
            Queue<Throwable> ends = new ConcurrentLinkedQueue<>();
            Database db = Database.open(directory, OPTIONS);
            create(db);
            verify(db, commits.get(), doubtful.get());
            CountDownLatch busy = new CountDownLatch(20 * (round + 1));
            Thread[] threads = new Thread[THREADS];
            for (int i = 0; i < THREADS; i++) {
                SplittableRandom random = new SplittableRandom(round * THREADS + i);
                threads[i] = new Thread(() -> {
                    try {
                        work(db, random, busy, commits, doubtful);
                    } catch (Throwable e) {
                        ends.add(e);
                    }
                });
                threads[i].start();
            }
            busy.await();
            db.close();
            for (Thread thread : threads) {
                thread.join();
            }
            assertEquals(THREADS, ends.size());
            for (Throwable end : ends) {
                assertTrue(
                        end instanceof StoppedException e && e.sqlState() == SqlState.ADMIN_SHUTDOWN,
                        () -> "ended by " + end + " " + java.util.Arrays.toString(end.getStackTrace()));
            }
        }
        try (Database db = Database.open(directory, OPTIONS)) {
            verify(db, commits.get(), doubtful.get());
        }
    }

    private static void create(Database db) {
        db.transact(tx -> {
            if (tx.tableSchema("rows") == null) {
                tx.createTable(TableSchema.named("rows")
                        .column("id", ColumnType.BIGINT)
                        .column("value", ColumnType.BIGINT)
                        .column("padding", ColumnType.BYTEA)
                        .primaryKey("id")
                        .build());
                for (long id = 0; id < ROWS; id++) {
                    db.table("rows").insert(tx, id, 0L, new byte[5_000]);
                }
            }
            return null;
        });
    }

    /** Until it fails: waits for locks, scans, big values, commits of both kinds. */
    private static void work(
            Database db, SplittableRandom random, CountDownLatch busy, AtomicLong commits, AtomicLong doubtful) {
        Table rows = db.table("rows");
        while (true) {
            boolean synchronous = random.nextInt(3) == 0;
            boolean committing = false;
            try (Transaction tx = db.begin(TransactionOptions.DEFAULT.withSynchronousCommit(synchronous))) {
                rows.update(
                        tx,
                        random.nextLong(ROWS),
                        c -> c.setLong("value", c.row().longValue("value") + 1));
                try (RowStream stream = rows.scan(tx, Scan.all())) {
                    assertEquals(
                            ROWS,
                            stream.stream()
                                    .filter(row -> row.bytesValue("padding").length == 5_000)
                                    .count());
                }
                committing = true;
                tx.commit();
                commits.incrementAndGet();
            } catch (RetryException e) {
                throw new AssertionError(e);
            } catch (EngineException e) {
                if (committing) {
                    doubtful.incrementAndGet();
                }
                throw e;
            } finally {
                busy.countDown();
            }
        }
    }

    private static void verify(Database db, long commits, long doubtful) {
        SimulatedEngine.check(db);
        long sum = db.read(tx -> {
            try (RowStream stream = db.table("rows").scan(tx, Scan.all())) {
                return stream.stream().mapToLong(row -> row.longValue("value")).sum();
            }
        });
        assertTrue(
                sum >= commits && sum <= commits + doubtful,
                () -> "commits=" + commits + " doubtful=" + doubtful + " found=" + sum);
    }
}
