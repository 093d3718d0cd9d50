package dev.palimpsest.table;

import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.HeapTuple;
import dev.palimpsest.tx.SnapshotHandle;

/**
 * The row that a foreign key names, locked with KEY SHARE so that it stays: by a snapshot of its own, also in the middle of another statement.
 * Source: PostgreSQL, {@code ri_triggers.c}, RI_FKey_check. Not thread-safe.
 */
final class ReferencedRow {
    private final UserTransaction t;
    private final TableInfo table;
    private final IndexInfo index;
    private final TableScratch scratch;
    private final RowLocker locker;

    /** @param index a unique one of the table, which the caller has locked with ROW SHARE */
    ReferencedRow(UserTransaction t, TableInfo table, IndexInfo index) {
        this.t = t;
        this.table = table;
        this.index = index;
        this.scratch = new TableScratch(table);
        this.locker = new RowLocker(t, table);
    }

    /**
     * Locks the row with this key, after waiting for whoever deletes it or changes its key. Sees what all commands of the transaction
     * before the current one wrote, and others' commits: the latest at READ COMMITTED, else those of the transaction's snapshot.
     *
     * @param key encoded, without NULLs
     * @return the locked version, or null if there is no such row (any more)
     */
    HeapTuple lock(byte[] key) {
        Qualification which = Qualification.key(index, key);
        try (SnapshotHandle handle = t.tx().snapshotForCheck(table.heap().fileNumber())) {
            RowSource source = RowSource.open(table, which, handle.snapshot());
            for (HeapTuple found = source.next(); found != null; found = source.next()) {
                HeapTuple locked = locker.lock(found, RowLockMode.KEY_SHARE, WaitPolicy.BLOCK, which, scratch);
                if (locked != null) {
                    return locked;
                }
            }
            return null;
        }
    }
}
