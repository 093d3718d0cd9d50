package dev.palimpsest.engine;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.CanceledException;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.storage.MemoryDisk;
import dev.palimpsest.table.SnapshotHolders;
import dev.palimpsest.tx.OldSnapshots;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Snapshots held too long. The looks at them are the test's own, at times that it chooses; one test has the task do it. */
class SnapshotAgeTest {
    private static final long HOUR = TimeUnit.HOURS.toMicros(1);
    private static final TransactionOptions REPEATABLE =
            TransactionOptions.DEFAULT.withIsolation(IsolationLevel.REPEATABLE_READ);

    private final ThreadScheduler scheduler = new ThreadScheduler();
    private EngineDatabase db;
    private Table rows;
    private OldSnapshots old;

    @BeforeEach
    void open() {
        open(DatabaseOptions.DEFAULT);
        old = new OldSnapshots(
                db.parts().transactions(), new SnapshotHolders(db.parts().tables()), 0, HOUR);
    }

    private void open(DatabaseOptions options) {
        db = EngineDatabase.open(EngineConfig.of(new MemoryDisk(), scheduler, options.withWalSegmentBytes(1 << 20)));
        rows = db.table("rows");
        db.transact(tx -> {
            tx.createTable(TableSchema.named("rows")
                    .column("id", ColumnType.BIGINT)
                    .column("value", ColumnType.BIGINT)
                    .primaryKey("id")
                    .build());
            for (long id = 0; id < 1000; id++) {
                rows.insert(tx, id, 0L);
            }
            return null;
        });
    }

    @AfterEach
    void close() {
        db.close();
    }

    private void lookIn(long micros) {
        old.check(scheduler.currentTimeMicros() + micros);
    }

    private void update(long id) {
        db.transact(tx -> rows.update(
                tx, id, change -> change.setLong("value", 1 + change.row().longValue("value"))));
    }

    private static void assertTooOld(Runnable use) {
        CanceledException e = assertThrows(CanceledException.class, use::run);
        assertEquals(SqlState.SNAPSHOT_TOO_OLD, e.sqlState());
        assertEquals("72000", e.sqlState().code());
        assertEquals("snapshot too old", e.getMessage());
        assertTrue(e.detail().contains("session=") && e.detail().contains("opened at="), e.detail());
    }

    private long pinned() {
        return db.pins().stream()
                .filter(pin -> !pin.isReclaimable())
                .mapToLong(pin -> pin.versions())
                .sum();
    }

    @Test
    void shouldGiveUpASnapshotThatNobodyIsAtWorkWith() {
        Transaction reader = db.begin(REPEATABLE);
        rows.get(reader, 1L);
        update(1);
        assertEquals(1, pinned());
        lookIn(HOUR / 2);
        assertEquals(1, pinned(), "not old enough");
        lookIn(2 * HOUR);
        assertEquals(0, pinned(), "reclaim doesn't wait for it");
        assertEquals(1, old.givenUpCount());
        assertTooOld(() -> rows.get(reader, 1L));
        EngineException after = assertThrows(EngineException.class, () -> rows.get(reader, 1L));
        assertEquals(SqlState.IN_FAILED_SQL_TRANSACTION, after.sqlState());
        reader.rollback();
    }

    @Test
    void shouldFailInTheMiddleOfAScan() {
        Transaction reader = db.begin();
        RowStream stream = rows.scan(reader, Scan.all());
        for (int i = 0; i < 100; i++) {
            stream.next();
        }
        update(999);
        lookIn(2 * HOUR);
        assertEquals(0, pinned());
        assertTooOld(() -> {
            while (stream.hasNext()) { // what was read before may still come
                stream.next();
            }
        });
        reader.rollback();
    }

    @Test
    void shouldLetOtherStatementsOfTheTransactionGoOn() {
        Transaction tx = db.begin();
        RowStream forgotten = rows.scan(tx, Scan.all());
        forgotten.next();
        lookIn(2 * HOUR);
        assertEquals(0, rows.get(tx, 5L).longValue("value"));
        assertTrue(rows.update(tx, 5L, change -> change.setLong("value", 7)));
        forgotten.close();
        tx.commit();
        assertEquals(7L, db.<Long>read(reader -> rows.get(reader, 5L).longValue("value")));
    }

    /** A reader inside the engine is never left without its versions: reclaim goes on waiting until it has noticed. */
    @Test
    void shouldNotGiveUpASnapshotUnderAReadersFeet() {
        Transaction reader = db.begin(REPEATABLE);
        rows.get(reader, 1L);
        update(1);
        long[] pinnedInside = new long[1];
        List<Long> seen = new ArrayList<>();
        assertTooOld(() -> rows.updateAll(
                reader,
                Scan.all().where(row -> {
                    if (seen.isEmpty()) {
                        lookIn(2 * HOUR);
                        pinnedInside[0] = pinned();
                    }
                    seen.add(row.longValue("value"));
                    return false;
                }),
                change -> {}));
        assertEquals(1, pinnedInside[0], "still kept while the reader is at work");
        assertTrue(seen.size() < 1000 && seen.stream().allMatch(value -> value == 0), seen::toString);
        assertEquals(0, pinned(), "let go of by the failure");
        reader.rollback();
    }

    @Test
    void shouldWakeWhoWaitsForARow() throws Exception {
        try (Transaction holder = db.begin()) {
            rows.lock(holder, RowLockMode.UPDATE, WaitPolicy.BLOCK, 1L);
            Transaction waiter = db.begin(REPEATABLE);
            rows.get(waiter, 1L);
            CompletableFuture<Void> result =
                    CompletableFuture.runAsync(() -> rows.update(waiter, 1L, change -> change.setLong("value", 5)));
            while (db.sessions().stream().noneMatch(session -> "waiting".equals(session.state()))) {
                Thread.onSpinWait();
            }
            lookIn(2 * HOUR);
            Throwable e = assertThrows(Exception.class, result::get).getCause();
            assertEquals(SqlState.SNAPSHOT_TOO_OLD, ((EngineException) e).sqlState());
            waiter.rollback();
            assertTrue(holder.isActive());
        }
    }

    /** The next holder of a slot isn't taken for the one before. */
    @Test
    void shouldForgetWhatASlotWas() {
        for (int i = 1; i <= 100; i++) {
            Transaction reader = db.begin(REPEATABLE);
            rows.get(reader, 1L);
            lookIn(2 * i * HOUR);
            assertEquals(i, old.givenUpCount());
            reader.rollback();
            Transaction young = db.begin(REPEATABLE);
            assertDoesNotThrow(() -> rows.get(young, 1L));
            young.commit();
        }
    }

    @Test
    void shouldWarnOncePerSnapshot() {
        List<String> messages = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord log) {
                messages.add(log.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(OldSnapshots.class.getName());
        logger.setUseParentHandlers(false);
        logger.addHandler(handler);
        try {
            OldSnapshots warning = new OldSnapshots(
                    db.parts().transactions(), new SnapshotHolders(db.parts().tables()), HOUR, 0);
            Transaction reader = db.begin(REPEATABLE);
            reader.statementText("SELECT * FROM rows");
            rows.get(reader, 1L);
            for (int i = 1; i < 5; i++) {
                warning.check(scheduler.currentTimeMicros() + i * HOUR);
            }
            assertEquals(1, messages.size(), messages::toString);
            assertTrue(messages.get(0).contains("opened at=SELECT * FROM rows"), messages::toString);
            assertTrue(messages.get(0).contains("session=" + reader.sessionId()), messages::toString);
            assertEquals(0, rows.get(reader, 1L).longValue("value"));
            reader.commit();
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(true);
        }
    }

    @Test
    void shouldBeLookedForByATask() {
        db.close();
        open(DatabaseOptions.DEFAULT.withMaxSnapshotAge(Duration.ofMillis(40)));
        Transaction reader = db.begin(REPEATABLE);
        rows.get(reader, 1L);
        update(1);
        while (pinned() != 0) {
            Thread.onSpinWait();
        }
        assertTooOld(() -> rows.get(reader, 1L));
        assertFalse(reader.isFailed() && !reader.isActive());
        reader.rollback();
    }
}
