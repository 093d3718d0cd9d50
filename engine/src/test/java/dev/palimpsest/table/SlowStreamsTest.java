package dev.palimpsest.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.engine.EngineConfig;
import dev.palimpsest.engine.EngineDatabase;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.storage.MemoryDisk;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Big values whose sources are slow. */
@Timeout(120)
class SlowStreamsTest {
    private static final int FRAMES = 16;
    private static final int BYTES = 100_000;

    @Test
    void shouldNotKeepFramesFromOthersWhileSourcesAreAwaited() throws Exception {
        EngineConfig config = EngineConfig.of(new MemoryDisk(), new ThreadScheduler(), DatabaseOptions.DEFAULT)
                .withFrames(FRAMES);
        try (Database db = EngineDatabase.open(config)) {
            db.transact(tx -> {
                tx.createTable(TableSchema.named("t")
                        .column("id", ColumnType.BIGINT)
                        .column("value", ColumnType.BYTEA)
                        .primaryKey("id")
                        .build());
                return null;
            });
            Table table = db.table("t");
            CountDownLatch waiting = new CountDownLatch(FRAMES);
            CountDownLatch comes = new CountDownLatch(1);
            List<FutureTask<Void>> writers = new ArrayList<>();
            for (long id = 0; id < FRAMES; id++) {
                long key = id;
                writers.add(new FutureTask<>(() -> db.transact(tx -> {
                    table.insert(tx, key, new Source(waiting, comes));
                    return null;
                })));
                Thread thread = new Thread(writers.get((int) id), "writer " + id);
                thread.setDaemon(true);
                thread.start();
            }
            assertTrue(waiting.await(60, TimeUnit.SECONDS), "not all of them got to the end of what came");
            db.transact(tx -> {
                table.insert(tx, 1_000L, new byte[BYTES]);
                return null;
            });
            comes.countDown();
            for (FutureTask<Void> writer : writers) {
                writer.get(60, TimeUnit.SECONDS);
            }
            for (long id = 0; id < FRAMES; id++) {
                long key = id;
                assertEquals(BYTES, (int) db.read(tx -> table.get(tx, key).bytesValue(1).length));
            }
        }
    }

    /** Half of it comes at once, the rest when it is let. */
    private static final class Source extends InputStream {
        private final CountDownLatch waiting;
        private final CountDownLatch comes;
        private int given;

        Source(CountDownLatch waiting, CountDownLatch comes) {
            this.waiting = waiting;
            this.comes = comes;
        }

        @Override
        public int read() {
            if (given == BYTES / 2) {
                waiting.countDown();
                try {
                    comes.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
            return given++ < BYTES ? 7 : -1;
        }
    }
}
