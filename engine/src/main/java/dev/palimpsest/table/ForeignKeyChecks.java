package dev.palimpsest.table;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.ErrorSubject;
import dev.palimpsest.api.ForeignKey;
import dev.palimpsest.api.ForeignKeyViolationException;
import dev.palimpsest.api.RowChange;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.SerializationException;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.catalog.CatalogSnapshot;
import dev.palimpsest.catalog.ForeignKeyInfo;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.HeapTuple;
import dev.palimpsest.id.Tid;
import dev.palimpsest.lock.LockMode;
import dev.palimpsest.tx.Snapshot;
import dev.palimpsest.tx.SnapshotHandle;
import dev.palimpsest.tx.SnapshotKind;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What a statement's changes mean for foreign keys, once it is over: referenced rows are looked up and locked, rows that reference what is
 * gone are looked for, or go the same way. Each look is a statement of its own, with a command id of its own. Cascades add to the same queue.
 *
 * <p>One statement's; not thread-safe. Rules and why they are safe: README.md. Source: PostgreSQL, {@code ri_triggers.c}.
 */
final class ForeignKeyChecks {
    private final UserTransaction t;
    private final Scratch scratch;
    private final RowEvents events;

    ForeignKeyChecks(UserTransaction t, Scratch scratch, RowEvents events) {
        this.t = t;
        this.scratch = scratch;
        this.events = events;
    }

    void run() {
        while (events.next()) {
            TableInfo table = events.table();
            TupleRow old = version(table, events.oldTid());
            TupleRow changed = version(table, events.newTid());
            for (int i = 0; old != null && i < table.referencedBy().size(); i++) {
                referencedChanged(table, table.referencedBy().get(i), old, changed);
            }
            for (int i = 0; changed != null && i < table.foreignKeys().size(); i++) {
                ForeignKeyInfo key = table.foreignKeys().get(i);
                if (old == null || RowEvents.isCheckNeeded(t, key, old, changed)) {
                    checkReference(table, key, changed);
                }
            }
        }
    }

    /** @return null for {@link Tid#NONE} */
    private TupleRow version(TableInfo table, long tid) {
        if (tid == Tid.NONE) {
            return null;
        }
        HeapTuple tuple = new HeapTuple();
        if (!table.heap().fetchVersion(tid, tuple)) {
            throw new StoppedException(
                    SqlState.INTERNAL_ERROR,
                    "a row changed by this statement is gone",
                    "table=" + table.name() + " row=" + Tid.toString(tid));
        }
        return new TupleRow(table, t, tuple.bytes(), tid);
    }

    // ---- the referencing side

    /** Source: PostgreSQL, RI_FKey_check. */
    private void checkReference(TableInfo table, ForeignKeyInfo key, TupleRow row) {
        if (t.tx().isOwn(row.xmax())) {
            return; // changed again, by a cascade: that change has an event of its own
        }
        KeyValues values = KeyValues.of(row, key.columns());
        if (values.hasNull()) {
            return;
        }
        TableInfo referenced = bind(key.referencedTable(), LockMode.ROW_SHARE);
        KeyValues wanted = values.asReferenced(referenced.schema(), key.referencedColumns());
        if (wanted == null || !lockReferenced(referenced, key, wanted, false)) {
            throw new ForeignKeyViolationException(
                    "insert or update on table \"" + table.name() + "\" violates foreign key constraint \"" + key.name()
                            + "\"",
                    "Key " + values + " is not present in table \"" + referenced.name() + "\".",
                    null,
                    new ErrorSubject(table.name(), key.name(), values.toString(), 0));
        }
    }

    /**
     * Locks the row with these values so that neither it nor its key goes before this transaction's end.
     *
     * @param newest look as of now also at REPEATABLE READ
     * @return false if there is none
     */
    private boolean lockReferenced(TableInfo referenced, ForeignKeyInfo key, KeyValues values, boolean newest) {
        IndexInfo index = referenced.index(key.index());
        TableScratch tableScratch = scratch.of(referenced);
        Keys.ofStored(tableScratch.encoder(index), referenced, index, values.inOrderOf(index, key.referencedColumns()));
        Qualification which =
                Qualification.key(index, tableScratch.encoder(index).toBytes());
        return lockFirst(referenced, which, newest);
    }

    // ---- the referenced side

    private void referencedChanged(TableInfo table, ForeignKeyInfo key, TupleRow old, TupleRow changed) {
        KeyValues before = KeyValues.of(old, key.referencedColumns());
        if (before.hasNull()) {
            return; // nothing references it
        }
        KeyValues after = changed == null ? null : KeyValues.of(changed, key.referencedColumns());
        if (after != null && before.isIdentical(after)) {
            return;
        }
        ForeignKey.Action action = after == null ? key.onDelete() : key.onUpdate();
        switch (action) {
            case NO_ACTION -> {
                // another row may have the key by now
                if (!lockReferenced(table, key, before, true)) {
                    refuseReferences(table, key, before);
                }
            }
            case RESTRICT -> refuseReferences(table, key, before);
            case SET_NULL ->
                modifyReferences(
                        table, key, before, change -> key.columns().forEach(column -> change.set(column, null)));
            case CASCADE ->
                modifyReferences(
                        table,
                        key,
                        before,
                        after == null
                                ? null
                                : change -> {
                                    for (int i = 0; i < key.columns().size(); i++) {
                                        change.set(key.columns().get(i), after.value(i));
                                    }
                                });
        }
    }

    private void refuseReferences(TableInfo table, ForeignKeyInfo key, KeyValues values) {
        TableInfo child = bind(key.table(), LockMode.ROW_SHARE);
        if (lockFirst(child, references(table, child, key, values), true)) {
            throw new ForeignKeyViolationException(
                    "update or delete on table \"" + table.name() + "\" violates foreign key constraint \"" + key.name()
                            + "\" on table \"" + child.name() + "\"",
                    "Key " + values + " is still referenced from table \"" + child.name() + "\".",
                    null,
                    new ErrorSubject(child.name(), key.name(), values.toString(), 0));
        }
    }

    /** @param change null deletes */
    private void modifyReferences(TableInfo table, ForeignKeyInfo key, KeyValues values, Consumer<RowChange> change) {
        TableInfo child = bind(key.table(), LockMode.ROW_EXCLUSIVE);
        Qualification which = references(table, child, key, values);
        try (Look look = new Look(child, true)) {
            RowModifier modifier = new RowModifier(t, child, scratch, which, change);
            RowSource source = RowSource.open(child, usable(which, look.snapshot), look.snapshot);
            for (HeapTuple found = source.next(); found != null; found = source.next()) {
                if (holds(child, which, found)) {
                    checkVisibleToTransaction(child, found);
                    modifier.modify(found);
                }
            }
        }
        t.tx().nextCommand();
    }

    /** The rows that reference these values: by an index that begins with the key's columns, if there is one. */
    private Qualification references(TableInfo table, TableInfo child, ForeignKeyInfo key, KeyValues values) {
        List<Integer> referencedColumns = key.referencedColumns();
        Qualification scan = new Qualification(
                null,
                null,
                true,
                null,
                true,
                false,
                row -> KeyValues.of(row, key.columns()).isReferenceTo(values, table.schema(), referencedColumns));
        IndexInfo index = indexOn(child, key.columns());
        if (index == null || !haveOneEquality(table, child, key)) {
            return scan;
        }
        TableScratch tableScratch = scratch.of(child);
        List<Object> ordered = values.inOrderOf(index, key.columns());
        for (int i = 0; i < ordered.size(); i++) {
            Object value = KeyValues.in(child.descriptor().kind(index.columns().get(i)), ordered.get(i));
            if (value == null) {
                return scan; // finds nothing either
            }
            ordered.set(i, value);
        }
        Keys.ofStored(tableScratch.encoder(index), child, index, ordered);
        byte[] bound = tableScratch.encoder(index).toBytes();
        return new Qualification(index, bound, true, bound, true, false, scan.predicate());
    }

    /** Where the predicate says it all, an index that is younger than the snapshot isn't asked: its rows would be sorted for nothing. */
    private static Qualification usable(Qualification which, Snapshot snapshot) {
        boolean usable = which.predicate() == null
                || which.index() == null
                || which.index().handle().isValidFor(snapshot);
        return usable ? which : new Qualification(null, null, true, null, true, false, which.predicate());
    }

    private static IndexInfo indexOn(TableInfo child, List<Integer> columns) {
        Set<Integer> wanted = new HashSet<>(columns);
        for (IndexInfo index : child.indexes()) {
            int count = columns.size();
            if (index.columns().size() >= count
                    && wanted.equals(new HashSet<>(index.columns().subList(0, count)))) {
                return index;
            }
        }
        return null;
    }

    /** Does one value of a referenced column equal just one of the referencing column? Not a double precision one of a numeric's. */
    private static boolean haveOneEquality(TableInfo table, TableInfo child, ForeignKeyInfo key) {
        for (int i = 0; i < key.columns().size(); i++) {
            ColumnType.Kind from = child.descriptor().kind(key.columns().get(i));
            ColumnType.Kind to = table.descriptor().kind(key.referencedColumns().get(i));
            boolean bothIntegers = KeyValues.isInteger(from) && KeyValues.isInteger(to);
            boolean bothTexts = from.javaClass() == String.class && to.javaClass() == String.class;
            if (from != to && !bothIntegers && !bothTexts) {
                return false;
            }
        }
        return true;
    }

    /**
     * Cascades look as of now. A row that the REPEATABLE READ transaction itself can't see must not be changed by it. Source: PostgreSQL, the
     * crosscheck snapshot of {@code ri_PerformCheck}.
     */
    private void checkVisibleToTransaction(TableInfo child, HeapTuple found) {
        if (t.isReadCommitted() || t.tx().isOwn(found.xmin())) {
            return;
        }
        if (child.heap().visibility().beginCsn(found.xmin(), found.flags()) > t.tx().snapshotCsn()) {
            throw new SerializationException(
                    "could not serialize access due to concurrent update",
                    "table=" + child.name() + " row=" + Tid.toString(found.tid()) + " transaction=" + found.xmin(),
                    "Roll the transaction back and run it again.",
                    new ErrorSubject(child.name(), null, RowName.of(t, child, found), found.xmin()));
        }
    }

    // ---- what both share

    /** Locks the first row found that stays one when it is locked. */
    private boolean lockFirst(TableInfo table, Qualification which, boolean newest) {
        try (Look look = new Look(table, newest)) {
            RowLocker locker = new RowLocker(t, table);
            RowSource source = RowSource.open(table, usable(which, look.snapshot), look.snapshot);
            for (HeapTuple found = source.next(); found != null; found = source.next()) {
                if (holds(table, which, found)
                        && locker.lock(found, RowLockMode.KEY_SHARE, WaitPolicy.BLOCK, which, scratch.of(table))
                                != null) {
                    return true;
                }
            }
            return false;
        }
    }

    private boolean holds(TableInfo table, Qualification which, HeapTuple found) {
        return which.predicate() == null || which.predicate().test(new TupleRow(table, t, found.bytes(), found.tid()));
    }

    /** The statement holds a lock on the table at the other end, so this one is there. Look up, lock, look again. */
    private TableInfo bind(int oid, LockMode mode) {
        while (true) {
            CatalogSnapshot catalog = t.catalog();
            TableInfo table = catalog.table(oid);
            t.lock(table, mode);
            if (t.catalog() == catalog) {
                return table;
            }
        }
    }

    /**
     * One look at a table: its snapshot. READ COMMITTED follows chains, so it is an open one; at REPEATABLE READ it is the transaction's own, or
     * one of its own as of now.
     */
    private final class Look implements AutoCloseable {
        final Snapshot snapshot;

        /** Null if the statement's own snapshot is used. */
        private final SnapshotHandle handle;

        Look(TableInfo table, boolean newest) {
            if (newest && !t.isReadCommitted()) {
                handle = t.tx().latestSnapshot();
                snapshot = handle.snapshot();
            } else {
                handle = null;
                snapshot = t.beginStatement(SnapshotKind.OPEN, table.heap().fileNumber());
            }
        }

        @Override
        public void close() {
            if (handle != null) {
                handle.close();
            } else {
                t.endStatement();
            }
        }
    }
}
