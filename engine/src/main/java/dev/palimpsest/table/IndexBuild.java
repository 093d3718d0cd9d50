package dev.palimpsest.table;

import dev.palimpsest.api.ErrorSubject;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.UniqueViolationException;
import dev.palimpsest.btree.BtreeBatch;
import dev.palimpsest.btree.KeyEncoder;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.HeapScan;
import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tx.SnapshotHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Fills a new index with the rows as of now, under the table's SHARE lock: for each the key of its newest version and the place of its
 * chain's root. Sorted runs of bounded size go in one after the other. One use.
 */
final class IndexBuild {
    private static final int RUN_ENTRIES = 1 << 16;
    private static final int RUN_BYTES = 2 << 20;

    private final UserTransaction t;
    private final TableInfo table;
    private final IndexInfo index;
    private final BtreeBatch run = new BtreeBatch();
    private final IndexEntries entries;

    /** For the scan's current page: the root of each line pointer's chain, 0 where none leads to it. */
    private int[] roots = new int[0];

    private int rootsOfBlock = -1;

    IndexBuild(UserTransaction t, TableInfo table, IndexInfo index) {
        this.t = t;
        this.table = table;
        this.index = index;
        this.entries = new IndexEntries(t, table, new Scratch());
    }

    void run() {
        KeyEncoder key = new KeyEncoder(IndexInfo.keyColumns(index.schema(), table.schema()));
        try (SnapshotHandle latest = t.tx().latestSnapshot()) {
            HeapScan scan = table.heap().scan(latest.snapshot());
            while (scan.advance()) {
                Keys.ofTuple(key, table, index, scan.buffer(), scan.offset());
                entries.add(run, index, key, Tid.of(Tid.block(scan.tid()), root(scan)));
                if (run.size() == RUN_ENTRIES || run.lengthBytes() >= RUN_BYTES) {
                    insertRun();
                }
            }
        }
        insertRun();
    }

    private void insertRun() {
        long conflict = entries.insert(run, index);
        run.clear();
        if (conflict != Tid.NONE) {
            String key = RowName.key(t, table, index, conflict);
            throw new UniqueViolationException(
                    "could not create unique index \"" + index.name() + "\"",
                    "Key " + key + " is duplicated.",
                    null,
                    new ErrorSubject(table.name(), index.name(), key, Xid.NONE));
        }
    }

    private int root(HeapScan scan) {
        int block = Tid.block(scan.tid());
        int number = Tid.linePointer(scan.tid());
        if (block != rootsOfBlock) {
            findRoots(ByteBuffer.wrap(scan.buffer()).order(ByteOrder.LITTLE_ENDIAN));
            rootsOfBlock = block;
        }
        if (roots[number] == 0) {
            throw new StoppedException(
                    SqlState.DATA_CORRUPTED,
                    "no chain leads to a visible row of table \"" + table.name() + "\"",
                    "file=" + table.oid() + " row=" + Tid.toString(scan.tid()));
        }
        return roots[number];
    }

    /** Source: PostgreSQL, heap_get_root_tuples. The page is the scan's private copy. */
    private void findRoots(ByteBuffer page) {
        int count = SlottedPage.lineCount(page);
        if (roots.length <= count) {
            roots = new int[PageLayout.SIZE / LinePointer.BYTES];
        }
        Arrays.fill(roots, 0);
        for (int number = 1; number <= count; number++) {
            int line = SlottedPage.line(page, number);
            if (LinePointer.state(line) == LinePointer.STATE_REDIRECT) {
                follow(page, number, LinePointer.target(line), count);
            } else if (LinePointer.isNormal(line) && (flags(page, line) & TupleLayout.HEAP_ONLY) == 0) {
                follow(page, number, number, count);
            }
        }
    }

    private void follow(ByteBuffer page, int root, int first, int count) {
        for (int number = first, steps = 0; steps < count; steps++) {
            int line = SlottedPage.line(page, number);
            if (!LinePointer.isNormal(line)) {
                return;
            }
            boolean heapOnly = (flags(page, line) & TupleLayout.HEAP_ONLY) != 0;
            if (heapOnly && roots[number] != 0 || number != first && !heapOnly) {
                return;
            }
            roots[number] = root;
            if ((flags(page, line) & TupleLayout.HOT_UPDATED) == 0) {
                return;
            }
            number = page.getShort(LinePointer.offset(line) + TupleLayout.CTID_LINE_POINTER) & 0xFFFF;
        }
    }

    private static int flags(ByteBuffer page, int line) {
        return page.getShort(LinePointer.offset(line) + TupleLayout.FLAGS);
    }
}
