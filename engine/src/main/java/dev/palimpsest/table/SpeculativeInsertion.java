package dev.palimpsest.table;

import dev.palimpsest.btree.BtreeBatch;
import dev.palimpsest.btree.BtreeWriter;
import dev.palimpsest.btree.KeyEncoder;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.id.Xid;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Inserts rows that give way: where another row has got into a unique index first, the new one is killed instead of waiting or failing.
 * Never waits for a transaction. The unique indexes come first, in the order of the catalog, which is the same for everybody (README.md says
 * why that matters).
 *
 * <p>One statement's; not thread-safe. Source of the idea: PostgreSQL, {@code ExecInsert}'s speculative insertion.
 */
final class SpeculativeInsertion {
    private final UserTransaction t;
    private final TableInfo table;
    private final IndexEntries entries;
    private final TableScratch tableScratch;
    private final BtreeBatch batch;
    private final boolean[] arbiter;
    private final long uniqueIndexes;

    /** For each entry of {@link #batch} its row. */
    private int[] rowOfEntry = new int[16];

    private final BitSet killed = new BitSet();
    private long obstacleXid;
    private long obstacleTid;

    SpeculativeInsertion(UserTransaction t, TableInfo table, Scratch scratch, boolean[] arbiter) {
        this.t = t;
        this.table = table;
        this.entries = new IndexEntries(t, table, scratch);
        this.tableScratch = scratch.of(table);
        this.batch = scratch.batch();
        this.arbiter = arbiter;
        this.uniqueIndexes = table.indexes().stream().filter(IndexInfo::unique).count();
    }

    /**
     * @param rows no two of them with the same key in an arbiter index
     * @return those that gave way; valid until the next call
     * @throws dev.palimpsest.api.UniqueViolationException a live row has a key in an index that is no arbiter
     */
    BitSet insert(RowBatch rows) {
        killed.clear();
        obstacleXid = Xid.NONE;
        rows.insertInto(table.heap(), t.tx());
        if (uniqueIndexes > 1) { // with one, a row that an index leads to is there for good
            t.tx().beginSpeculation(table.oid(), rows.tids());
        }
        try {
            insertInto(rows, true);
        } finally {
            t.engine().locks().endSpeculation(t.tx());
        }
        insertInto(rows, false);
        return killed;
    }

    private void insertInto(RowBatch rows, boolean unique) {
        for (int i = 0; i < arbiter.length; i++) {
            if (table.indexes().get(i).unique() == unique) {
                insertInto(i, rows);
            }
        }
    }

    /** After an {@link #insert}: whose end decides about the row that the last killed one met; 0 for none. */
    long obstacleXid() {
        return obstacleXid;
    }

    /** Where that row is. */
    long obstacleTid() {
        return obstacleTid;
    }

    private void insertInto(int i, RowBatch rows) {
        IndexInfo index = table.indexes().get(i);
        batch.clear();
        for (int row = 0; row < rows.size(); row++) {
            if (!killed.get(row)) {
                KeyEncoder key = Keys.ofTuple(tableScratch.encoder(i), table, index, rows.bytes(), rows.start(row));
                remember(batch.size(), row);
                entries.add(batch, index, key, rows.tid(row));
            }
        }
        batch.sort();
        for (int next = 0; ; next++) {
            next = entries.insertWithoutWaiting(batch, next, index);
            if (next == batch.size()) {
                return;
            }
            giveWay(rows, rowOfEntry[batch.entry(next)], i);
        }
    }

    private void giveWay(RowBatch rows, int row, int i) {
        long verdict = entries.verdict();
        if (verdict == BtreeWriter.CONFLICT && !arbiter[i]) {
            throw entries.duplicate(table.indexes().get(i), rows.tid(row), entries.conflictTid());
        }
        table.heap().kill(t.tx(), rows.tid(row));
        killed.set(row);
        obstacleXid = verdict == BtreeWriter.CONFLICT ? Xid.NONE : verdict;
        obstacleTid = entries.conflictTid();
    }

    private void remember(int entry, int row) {
        if (entry == rowOfEntry.length) {
            rowOfEntry = Arrays.copyOf(rowOfEntry, 2 * entry);
        }
        rowOfEntry[entry] = row;
    }
}
