package dev.palimpsest.table;

import dev.palimpsest.btree.BtreeBatch;
import dev.palimpsest.btree.BtreeCursor;
import dev.palimpsest.btree.BtreeWriter;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.HeapTuple;
import dev.palimpsest.heap.ModifyResult;

/** One statement's buffers, kept for the next. Not thread-safe. */
final class Scratch {
    private static final int TABLES = 8;

    final HeapTuple found = new HeapTuple();
    final HeapTuple settled = new HeapTuple();
    final BtreeCursor cursor = new BtreeCursor();
    final ModifyResult result = new ModifyResult();

    private BtreeWriter writer;
    private BtreeBatch batch;

    /** The tables used last, by reading of the catalog. */
    private final TableScratch[] tables = new TableScratch[TABLES];

    private int nextTable;

    /** What its statement did to tables with foreign keys; null if nothing. */
    private RowEvents events;

    /** For rows of tables with foreign keys. */
    RowEvents events() {
        if (events == null) {
            events = new RowEvents();
        }
        return events;
    }

    /** The statement has done its work: now what follows from it. */
    void checkForeignKeys(UserTransaction t) {
        if (events != null && !events.isEmpty()) {
            new ForeignKeyChecks(t, this, events).run();
        }
    }

    /** The statement is over, one way or the other. */
    void forgetEvents() {
        events = null;
    }

    BtreeWriter writer() {
        if (writer == null) {
            writer = new BtreeWriter();
        }
        return writer;
    }

    BtreeBatch batch() {
        if (batch == null) {
            batch = new BtreeBatch();
        }
        return batch;
    }

    TableScratch of(TableInfo table) {
        for (TableScratch known : tables) {
            if (known != null && known.table() == table) {
                return known;
            }
        }
        TableScratch made = new TableScratch(table);
        tables[nextTable++ % TABLES] = made;
        return made;
    }
}
