package dev.palimpsest.table;

import dev.palimpsest.btree.BtreeBatch;
import dev.palimpsest.btree.BtreeWriter;
import dev.palimpsest.btree.KeyEncoder;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.id.Xid;
import java.util.Arrays;

/**
 * Inserts rows that give way: where another row has got into a unique index first, the new one, and all that were given after it, are
 * killed instead of waiting or failing. Never waits for a transaction. The unique indexes come first, in the order of the catalog, which is the
 * same for everybody (README.md says why that matters).
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

    /** Rows from this one on are killed. */
    private int kept;

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
     * @return how many are in: the first ones. The next one gave way, and all others for being later
     * @throws dev.palimpsest.api.UniqueViolationException a live row has a key in an index that is no arbiter
     */
    int insert(RowBatch rows) {
        kept = rows.size();
        obstacleXid = Xid.NONE;
        rows.insertInto(table.heap(), t.tx());
        if (rows.size() > 1 || uniqueIndexes > 1) { // else a row that an index leads to is there for good
            t.tx().beginSpeculation(table.oid(), rows.tids());
        }
        try {
            insertInto(rows, true);
        } finally {
            t.engine().locks().endSpeculation(t.tx());
        }
        RowCounts counts = t.counts(table);
        counts.killed(rows.size() - kept);
        if (kept > 0) {
            counts.inserted(kept);
        }
        insertInto(rows, false);
        return kept;
    }

    /** After an {@link #insert} in which a row gave way: whose end decides about the row that it met; 0 if that is decided. */
    long obstacleXid() {
        return obstacleXid;
    }

    /** Where that row is. */
    long obstacleTid() {
        return obstacleTid;
    }

    private void insertInto(RowBatch rows, boolean unique) {
        for (int i = 0; i < arbiter.length && kept > 0; i++) {
            if (table.indexes().get(i).unique() == unique) {
                insertInto(i, rows);
            }
        }
    }

    private void insertInto(int i, RowBatch rows) {
        IndexInfo index = table.indexes().get(i);
        batch.clear();
        for (int row = 0; row < kept; row++) {
            add(i, rows, row);
        }
        batch.sort();
        while (true) {
            int done = entries.insertWithoutWaiting(batch, 0, index);
            if (done == batch.size()) {
                return;
            }
            giveWay(rows, rowOfEntry[batch.entry(done)], i);
            keepEntriesFrom(done + 1, i, rows);
        }
    }

    private void add(int i, RowBatch rows, int row) {
        KeyEncoder key =
                Keys.ofTuple(tableScratch.encoder(i), table, table.indexes().get(i), rows.bytes(), rows.start(row));
        int entry = batch.size();
        if (entry == rowOfEntry.length) {
            rowOfEntry = Arrays.copyOf(rowOfEntry, 2 * entry);
        }
        rowOfEntry[entry] = row;
        entries.add(batch, table.indexes().get(i), key, rows.tid(row));
    }

    /** What is still to be entered, in order, without the rows that are killed now. */
    private void keepEntriesFrom(int next, int i, RowBatch rows) {
        int[] left = new int[batch.size()];
        int count = 0;
        for (int entry = next; entry < batch.size(); entry++) {
            int row = rowOfEntry[batch.entry(entry)];
            if (row < kept) {
                left[count++] = row;
            }
        }
        batch.clear();
        for (int entry = 0; entry < count; entry++) {
            add(i, rows, left[entry]);
        }
    }

    private void giveWay(RowBatch rows, int row, int i) {
        long verdict = entries.verdict();
        obstacleXid = verdict == BtreeWriter.CONFLICT ? Xid.NONE : verdict;
        obstacleTid = entries.conflictTid();
        if (verdict == BtreeWriter.CONFLICT && !arbiter[i]) {
            throw entries.duplicate(table.indexes().get(i), rows.tid(row), obstacleTid);
        }
        for (int killed = row; killed < kept; killed++) {
            table.heap().kill(t.tx(), rows.tid(killed));
        }
        kept = row;
    }
}
