package dev.palimpsest.retention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.HeapMapPage;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.api.WaitPolicy;
import java.nio.file.Path;
import java.util.ArrayDeque;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A queue at a steady rate (insert, claim with SKIP LOCKED, delete) while overlapping readers each span thousands of jobs: after each cycle only
 * what some reader sees is left, before it at most what one cycle's jobs left behind, and neither table nor index grows.
 */
class QueueBacklogTest {
    private static final int DEPTH = 50;
    private static final int JOBS = 10_000;
    private static final int CYCLE = 500;
    private static final int READERS = 4;
    private static final int READER_SPAN = 4_000;

    @TempDir
    Path directory;

    private record Reader(Transaction tx, long count) {}

    @Test
    void shouldKeepTheBacklogOfOneCycle() {
        DatabaseOptions options = DatabaseOptions.DEFAULT.withAutovacuum(AutovacuumOptions.OFF);
        try (Database db = Database.open(directory.resolve("queue"), options)) {
            create(db);
            ArrayDeque<Reader> readers = new ArrayDeque<>();
            for (long job = 0; job < DEPTH; job++) {
                insert(db, job);
            }
            int mostPages = 0;
            int mostIndexPages = 0;
            for (int job = 0; job < JOBS; job++) {
                if (job % (READER_SPAN / READERS) == 0) {
                    if (readers.size() == READERS) {
                        end(db, readers.removeFirst());
                    }
                    readers.addLast(begin(db));
                }
                insert(db, DEPTH + job);
                claim(db, job);
                if (job % CYCLE == CYCLE - 1) {
                    long before = backlog(db);
                    VacuumReport report =
                            db.vacuum(VacuumOptions.DEFAULT, "queue").get(0);
                    long after = backlog(db);
                    int seen = DEPTH * readers.size();
                    assertTrue(before <= CYCLE + seen, "before=" + before);
                    assertTrue(after <= seen, "after=" + after);
                    if (job >= JOBS / 4) {
                        mostPages = Math.max(mostPages, report.pagesAfter());
                        mostIndexPages =
                                Math.max(mostIndexPages, report.indexes().get(0).pages());
                    }
                }
            }
            readers.forEach(reader -> end(db, reader));
            db.vacuum(VacuumOptions.DEFAULT, "queue");
            assertEquals(0, backlog(db));
            assertTrue(mostPages <= 60 && mostIndexPages <= 60, "pages=" + mostPages + " index=" + mostIndexPages);
        }
    }

    private static void create(Database db) {
        db.transact(tx -> {
            tx.createTable(TableSchema.named("queue")
                    .column("id", ColumnType.BIGINT)
                    .column("payload", ColumnType.TEXT)
                    .primaryKey("id")
                    .build());
            return null;
        });
    }

    private static void insert(Database db, long job) {
        db.transact(TransactionOptions.DEFAULT.withSynchronousCommit(false), tx -> {
            db.table("queue").insert(tx, job, "x".repeat(80));
            return null;
        });
    }

    private static void claim(Database db, long expected) {
        Table queue = db.table("queue");
        db.transact(TransactionOptions.DEFAULT.withSynchronousCommit(false), tx -> {
            Scan first = Scan.index("queue_pkey")
                    .lock(RowLockMode.UPDATE, WaitPolicy.SKIP_LOCKED)
                    .limit(1);
            long id;
            try (RowStream stream = queue.scan(tx, first)) {
                Row row = stream.next();
                id = row.longValue(0);
            }
            assertEquals(expected, id);
            assertTrue(queue.delete(tx, id));
            return null;
        });
    }

    private static Reader begin(Database db) {
        Transaction tx = db.begin(TransactionOptions.READ_ONLY.withIsolation(IsolationLevel.REPEATABLE_READ));
        return new Reader(tx, sum(db, tx));
    }

    private static void end(Database db, Reader reader) {
        assertEquals(reader.count(), sum(db, reader.tx()));
        reader.tx().commit();
    }

    private static long sum(Database db, Transaction tx) {
        long[] sum = new long[1];
        try (RowStream stream = db.table("queue").scan(tx, Scan.all())) {
            stream.forEachRemaining(row -> sum[0] += row.longValue(0) + 1);
        }
        return sum[0];
    }

    private static long backlog(Database db) {
        return db.read(tx -> db.heapMap(tx, "queue").stream()
                .mapToLong(QueueBacklogTest::dead)
                .sum());
    }

    private static long dead(HeapMapPage page) {
        return page.deadVersions() + page.pinnedVersions() + page.archivedVersions();
    }
}
