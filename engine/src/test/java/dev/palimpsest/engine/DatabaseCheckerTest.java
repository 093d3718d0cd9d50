package dev.palimpsest.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.btree.BtreeWriter;
import dev.palimpsest.btree.KeyEncoder;
import dev.palimpsest.buffer.PageGuard;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.id.PageId;
import dev.palimpsest.id.Tid;
import dev.palimpsest.inspect.CheckProgress;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.MemoryDisk;
import dev.palimpsest.tuple.TupleLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ObjIntConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each kind of damage is planted behind the engine's back, with a right checksum, and has to be found and named. */
class DatabaseCheckerTest {
    private Disk disk;
    private EngineDatabase db;
    private TableInfo table;
    private IndexInfo index;
    private KeyEncoder encoder;

    @BeforeEach
    void open() {
        disk = new MemoryDisk();
        db = EngineDatabase.open(
                EngineConfig.of(disk, new ThreadScheduler(), DatabaseOptions.DEFAULT.withWalSegmentBytes(1 << 20)));
        Table rows = db.table("t");
        db.transact(tx -> {
            tx.createTable(TableSchema.named("t")
                    .column("id", ColumnType.BIGINT)
                    .column("n", ColumnType.BIGINT)
                    .identity(Column.Identity.BY_DEFAULT)
                    .column("big", ColumnType.BYTEA)
                    .primaryKey("id")
                    .build());
            for (long id = 1; id <= 3; id++) {
                rows.insert(tx, id, Table.DEFAULT, id == 3 ? new byte[20_000] : null);
            }
            return null;
        });
        db.transact(tx -> rows.update(tx, 1, c -> c.setLong("n", 5))); // (0,1) leads to (0,4), heap-only
        table = db.parts().tables().currentCatalog().table("t");
        index = table.primaryKey();
        encoder = new KeyEncoder(IndexInfo.keyColumns(index.schema(), table.schema()));
        assertEquals(List.of(), check());
    }

    @AfterEach
    void close() {
        db.close();
    }

    private List<String> check() {
        return db.check(CheckProgress.NONE);
    }

    private void expect(String... parts) {
        List<String> problems = check();
        assertEquals(1, problems.size(), problems::toString);
        for (String part : parts) {
            assertTrue(problems.get(0).contains(part), problems.get(0));
        }
    }

    private void damage(int linePointer, ObjIntConsumer<ByteBuffer> change) {
        try (PageGuard guard = db.parts().pool().file(table.oid(), PageId.MAIN).latchExclusive(0)) {
            guard.markDirty();
            int line = SlottedPage.line(guard.page(), linePointer);
            change.accept(guard.page(), LinePointer.offset(line));
        }
    }

    private byte[] key(long id) {
        return encoder.begin().addInt64(id).toBytes();
    }

    @Test
    void shouldFindAMissingEntry() {
        assertTrue(new BtreeWriter().remove(index.btree(), key(2), 8, Tid.of(0, 2), 0));
        expect("block=0 linePointer=2", "without entry in index \"t_pkey\"");
    }

    @Test
    void shouldFindAnEntryWithAnotherKey() {
        new BtreeWriter().remove(index.btree(), key(2), 8, Tid.of(0, 2), 0);
        new BtreeWriter().insert(index.btree(), key(7), 8, Tid.of(0, 2), 0);
        expect("block=0 linePointer=2", "another key");
    }

    @Test
    void shouldFindASecondEntry() {
        new BtreeWriter().insert(index.btree(), key(7), 8, Tid.of(0, 2), 0);
        expect("block=0 linePointer=2", "2 entries in index \"t_pkey\"");
    }

    @Test
    void shouldFindAnEntryThatLeadsNowhere() {
        new BtreeWriter().insert(index.btree(), key(7), 8, Tid.of(0, 99), 0);
        expect("block=0 linePointer=99", "no root");
    }

    @Test
    void shouldFindAnEntryToAHeapOnlyTuple() {
        new BtreeWriter().insert(index.btree(), key(7), 8, Tid.of(0, 4), 0);
        expect("block=0 linePointer=4", "no root");
    }

    @Test
    void shouldFindAXidFromTheFuture() {
        damage(2, (page, at) -> page.putLong(at + TupleLayout.XMIN, 1_000_000));
        List<String> problems = check();
        assertTrue(
                problems.get(0).contains("linePointer=2") && problems.get(0).contains("xmin=1000000"),
                problems::toString);
    }

    @Test
    void shouldFindABrokenChain() {
        damage(1, (page, at) -> page.putShort(at + TupleLayout.CTID_LINE_POINTER, (short) 3));
        List<String> problems = check();
        assertTrue(problems.toString().contains("linePointer=1: HOT-updated to (0,3)"), problems::toString);
        assertTrue(
                problems.toString().contains("linePointer=4: heap-only, but no chain leads to it"), problems::toString);
    }

    @Test
    void shouldFindAttributesThatDoNotFit() {
        damage(3, (page, at) -> page.putShort(at + TupleLayout.COLUMN_COUNT, (short) 2));
        List<String> problems = check();
        assertTrue(problems.get(0).contains("linePointer=3: attributes end at"), problems::toString);
    }

    @Test
    void shouldFindABigValueThatIsGone() {
        damage(3, (page, at) -> {
            int pointer = at + TupleLayout.MIN_HEADER + 2 * Long.BYTES + TupleLayout.INLINE_LENGTH_BYTES;
            assertEquals(20_000, page.getLong(pointer));
            page.putInt(pointer + Long.BYTES, 77);
        });
        List<String> problems = check();
        assertTrue(problems.get(0).contains("invalid big value in block 77"), problems::toString);
    }

    @Test
    void shouldFindADamagedSequence() {
        int sequence = 0;
        for (int number : db.parts().tables().currentCatalog().fileNumbers()) {
            sequence = number > table.oid() && number < index.oid() ? number : sequence;
        }
        try (PageGuard guard = db.parts().pool().file(sequence, PageId.MAIN).latchExclusive(0)) {
            guard.markDirty();
            guard.page().putLong(32, -1);
        }
        expect("sequence t_n_seq", "value=-1 min=1");
    }

    @Test
    void shouldFindAFileOfNobody() {
        List<String> seen = new ArrayList<>();
        disk.open("base/4711_fsm", true).close();
        expect("base/4711_fsm", "belongs to nothing");
        db.check((what, done, total) -> seen.add(what));
        assertTrue(seen.contains("base/" + table.oid()), seen::toString);
    }
}
