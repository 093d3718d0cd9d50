package dev.palimpsest.table;

import dev.palimpsest.btree.BtreeCursor;
import dev.palimpsest.btree.KeyEncoder;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.Heap;
import dev.palimpsest.heap.HeapTuple;
import dev.palimpsest.id.Tid;

/**
 * Looks in the arbiter indexes for a row that has a key of a row to be inserted, whatever snapshots say: a live one is in conflict, an
 * undecided one may be. What it doesn't find may be there a moment later; only the insertion into the index is sure.
 *
 * <p>One statement's; not thread-safe. Source: PostgreSQL, {@code check_exclusion_or_unique_constraint}.
 */
final class ConflictProbe {
    /** Nothing has a key of the row. */
    static final long FREE = Heap.NO_CONFLICT;

    /** {@link #found} has. */
    static final long CONFLICT = Heap.CONFLICT;

    private final UserTransaction t;
    private final TableInfo table;
    private final TableScratch tableScratch;
    private final BtreeCursor cursor;
    private final boolean[] arbiter;
    private final HeapTuple found = new HeapTuple();
    private final KeySet pending = new KeySet();
    private long undecidedTid;

    ConflictProbe(UserTransaction t, TableInfo table, Scratch scratch, boolean[] arbiter) {
        this.t = t;
        this.table = table;
        this.tableScratch = scratch.of(table);
        this.cursor = scratch.cursor;
        this.arbiter = arbiter;
    }

    /**
     * @param tuple the row to be inserted, from {@code from} on
     * @return {@link #FREE}, {@link #CONFLICT}, or the xid (positive) whose end decides about the row at {@link #undecidedTid}
     */
    long look(byte[] tuple, int from) {
        for (int i = 0; i < arbiter.length; i++) {
            if (arbiter[i]) {
                IndexInfo index = table.indexes().get(i);
                KeyEncoder key = Keys.ofTuple(tableScratch.encoder(i), table, index, tuple, from);
                long answer = key.hasNull() ? FREE : look(i, index, key);
                if (answer != FREE) {
                    return answer;
                }
            }
        }
        return FREE;
    }

    /**
     * What an entry led to has the key itself to say so: between the look at the entry and that at the row, the entry may have been removed and
     * its place given to another row.
     */
    private long look(int position, IndexInfo index, KeyEncoder key) {
        for (long tid = cursor.findFirst(index.btree(), key.bytes(), key.length());
                tid != Tid.NONE;
                tid = cursor.next()) {
            long answer = table.heap().findLive(tid, t.tx(), found);
            if (answer != FREE && t.mustLookAgain(table, found)) {
                answer = table.heap().findLive(tid, t.tx(), found);
            }
            if (answer != FREE && tableScratch.hasKey(position, found.bytes(), key)) {
                undecidedTid = tid;
                return answer;
            }
        }
        return FREE;
    }

    /** {@link #look} that waits until everything is decided. */
    boolean isFree(byte[] tuple, int from) {
        while (true) {
            long answer = look(tuple, from);
            if (answer <= FREE) {
                return answer == FREE;
            }
            RowWaits.forInserter(t, answer, table, undecidedTid);
        }
    }

    /** After {@link #CONFLICT}: the live version, valid until the next look. */
    HeapTuple found() {
        return found;
    }

    // ---- keys of rows that are about to be inserted together

    /** Remembers the row's keys. @return false if one of them may be there already; then some may have been remembered all the same */
    boolean addPending(byte[] tuple, int from) {
        boolean fresh = true;
        for (int i = 0; i < arbiter.length; i++) {
            if (arbiter[i]) {
                KeyEncoder key = Keys.ofTuple(
                        tableScratch.encoder(i), table, table.indexes().get(i), tuple, from);
                fresh &= key.hasNull() || pending.add(KeyCache.hash(i, key.bytes(), key.length()));
            }
        }
        return fresh;
    }

    void clearPending() {
        pending.clear();
    }
}
