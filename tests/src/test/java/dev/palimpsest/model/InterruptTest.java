package dev.palimpsest.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.CanceledException;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.WaitListener;
import dev.palimpsest.crash.SimulatedEngine;
import java.nio.file.Path;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On real files, where an interrupt closes a channel for everybody: only the interrupted caller may notice it. */
class InterruptTest {
    private static final int ROWS = 3_000;
    private static final int TRANSACTIONS = 400;

    /** Too small for the data, so that reads go to the files. */
    private static final DatabaseOptions OPTIONS = DatabaseOptions.DEFAULT
            .withBufferPoolBytes(1 << 20)
            .withWalSegmentBytes(1 << 20)
            .withCheckpointWalBytes(1 << 20);

    @Test
    void shouldStayBetweenTheInterruptedAndTheEngine(@TempDir Path directory) throws InterruptedException {
        AtomicLong commits = new AtomicLong();
        AtomicLong cancels = new AtomicLong();
        Queue<Throwable> surprises = new ConcurrentLinkedQueue<>();
        try (Database db = Database.open(directory, OPTIONS)) {
            load(db);
            AtomicBoolean done = new AtomicBoolean();
            Thread interrupted = new Thread(() -> {
                try {
                    work(db, 1, commits, cancels);
                } catch (Throwable e) {
                    surprises.add(e);
                } finally {
                    done.set(true);
                }
            });
            Thread bystander = new Thread(() -> {
                try {
                    work(db, 2, commits, null);
                } catch (Throwable e) {
                    surprises.add(e);
                }
            });
            interrupted.start();
            bystander.start();
            while (!done.get()) {
                interrupted.interrupt();
                Thread.onSpinWait();
            }
            bystander.join();
            interrupted.join();
            assertTrue(surprises.isEmpty(), surprises::toString);
            verify(db, commits.get());
        }
        try (Database db = Database.open(directory, OPTIONS)) {
            verify(db, commits.get());
        }
    }

    @Test
    void shouldEndAWait(@TempDir Path directory) throws InterruptedException {
        try (Database db = Database.open(directory, OPTIONS)) {
            load(db);
            Table rows = db.table("rows");
            CountDownLatch waits = new CountDownLatch(1);
            Queue<SqlState> states = new ConcurrentLinkedQueue<>();
            Transaction holder = db.begin();
            rows.update(holder, 1L, change -> change.setLong("value", 5));
            Thread waiter = new Thread(() -> {
                try (Transaction tx = db.begin(TransactionOptions.DEFAULT.withWaitListener(listener(waits)))) {
                    rows.update(tx, 1L, change -> change.setLong("value", 6));
                    tx.commit();
                } catch (CanceledException e) {
                    states.add(e.sqlState());
                }
            });
            waiter.start();
            waits.await();
            waiter.interrupt();
            waiter.join();
            assertEquals("[QUERY_CANCELED]", states.toString());
            holder.commit();
            assertEquals(5, (long) db.read(tx -> rows.get(tx, 1L).longValue("value")));
        }
    }

    private static WaitListener listener(CountDownLatch waits) {
        return new WaitListener() {
            @Override
            public void waiting(String what) {
                waits.countDown();
            }

            @Override
            public void waitOver() {}
        };
    }

    private static void load(Database db) {
        db.transact(tx -> {
            tx.createTable(TableSchema.named("rows")
                    .column("id", ColumnType.BIGINT)
                    .column("value", ColumnType.BIGINT)
                    .column("padding", ColumnType.TEXT)
                    .primaryKey("id")
                    .build());
            for (long id = 0; id < ROWS; id++) {
                db.table("rows").insert(tx, id, 0L, "p".repeat(900));
            }
            return null;
        });
    }

    /** @param cancels null if this thread isn't interrupted and must have no error */
    private static void work(Database db, long seed, AtomicLong commits, AtomicLong cancels) {
        SplittableRandom random = new SplittableRandom(seed);
        Table rows = db.table("rows");
        for (int i = 0; i < TRANSACTIONS; i++) {
            Transaction tx = db.begin(TransactionOptions.DEFAULT.withSynchronousCommit(random.nextInt(4) == 0));
            try {
                for (int read = 0; read < 10; read++) {
                    Row row = rows.get(tx, random.nextLong(ROWS));
                    assertEquals(900, row.stringValue("padding").length());
                }
                rows.update(
                        tx,
                        random.nextLong(ROWS),
                        c -> c.setLong("value", c.row().longValue("value") + 1));
                tx.commit();
                commits.incrementAndGet();
            } catch (CanceledException e) {
                if (cancels == null || e.sqlState() != SqlState.QUERY_CANCELED) {
                    throw e;
                }
                cancels.incrementAndGet();
            } finally {
                tx.close();
            }
            Thread.interrupted();
        }
    }

    private static void verify(Database db, long commits) {
        SimulatedEngine.check(db);
        long sum = db.read(tx -> {
            try (RowStream stream = db.table("rows").scan(tx, Scan.all())) {
                return stream.stream().mapToLong(row -> row.longValue("value")).sum();
            }
        });
        assertEquals(commits, sum);
    }
}
