package dev.palimpsest.vacuum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.api.VacuumReport.IndexReport;
import dev.palimpsest.engine.EngineDatabase;
import dev.palimpsest.inspect.CheckProgress;
import dev.palimpsest.inspect.InspectableDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One vacuum after the other on a real database: what it takes, what it leaves, and that others see the same rows as before. */
class VacuumTest {
    private static final int ROWS = 2_000;

    @TempDir
    Path directory;

    private Database db;
    private Table table;

    @BeforeEach
    void open() {
        db = Database.open(directory, DatabaseOptions.DEFAULT.withAutovacuum(AutovacuumOptions.OFF));
        table = db.table("t");
        db.transact(tx -> {
            tx.createTable(TableSchema.named("t")
                    .column("id", ColumnType.BIGINT)
                    .column("name", ColumnType.TEXT)
                    .column("balance", ColumnType.BIGINT)
                    .primaryKey("id")
                    .unique("name")
                    .build());
            return null;
        });
    }

    @AfterEach
    void checkAndClose() {
        assertEquals(List.of(), ((InspectableDatabase) db).check(CheckProgress.NONE));
        db.close();
    }

    private void insert(long from, long to) {
        db.transact(tx -> {
            for (long id = from; id < to; id++) {
                table.insert(tx, id, "name " + id, 0L);
            }
            return null;
        });
    }

    private void insertRow(long id, String name) {
        db.transact(tx -> {
            table.insert(tx, id, name, 0L);
            return null;
        });
    }

    private void delete(long from, long to) {
        db.transact(tx -> {
            for (long id = from; id < to; id++) {
                table.delete(tx, id);
            }
            return null;
        });
    }

    private VacuumReport vacuum() {
        List<VacuumReport> reports = db.vacuum(VacuumOptions.DEFAULT.withAwaitArchive(true), "t");
        assertEquals(1, reports.size());
        assertTrue(reports.get(0).isDone(), () -> "" + reports);
        return reports.get(0);
    }

    private int count() {
        return db.read(tx -> {
            int rows = 0;
            try (RowStream stream = table.scan(tx, Scan.all())) {
                for (; stream.hasNext(); stream.next()) {
                    rows++;
                }
            }
            return rows;
        });
    }

    private long fileBytes() throws Exception {
        db.checkpoint();
        try (Stream<Path> files = Files.list(directory.resolve("base"))) {
            return files.filter(file -> !file.getFileName().toString().contains("_"))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    @Test
    void shouldFreeDeletedRowsAndUseTheirPlacesAgain() {
        insert(0, ROWS);
        delete(0, ROWS / 2);
        VacuumReport report = vacuum();
        assertEquals(ROWS / 2, report.rows(), () -> "" + report);
        assertEquals(ROWS / 2, report.versionsRemoved(), () -> "" + report);
        assertEquals(ROWS / 2, report.linePointersFreed(), () -> "" + report);
        assertEquals(0, report.versionsPinned(), () -> "" + report);
        assertEquals(2, report.indexes().size());
        report.indexes().forEach(index -> assertEquals(ROWS / 2, index.entriesRemoved(), () -> "" + report));
        int pages = report.pagesAfter();
        insert(ROWS, ROWS + ROWS / 2);
        assertEquals(ROWS, count());
        assertEquals(pages, vacuum().pagesAfter(), "freed places are used again");
    }

    /** Rows whose entries were never made: an insert that failed in the primary key's index, and rows that were dead before an index was built. */
    @Test
    void shouldFreeRowsThatHaveNoEntries() {
        insert(0, ROWS);
        for (long id = 0; id < 10; id++) {
            long taken = id;
            EngineException e = assertThrows(EngineException.class, () -> insertRow(taken, "free " + taken));
            assertEquals("23505", e.sqlState().code());
        }
        delete(0, 100);
        db.transact(tx -> {
            tx.createIndex(IndexSchema.on("t", "balance").named("t_balance"));
            return null;
        });
        delete(100, 300);
        VacuumReport report = vacuum();
        assertEquals(310, report.linePointersFreed(), () -> "" + report);
        Map<String, Long> removed =
                report.indexes().stream().collect(Collectors.toMap(IndexReport::index, IndexReport::entriesRemoved));
        assertEquals(Map.of("t_pkey", 300L, "t_name_key", 300L, "t_balance", 200L), removed);
    }

    @Test
    void shouldTellOfIndexPagesThatSplitsMayUseAgain() {
        insert(0, ROWS);
        delete(0, ROWS / 2);
        IndexReport index = vacuum().indexes().get(0);
        assertTrue(index.pagesDeleted() > 0, () -> "" + index);
        assertEquals(index.pagesDeleted(), index.pagesReusable(), () -> "" + index);
        db.close();
        db = Database.open(directory, DatabaseOptions.DEFAULT.withAutovacuum(AutovacuumOptions.OFF));
        table = db.table("t");
        IndexReport later = vacuum().indexes().get(0);
        assertEquals(0, later.pagesDeleted(), () -> "" + later);
        assertEquals(index.pagesReusable(), later.pagesReusable(), () -> "" + later);
    }

    @Test
    void shouldSkipPagesThatAreClean() {
        insert(0, ROWS);
        VacuumReport first = vacuum();
        assertEquals(first.pagesBefore(), first.pagesScanned());
        assertEquals(first.pagesBefore(), first.pagesVisible(), () -> "" + first);
        VacuumReport second = vacuum();
        assertEquals(0, second.pagesScanned(), () -> "" + second);
        delete(7, 8);
        VacuumReport third = vacuum();
        assertEquals(1, third.pagesScanned(), () -> "" + third);
        assertEquals(1, third.linePointersFreed(), () -> "" + third);
    }

    @Test
    void shouldGiveTheEndOfTheFileBack() throws Exception {
        insert(0, 10 * ROWS);
        long before = fileBytes();
        delete(ROWS, 10 * ROWS);
        VacuumReport report = vacuum();
        assertTrue(report.pagesAfter() <= report.pagesBefore() / 8, () -> "" + report);
        assertTrue(fileBytes() < before);
        assertEquals(ROWS, count());
        insert(ROWS, 2 * ROWS);
        assertEquals(2 * ROWS, count());
    }

    /** The first page that has something for the archive is visited twice: the archive is made in between. */
    @Test
    void shouldCountOnceWhatAPageTellsTwice() {
        insert(0, 100);
        delete(0, 50);
        try (Transaction reader = db.begin(TransactionOptions.DEFAULT.withIsolation(IsolationLevel.REPEATABLE_READ))) {
            table.get(reader, 99L);
            delete(50, 60);
            VacuumReport report = vacuum();
            assertEquals(10, report.versionsInArchive(), () -> "" + report);
            assertEquals(50, report.linePointersFreed(), () -> "" + report);
        }
    }

    @Test
    void shouldLeaveWhatASnapshotSees() {
        insert(0, ROWS);
        try (Transaction reader = db.begin(TransactionOptions.DEFAULT.withIsolation(IsolationLevel.REPEATABLE_READ))) {
            table.get(reader, 1L);
            delete(0, ROWS / 2);
            VacuumReport report = vacuum();
            assertEquals(0, report.linePointersFreed(), () -> "" + report);
            assertEquals(0, report.versionsRemoved(), () -> "" + report);
            assertEquals(ROWS / 2, report.versionsPinned() + report.versionsInArchive(), () -> "" + report);
            for (long id = 0; id < ROWS; id++) {
                assertEquals("name " + id, table.get(reader, id).stringValue("name"));
            }
        }
        VacuumReport report = vacuum();
        assertEquals(ROWS / 2, report.linePointersFreed(), () -> "" + report);
        assertEquals(0, report.versionsInArchive() + report.versionsPinned(), () -> "" + report);
        assertNull(db.read(tx -> table.get(tx, 1L)));
    }

    /** What only the archive held is gone with the last run, and with it the keys: the first cycle of the next one frees the places. */
    @Test
    void shouldClearUpBehindTheLastRun() {
        insert(0, ROWS);
        try (Transaction reader = db.begin(TransactionOptions.DEFAULT.withIsolation(IsolationLevel.REPEATABLE_READ))) {
            table.get(reader, 1L);
            delete(0, 10);
            assertEquals(10, vacuum().versionsInArchive());
        }
        db.close();
        db = Database.open(directory, DatabaseOptions.DEFAULT.withAutovacuum(AutovacuumOptions.OFF));
        table = db.table("t");
        List<VacuumReport> cycle = ((EngineDatabase) db).runAutovacuum();
        VacuumReport report = cycle.stream()
                .filter(one -> one.table().equals("t"))
                .findFirst()
                .orElseThrow();
        assertEquals(10, report.linePointersFreed(), () -> "" + report);
        assertEquals(1, report.indexes().get(0).fullScans(), () -> "" + report);
        assertEquals(List.of(), ((EngineDatabase) db).runAutovacuum());
        assertEquals(ROWS - 10, count());
    }
}
