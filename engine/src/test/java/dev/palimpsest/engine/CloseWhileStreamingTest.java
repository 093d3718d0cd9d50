package dev.palimpsest.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The database is closed while a user is at streams, outside of any call into the engine. */
@Timeout(120)
class CloseWhileStreamingTest {
    private static final int ROUNDS = 4;

    /** So many that the closing meets their user at work in every round. */
    private static final int STREAMS = 20_000;

    @Test
    void shouldCloseCleanlyWhileStreamsAreBeingClosed() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            Database db = open();
            CountDownLatch busy = new CountDownLatch(1);
            FutureTask<Void> user = new FutureTask<>(() -> {
                List<RowStream> streams = openStreams(db);
                for (int i = 0; i < STREAMS; i++) {
                    if (i == STREAMS / 20) {
                        busy.countDown();
                    }
                    streams.get(i).close();
                }
                return null;
            });
            start(user);
            busy.await();
            db.close(); // throws if it failed
            user.get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void shouldGiveRowsOrAnErrorWhileItIsClosed() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            Database db = open();
            CountDownLatch busy = new CountDownLatch(1);
            FutureTask<String> user = new FutureTask<>(() -> {
                List<RowStream> streams = openStreams(db);
                busy.countDown();
                try {
                    for (RowStream stream : streams) {
                        while (stream.hasNext()) {
                            Row row = stream.next();
                            row.longValue(0); // no null ever
                        }
                    }
                } catch (EngineException e) {
                    return e.sqlState().code();
                }
                return "57P01";
            });
            start(user);
            busy.await();
            db.close();
            String state = user.get(60, TimeUnit.SECONDS);
            assertEquals(true, state.equals("57P01") || state.equals("24000"), state);
        }
    }

    @Test
    void shouldEndWhenItsOwnPredicateClosesIt() {
        Database db = open();
        try (Transaction tx = db.begin()) {
            RowStream[] stream = new RowStream[1];
            stream[0] = db.table("t").scan(tx, Scan.all().where(row -> {
                stream[0].close();
                return true;
            }));
            assertFalse(stream[0].hasNext());
        }
        db.close();
    }

    private static Database open() {
        Database db = Database.openInMemory();
        db.transact(tx -> {
            tx.createTable(TableSchema.named("t")
                    .column("id", ColumnType.BIGINT)
                    .primaryKey("id")
                    .build());
            Table table = db.table("t");
            for (long id = 0; id < 20; id++) {
                table.insert(tx, id);
            }
            return null;
        });
        return db;
    }

    private static List<RowStream> openStreams(Database db) {
        Transaction tx = db.begin();
        List<RowStream> streams = new ArrayList<>();
        for (int i = 0; i < STREAMS; i++) {
            streams.add(db.table("t").scan(tx, Scan.index("t_pkey")));
        }
        return streams;
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "user");
        thread.setDaemon(true);
        thread.start();
    }
}
