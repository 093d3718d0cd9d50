package dev.palimpsest.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.DatabaseStatistics;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.engine.EngineConfig;
import dev.palimpsest.engine.EngineDatabase;
import dev.palimpsest.reclaim.ArchiveFactory;
import dev.palimpsest.reclaim.VacuumSettings;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.storage.MemoryDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The flight recorder's events, each at least once with what it tells, and the counters beside them. */
class EventsTest {
    private static final List<String> NAMES = List.of(
            "VacuumCycle", "PagePruned", "VersionsReclaimed", "VersionsArchived", "LockWait", "Checkpoint", "WalFlush");

    @TempDir
    Path directory;

    private Database db;
    private Table rows;
    private List<RecordedEvent> events;

    @Test
    void shouldRecordEachEvent() throws Exception {
        VacuumSettings vacuum = new VacuumSettings(AutovacuumOptions.OFF, ArchiveFactory.onHeap(1 << 20), 1 << 20);
        try (Database opened = EngineDatabase.open(
                        EngineConfig.of(new MemoryDisk(), new ThreadScheduler(), DatabaseOptions.DEFAULT)
                                .withVacuum(vacuum));
                Recording recording = new Recording()) {
            db = opened;
            rows = db.table("rows");
            NAMES.forEach(name -> recording.enable("dev.palimpsest." + name).withoutThreshold());
            recording.start();
            work();
            recording.stop();
            Path file = directory.resolve("events.jfr");
            recording.dump(file);
            check(file);
        }
    }

    private void work() throws Exception {
        db.transact(tx -> {
            tx.createTable(TableSchema.named("rows")
                    .column("id", ColumnType.BIGINT)
                    .column("value", ColumnType.BIGINT)
                    .primaryKey("id")
                    .build());
            for (long id = 0; id < 200; id++) {
                rows.insert(tx, id, 0L);
            }
            return null;
        });
        for (int round = 0; round < 3; round++) {
            updateAll();
        }
        Transaction reader = db.begin(TransactionOptions.DEFAULT.withIsolation(IsolationLevel.REPEATABLE_READ));
        rows.get(reader, 1L);
        updateAll();
        db.vacuum(VacuumOptions.DEFAULT.withAwaitArchive(true), "rows");
        reader.close();
        db.transact(tx -> rows.delete(tx, 3L));
        db.vacuum(VacuumOptions.DEFAULT.withAwaitArchive(true), "rows");
        waitForARow();
        db.checkpoint();
    }

    private void updateAll() {
        for (long id = 0; id < 200; id++) {
            long key = id;
            db.transact(
                    TransactionOptions.DEFAULT.withSynchronousCommit(false),
                    tx -> rows.update(tx, key, change -> change.setLong("value", 1)));
        }
    }

    private void waitForARow() throws Exception {
        CompletableFuture<Void> waiter;
        try (Transaction holder = db.begin()) {
            rows.update(holder, 7L, change -> change.setLong("value", 8));
            waiter = CompletableFuture.runAsync(() ->
                    db.transact(tx -> rows.update(tx, 7L, change -> change.setLong("value", 9))));
            while (db.sessions().stream().noneMatch(session -> "waiting".equals(session.state()))) {
                Thread.onSpinWait();
            }
        }
        waiter.get();
    }

    private void check(Path file) throws IOException {
        events = RecordingFile.readAllEvents(file);
        assertSome("VacuumCycle", e -> e.getString("table").equals("rows") && e.getLong("versionsArchived") > 0);
        assertSome("PagePruned", e -> e.getInt("versions") > 0 && e.getInt("relation") > 0);
        assertSome("VersionsReclaimed", e -> e.getInt("versions") > 0);
        assertSome("VersionsReclaimed", e -> e.getInt("archivedVersions") > 0);
        assertSome("VersionsArchived", e -> e.getInt("versions") > 0);
        assertSome(
                "LockWait",
                e -> e.getBoolean("granted")
                        && e.getString("waitedFor") != null
                        && e.getDuration().toNanos() > 0);
        assertSome("Checkpoint", e -> e.getBoolean("immediate") && e.getLong("redoLsn") > 0);
        assertSome("WalFlush", e -> e.getLong("bytes") > 0);
        DatabaseStatistics statistics = db.statistics();
        assertEquals(2, statistics.vacuums());
        assertTrue(
                statistics.versionsArchived() > 0
                        && statistics.versionsReclaimed() >= statistics.versionsArchived()
                        && statistics.pagesMadeAllVisible() > 0,
                statistics::toString);
        assertEquals(0, statistics.archiveBytes());
    }

    private void assertSome(String name, Predicate<RecordedEvent> told) {
        assertTrue(
                events.stream()
                        .anyMatch(event ->
                                event.getEventType().getName().equals("dev.palimpsest." + name) && told.test(event)),
                () -> name + " among "
                        + events.stream()
                                .filter(event -> event.getEventType().getName().endsWith(name))
                                .toList());
    }
}
