package dev.palimpsest.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.HeapMapPage;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.LiveSnapshot;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Session;
import dev.palimpsest.api.SnapshotPin;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.TupleVersion;
import dev.palimpsest.api.VisibilityRule;
import dev.palimpsest.api.VisibilityVerdict;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.heap.ArchivedVersions;
import dev.palimpsest.heap.Heap;
import dev.palimpsest.heap.MapArchive;
import dev.palimpsest.heap.PageOutcome;
import dev.palimpsest.heap.VacuumCollector;
import dev.palimpsest.heap.Visibility;
import dev.palimpsest.id.Lsn;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.tuple.TupleReader;
import dev.palimpsest.tx.Horizon;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** What can be seen of versions and of who keeps them. */
class InsightsTest {
    private static final TransactionOptions REPEATABLE =
            TransactionOptions.DEFAULT.withIsolation(IsolationLevel.REPEATABLE_READ);
    private static final VacuumCollector DEAF = new VacuumCollector() {
        @Override
        public void deadRoot(long tid, byte[] body) {}

        @Override
        public void archivedRoot(long tid, byte[] body) {}

        @Override
        public void link(int block, long target) {}
    };

    private EngineDatabase db;
    private Table rows;

    @BeforeEach
    void open() {
        db = (EngineDatabase) Database.openInMemory(DatabaseOptions.DEFAULT);
        rows = db.table("rows");
        db.transact(tx -> {
            tx.createTable(TableSchema.named("rows")
                    .column("id", ColumnType.BIGINT)
                    .column("value", ColumnType.BIGINT)
                    .primaryKey("id")
                    .build());
            return null;
        });
        put(1);
        update(1, 1); // what the catalog's making left is dead to all that comes now
    }

    @AfterEach
    void close() {
        db.close();
    }

    private void put(long id) {
        db.transact(tx -> {
            rows.insert(tx, id, 0L);
            return null;
        });
    }

    private void update(long id, long value) {
        db.transact(tx -> rows.update(tx, id, change -> change.setLong("value", value)));
    }

    private Transaction reader() {
        Transaction tx = db.begin(REPEATABLE.withReadOnly(true));
        rows.get(tx, 1L);
        return tx;
    }

    private Heap heap() {
        return db.parts().tables().currentCatalog().table("rows").heap();
    }

    private PageOutcome prune(int block) {
        Horizon horizon = db.parts().transactions().captureHorizon();
        return heap().vacuum().prunePage(block, horizon, DEAF);
    }

    private static SnapshotPin pin(List<SnapshotPin> pins, Transaction... holders) {
        Set<Long> ids = new HashSet<>();
        for (Transaction holder : holders) {
            ids.add(holder.sessionId());
        }
        return pins.stream()
                .filter(pin -> sessions(pin.snapshots()).equals(ids))
                .findFirst()
                .orElse(null);
    }

    private static Set<Long> sessions(List<LiveSnapshot> snapshots) {
        return snapshots.stream().map(LiveSnapshot::sessionId).collect(Collectors.toSet());
    }

    // ---- pins

    @Test
    void shouldTellWhatEachSnapshotKeepsAloneAndTogether() {
        Transaction first = reader();
        update(1, 2);
        Transaction second = reader();
        Transaction twin = reader();
        update(1, 3);
        List<SnapshotPin> pins = db.pins();
        assertEquals(1, pin(pins, first).versions());
        assertEquals(0, pin(pins, second).versions());
        assertEquals(1, pin(pins, second, twin).versions());
        assertTrue(pin(pins, second, twin).isShared());
        twin.close();
        pins = db.pins();
        assertEquals(1, pin(pins, second).versions());
        assertNull(pin(pins, second, twin));
        long before = pin(pins).versions();
        first.close();
        assertEquals(before + 1, pin(db.pins()).versions(), "dead since the last cycle");
        second.close();
    }

    @Test
    void shouldTellWhereASnapshotWasOpened() {
        try (Session session = db.openSession();
                Transaction tx = session.begin(REPEATABLE)) {
            tx.statementText("SELECT 1");
            rows.get(tx, 1L);
            tx.statementText("SELECT 2");
            rows.get(tx, 1L);
            LiveSnapshot snapshot = db.pins().get(0).snapshots().get(0);
            assertEquals("SELECT 1", snapshot.openedAt());
            assertEquals(session.id(), snapshot.sessionId());
            assertEquals(LiveSnapshot.Kind.POINT, snapshot.kind());
            assertTrue(snapshot.ageMicros() >= 0 && snapshot.ageMicros() < 60_000_000, snapshot::toString);
        }
        String lambda = db.read(tx -> {
            rows.get(tx, 1L);
            return db.pins().get(0).snapshots().get(0).openedAt();
        });
        assertEquals("a lambda of " + InsightsTest.class.getName(), lambda);
        Transaction reader = reader();
        String place = db.pins().get(0).snapshots().get(0).openedAt();
        assertTrue(place.contains("(") && !place.contains("dev.palimpsest"), place);
        reader.close();
    }

    /** {@code Optional.map} is the code outside of ours that the scan in the callback is called by. */
    @Test
    void shouldForgetWhereAScanInACallbackWasOpened() {
        try (Transaction tx = db.begin()) {
            rows.update(tx, 1L, change -> {
                Optional.of(rows)
                        .map(table -> table.scan(tx, Scan.all()))
                        .orElseThrow()
                        .close();
                change.setLong("value", 2);
            });
            try (RowStream later = rows.scan(tx, Scan.all())) {
                String place = db.pins().get(0).snapshots().get(0).openedAt();
                assertFalse(place.contains("Optional"), place);
                assertTrue(later.hasNext());
            }
        }
    }

    @Test
    void shouldListAnOpenSnapshotOfOneTable() {
        put(2);
        try (Transaction tx = db.begin();
                RowStream stream = rows.scan(tx, Scan.all().lock(RowLockMode.UPDATE, WaitPolicy.BLOCK))) {
            stream.next();
            LiveSnapshot snapshot = db.pins().get(0).snapshots().get(0);
            assertEquals(LiveSnapshot.Kind.OPEN, snapshot.kind());
            assertEquals("rows", snapshot.table());
            update(2, 1);
            update(2, 2);
            assertEquals(2, db.pins().get(0).versions(), "an open one needs what it can't see, too");
        }
    }

    /** The sum of all rows is what the pages and the archive hold, whatever is pinned, archived, dead or rolled back. */
    @RepeatedTest(20)
    void shouldAddUpToWhatIsRetained(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        db.parts().tables().heapContext().archive().install(new MapArchive(1 << 20));
        for (long id = 2; id <= 40; id++) {
            put(id);
        }
        List<Transaction> readers = new ArrayList<>();
        for (int step = 0; step < 300; step++) {
            switch (random.nextInt(12)) {
                case 0 -> readers.add(reader());
                case 1 -> {
                    if (!readers.isEmpty()) {
                        readers.remove(random.nextInt(readers.size())).close();
                    }
                }
                case 2 -> prune(random.nextInt(Math.max(1, heap().blockCount())));
                case 3 -> {
                    try (Transaction lost = db.begin()) {
                        rows.update(lost, 1L + random.nextInt(40), change -> change.setLong("value", -1));
                    }
                }
                case 4 -> db.transact(tx -> rows.delete(tx, 1L + random.nextInt(40)));
                default -> update(1 + random.nextInt(40), random.nextInt(1000));
            }
            if (step % 10 == 0) {
                checkSum();
            }
        }
        for (int block = 0; block < heap().blockCount(); block++) {
            prune(block);
        }
        checkSum();
        readers.forEach(Transaction::close);
        checkSum();
    }

    private void checkSum() {
        long[] retained = retained();
        List<SnapshotPin> pins = db.pins();
        assertEquals(retained[0], pins.stream().mapToLong(SnapshotPin::versions).sum(), "versions");
        assertEquals(retained[1], pins.stream().mapToLong(SnapshotPin::bytes).sum(), "bytes");
        assertEquals(
                retained[2],
                pins.stream().mapToLong(SnapshotPin::archivedVersions).sum(),
                "archived");
        assertEquals(
                retained[3], pins.stream().mapToLong(SnapshotPin::archivedBytes).sum(), "archived bytes");
    }

    /** Brute force: everything that ended, or never began, wherever it is. */
    private long[] retained() {
        long[] sums = new long[4];
        db.parts().tables().currentCatalog().tables().forEach(table -> {
            Heap heap = table.heap();
            Visibility visibility = heap.visibility();
            heap.forEachLine((tid, line, page) -> {
                if (!LinePointer.hasItem(line)) {
                    return;
                }
                int offset = LinePointer.offset(line);
                int flags = TupleReader.flags(page, offset);
                long begin = visibility.beginCsn(TupleReader.xmin(page, offset), flags);
                long end = visibility.endCsn(TupleReader.xmax(page, offset), flags);
                if (begin == Visibility.ABORTED || end != Visibility.ABORTED && end != Lsn.INFINITE) {
                    sums[0]++;
                    sums[1] += LinePointer.length(line);
                }
            });
            for (int block = 0; block < heap.blockCount(); block++) {
                for (ArchivedVersions versions = new ArchivedVersions(heap.archived(block)); versions.advance(); ) {
                    sums[0]++;
                    sums[1] += versions.length();
                    sums[2]++;
                    sums[3] += versions.length();
                }
            }
        });
        return sums;
    }

    // ---- versions and pages

    @Test
    void shouldListVersionsWithTheirStateAndWhoPinsThem() {
        db.parts().tables().heapContext().archive().install(new MapArchive(1 << 20));
        Transaction reader = reader();
        update(1, 2);
        List<TupleVersion> before = db.read(tx -> db.versions(tx, "rows"));
        assertEquals(List.of("pinned", "live"), states(before));
        assertEquals(
                List.of(reader.sessionId()),
                before.stream()
                        .filter(version -> "pinned".equals(version.state()))
                        .findFirst()
                        .orElseThrow()
                        .pinnedBy()
                        .stream()
                        .map(LiveSnapshot::sessionId)
                        .toList());
        prune(0);
        TupleVersion archived = db.read(tx -> db.versions(tx, "rows")).stream()
                .filter(version -> "archived".equals(version.state()))
                .findFirst()
                .orElseThrow();
        assertEquals("ARCHIVED", archived.linePointer());
        assertEquals("(0,1)", archived.root());
        assertEquals(1, archived.row().longValue("value"));
        assertEquals(
                List.of(reader.sessionId()),
                archived.pinnedBy().stream().map(LiveSnapshot::sessionId).toList());
        HeapMapPage page = db.read(tx -> db.heapMap(tx, "rows")).get(0);
        assertEquals(1, page.liveVersions());
        assertEquals(0, page.deadVersions());
        assertEquals(0, page.pinnedVersions());
        assertEquals(1, page.archivedVersions());
        assertEquals(
                archived.row() == null ? 0 : page.archivedBytes(),
                pin(db.pins(), reader).archivedBytes());
        reader.close();
    }

    private static List<String> states(List<TupleVersion> versions) {
        return versions.stream()
                .map(TupleVersion::state)
                .filter(state -> state != null && !state.equals("dead"))
                .collect(Collectors.toList());
    }

    @Test
    void shouldMapPages() {
        Transaction reader = reader();
        update(1, 2);
        try (Transaction lost = db.begin()) {
            rows.insert(lost, 9L, 9L);
        }
        HeapMapPage page = db.read(tx -> db.heapMap(tx, "rows")).get(0);
        assertEquals(1, page.liveVersions());
        assertEquals(1, page.pinnedVersions());
        assertTrue(page.deadVersions() >= 1 && page.deadBytes() > 0 && page.freeBytes() > 4000, page::toString);
        reader.close();
    }

    // ---- why a row is visible or not

    private static List<VisibilityRule> rules(List<VisibilityVerdict> verdicts) {
        return verdicts.stream().map(VisibilityVerdict::rule).toList();
    }

    @Test
    void shouldExplainAScanAndAKeysLookUp() {
        Transaction reader = reader();
        update(1, 2);
        List<VisibilityVerdict> all = db.explainVisibility(reader, "rows", Scan.all());
        assertTrue(rules(all).contains(VisibilityRule.COMMITTED_XMAX_LATER), all::toString);
        assertTrue(rules(all).contains(VisibilityRule.XMIN_LATER), all::toString);
        List<VisibilityVerdict> old =
                db.explainVisibility(reader, "rows", Scan.index("rows_pkey").equalTo(1L));
        VisibilityVerdict last = old.get(old.size() - 1);
        assertEquals(VisibilityRule.COMMITTED_XMAX_LATER, last.rule());
        assertEquals(1, last.row().longValue("value"));
        assertEquals("(0,1)", last.root());
        assertEquals("committed", last.xmaxStatus());
        assertTrue(last.xminCsn() <= last.snapshotCsn() && last.snapshotCsn() < last.xmaxCsn(), last::toString);
        List<VisibilityVerdict> now = db.read(
                tx -> db.explainVisibility(tx, "rows", Scan.index("rows_pkey").equalTo(1L)));
        assertEquals(VisibilityRule.ENDED, now.get(now.size() - 2).rule());
        assertEquals(VisibilityRule.COMMITTED, now.get(now.size() - 1).rule());
        reader.close();
    }

    @Test
    void shouldExplainWhatIsInTheArchive() {
        db.parts().tables().heapContext().archive().install(new MapArchive(1 << 20));
        Transaction reader = reader();
        update(1, 2);
        prune(0);
        List<VisibilityVerdict> met =
                db.explainVisibility(reader, "rows", Scan.index("rows_pkey").equalTo(1L));
        assertEquals(VisibilityRule.ARCHIVED, met.get(met.size() - 1).rule());
        assertEquals(1, met.get(met.size() - 1).row().longValue("value"));
        assertTrue(rules(db.explainVisibility(reader, "rows", Scan.all())).contains(VisibilityRule.ARCHIVED));
        List<VisibilityVerdict> young = db.read(
                tx -> db.explainVisibility(tx, "rows", Scan.index("rows_pkey").equalTo(1L)));
        assertTrue(rules(young).stream().noneMatch(rule -> rule.name().startsWith("ARCHIVED")), young::toString);
        reader.close();
    }
}
