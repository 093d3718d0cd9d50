package dev.palimpsest.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.engine.EngineConfig;
import dev.palimpsest.engine.EngineDatabase;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.storage.MemoryDisk;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who may read through an index between its builder's publication and the builder's end. */
@Timeout(120)
class IndexValidityTest {
    private static final long PATIENCE_SECONDS = 60;

    private final Hooked scheduler = new Hooked();
    private final Database db =
            EngineDatabase.open(EngineConfig.of(new MemoryDisk(), scheduler, DatabaseOptions.DEFAULT));
    private final Table rows = db.table("rows");

    /** The catalog has no reading, and the reader's snapshot is no older than the newest commit, when the builder begins. */
    @Test
    void shouldNotLetAnOlderSnapshotReadThroughAnIndexThatIsPublishedButWhoseBuilderHasNotEnded() throws Exception {
        db.transact(tx -> {
            tx.createTable(table("rows"));
            tx.createTable(table("other"));
            rows.insert(tx, 1L, 10L);
            rows.insert(tx, 2L, 20L);
            return null;
        });
        Transaction reader = db.begin(TransactionOptions.READ_ONLY);
        readOtherWhileATableIsMade(reader);

        CountDownLatch published = new CountDownLatch(1);
        CountDownLatch readerIsDone = new CountDownLatch(1);
        FutureTask<Object> builder = new FutureTask<>(() -> db.transact(tx -> {
            tx.createTable(table("second")); // from here on its own view: the cache stays empty
            rows.update(tx, 1L, c -> c.setLong(1, 99));
            rows.delete(tx, 2L);
            tx.createIndex(IndexSchema.on("rows", "k").named("by_k"));
            assertEquals(List.of("(1, 99)"), read(tx, Scan.index("by_k")));
            once(Step.COMMIT_PUBLISHED, thread -> true, () -> {
                published.countDown();
                await(readerIsDone);
            });
            return null;
        }));
        start(builder);
        await(published);
        try {
            assertEquals(List.of("(1, 10)", "(2, 20)"), read(reader, Scan.all()));
            assertEquals(List.of("(1, 10)", "(2, 20)"), read(reader, Scan.index("by_k")));
        } finally {
            readerIsDone.countDown();
        }
        builder.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertEquals(List.of("(1, 10)", "(2, 20)"), read(reader, Scan.index("by_k")));
        reader.rollback();
        assertEquals(List.of("(1, 99)"), db.read(tx -> read(tx, Scan.index("by_k"))));
        db.close();
    }

    /** Looks its table up in the cache; then, before its snapshot's number is read, somebody's DDL empties the cache. */
    private void readOtherWhileATableIsMade(Transaction reader) {
        db.read(tx -> rows.get(tx, 1L)); // fills the cache
        Thread self = Thread.currentThread();
        once(Step.SNAPSHOT_PENDING, thread -> thread == self, () -> {
            FutureTask<Object> first = new FutureTask<>(() -> db.transact(tx -> {
                tx.createTable(table("first"));
                return null;
            }));
            start(first);
            try {
                first.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        db.table("other").get(reader, 7L);
    }

    private List<String> read(Transaction tx, Scan scan) {
        List<String> found = new ArrayList<>();
        try (RowStream stream = rows.scan(tx, scan)) {
            stream.forEachRemaining(row -> found.add(row.toString()));
        }
        return found;
    }

    private static TableSchema table(String name) {
        return TableSchema.named(name)
                .column("id", ColumnType.BIGINT)
                .column("k", ColumnType.BIGINT)
                .primaryKey("id")
                .build();
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "other user");
        thread.setDaemon(true);
        thread.start();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS), "nobody comes");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** At the next such step of such a thread. */
    private void once(Step step, Predicate<Thread> whose, Runnable work) {
        scheduler.hook = reached -> {
            if (reached == step && whose.test(Thread.currentThread())) {
                scheduler.hook = other -> {};
                work.run();
            }
        };
    }

    /** Real threads, with a hook at each step. */
    private static final class Hooked implements Scheduler {
        private final Scheduler real = new ThreadScheduler();
        private volatile Consumer<Step> hook = step -> {};

        @Override
        public void step(Step step) {
            hook.accept(step);
        }

        @Override
        public void park(Object blocker, long nanos) {
            real.park(blocker, nanos);
        }

        @Override
        public void unpark(Thread task) {
            real.unpark(task);
        }

        @Override
        public Thread spawn(String name, Runnable body) {
            return real.spawn(name, body);
        }

        @Override
        public void join(Thread task) {
            real.join(task);
        }

        @Override
        public boolean onEngineTask() {
            return real.onEngineTask();
        }

        @Override
        public long nanoTime() {
            return real.nanoTime();
        }

        @Override
        public long currentTimeMicros() {
            return real.currentTimeMicros();
        }

        @Override
        public RandomGenerator random() {
            return real.random();
        }
    }
}
