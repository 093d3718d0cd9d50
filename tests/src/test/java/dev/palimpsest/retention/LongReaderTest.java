package dev.palimpsest.retention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.HeapMapPage;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.api.VacuumReport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a pinned snapshot costs, in numbers: 10,000 hot rows of 200,000 change all the time, on real files, with autovacuum and the real archive.
 * At most one version a hot row and snapshot is kept, the heap doesn't grow, each reader sums its own truth, and after its end all it kept is
 * gone within one cycle.
 */
class LongReaderTest {
    private static final int ROWS = 200_000;
    private static final int HOT = 10_000;
    private static final int BATCH = 50;

    private static final DatabaseOptions OPTIONS = DatabaseOptions.DEFAULT
            .withBufferPoolBytes(128 << 20)
            .withAutovacuum(AutovacuumOptions.DEFAULT.withNaptimeMillis(200).withVacuumCost(0, 200));
    private static final TransactionOptions ASYNCHRONOUS = TransactionOptions.DEFAULT.withSynchronousCommit(false);

    @TempDir
    Path directory;

    private final SplittableRandom random = new SplittableRandom(1);
    private Database db;
    private Table table;

    /** So many updates have committed: the sum of all values. */
    private long updates;

    /** A reader and its truth. */
    private record Reader(Transaction tx, long sum) {}

    private record Sizes(int pages, long dead, long pinned, long archived) {
        long kept() {
            return pinned + archived;
        }
    }

    @Test
    void shouldKeepOneVersionOfEachHotRowForOneSnapshot() {
        int unpinned = pagesWithoutPin();
        with("pinned", () -> {
            Reader reader = begin();
            for (int round = 1; round <= 4; round++) {
                update(500_000);
                requireBounds(vacuum(), 1, unpinned);
                requireTruth(reader);
            }
            assertEquals(2_000_000, updates);
            reader.tx().commit();
            requireNothingKept(vacuum(), unpinned);
        });
    }

    @Test
    void shouldKeepOneVersionOfEachHotRowForEachOfManySnapshots() {
        int unpinned = pagesWithoutPin();
        for (int snapshots : new int[] {10, 100}) {
            with("pinned-" + snapshots, () -> {
                List<Reader> readers = new ArrayList<>();
                for (int i = 0; i < snapshots; i++) {
                    readers.add(begin());
                    update(300_000 / snapshots);
                    if (i % Math.max(1, snapshots / 33) == 0) {
                        vacuum(); // in a few seconds, naps alone would leave most of it to the end, and rows would move
                        // meanwhile
                    }
                }
                requireBounds(vacuum(), snapshots, unpinned);
                readers.forEach(this::requireTruth);
                for (int i = snapshots - 1; i >= 0; i -= 2) { // every other one: what stays is still all of the others
                    readers.remove(i).tx().commit();
                }
                update(20_000);
                requireBounds(vacuum(), readers.size(), unpinned);
                readers.forEach(this::requireTruth);
                readers.forEach(reader -> reader.tx().commit());
                requireNothingKept(vacuum(), unpinned);
            });
        }
    }

    /** Fewer updates do: every page of hot rows has been pruned many times. */
    private int pagesWithoutPin() {
        int[] pages = new int[1];
        with("unpinned", () -> {
            update(300_000);
            pages[0] = vacuum().pages();
        });
        return pages[0];
    }

    private void with(String name, Runnable work) {
        try (Database opened = Database.open(directory.resolve(name), OPTIONS)) {
            db = opened;
            load();
            work.run();
        }
    }

    private void load() {
        table = db.table("accounts");
        updates = 0;
        String padding = "p".repeat(100);
        db.transact(tx -> {
            tx.createTable(TableSchema.named("accounts")
                    .column("id", ColumnType.BIGINT)
                    .column("balance", ColumnType.BIGINT)
                    .column("padding", ColumnType.TEXT)
                    .primaryKey("id")
                    .build());
            return table.insertAll(
                    tx,
                    LongStream.range(0, ROWS)
                            .mapToObj(id -> new Object[] {id, 0L, padding})
                            .iterator());
        });
    }

    private void update(int count) {
        for (int done = 0; done < count; done += BATCH) {
            db.transact(ASYNCHRONOUS, tx -> {
                for (int i = 0; i < BATCH; i++) {
                    table.update(
                            tx,
                            random.nextInt(HOT),
                            change -> change.setLong(1, change.row().longValue(1) + 1));
                }
                return null;
            });
            updates += BATCH;
        }
    }

    private Reader begin() {
        Transaction tx = db.begin(TransactionOptions.READ_ONLY.withIsolation(IsolationLevel.REPEATABLE_READ));
        table.get(tx, 0L);
        return new Reader(tx, updates);
    }

    private void requireTruth(Reader reader) {
        long[] sum = new long[2];
        try (RowStream stream = table.scan(reader.tx(), Scan.all())) {
            stream.forEachRemaining(row -> {
                sum[0] += row.longValue(1);
                sum[1]++;
            });
        }
        assertEquals(reader.sum(), sum[0], "sum");
        assertEquals(ROWS, sum[1], "rows");
    }

    /** One whole cycle, and what is there after it. */
    private Sizes vacuum() {
        for (VacuumReport report : db.vacuum(VacuumOptions.DEFAULT.withAwaitArchive(true), "accounts")) {
            assertTrue(report.isDone(), report::skipped);
        }
        return db.read(tx -> {
            long dead = 0;
            long pinned = 0;
            long archived = 0;
            List<HeapMapPage> pages = db.heapMap(tx, "accounts");
            for (HeapMapPage page : pages) {
                dead += page.deadVersions();
                pinned += page.pinnedVersions();
                archived += page.archivedVersions();
            }
            return new Sizes(pages.size(), dead, pinned, archived);
        });
    }

    /** Nobody writes now: nothing is in flight. */
    private static void requireBounds(Sizes sizes, int snapshots, int unpinned) {
        assertTrue(sizes.kept() <= (long) HOT * snapshots, () -> sizes + " snapshots=" + snapshots);
        assertTrue(sizes.kept() >= HOT / 2, () -> "nothing was pinned: " + sizes);
        assertTrue(sizes.pages() * 10L <= unpinned * 11L, () -> sizes + " unpinned=" + unpinned);
    }

    private static void requireNothingKept(Sizes sizes, int unpinned) {
        assertEquals(0, sizes.kept() + sizes.dead(), sizes::toString);
        assertTrue(sizes.pages() * 10L <= unpinned * 11L, () -> sizes + " unpinned=" + unpinned);
    }
}
