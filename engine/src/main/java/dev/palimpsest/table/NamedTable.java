package dev.palimpsest.table;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.OnConflict;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowChange;
import dev.palimpsest.api.RowLock;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.btree.BtreeScan;
import dev.palimpsest.btree.KeyEncoder;
import dev.palimpsest.catalog.CatalogSnapshot;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.HeapTuple;
import dev.palimpsest.id.Tid;
import dev.palimpsest.lock.LockMode;
import dev.palimpsest.tx.Snapshot;
import dev.palimpsest.tx.SnapshotHandle;
import dev.palimpsest.tx.SnapshotKind;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** The statements on a table, by its name. Thread-safe: keeps nothing but a hint. */
public final class NamedTable implements Table {
    private static final Object[] NO_KEY = {};

    private final TableEngine engine;
    private final String name;

    /** What the name meant in the last reading of the catalog that was asked. Immutable, racy on purpose. */
    private volatile Binding last;

    private record Binding(CatalogSnapshot catalog, TableInfo table) {}

    public NamedTable(TableEngine engine, String name) {
        this.engine = engine;
        this.name = UsageException.required(name, "the table's name");
    }

    @Override
    public String name() {
        return name;
    }

    // ---- reading

    @Override
    public TableSchema schema(Transaction tx) {
        return inspect(tx, (t, table) -> table.schema());
    }

    @Override
    public List<IndexSchema> indexes(Transaction tx) {
        return inspect(
                tx,
                (t, table) -> table.indexes().stream().map(IndexInfo::schema).toList());
    }

    /** For views and checks: runs something on the table as the transaction sees it, locked for reading. */
    public <T> T inspect(Transaction tx, BiFunction<UserTransaction, TableInfo, T> work) {
        UserTransaction t = UserTransaction.of(tx, engine);
        t.enter();
        try {
            return work.apply(t, bind(t, LockMode.ACCESS_SHARE));
        } catch (Throwable e) {
            throw t.failed(e);
        } finally {
            t.exit();
        }
    }

    /** Roots, one by one, then {@link Tid#NONE}. */
    @FunctionalInterface
    public interface Roots {
        long next();
    }

    /** For {@link #inspectScan}. */
    @FunctionalInterface
    public interface ScanInspection<T> {
        /** @param roots what the scan's index leads to, in its order; null where the statement scans the table */
        T run(UserTransaction t, TableInfo table, Snapshot snapshot, Roots roots);
    }

    /** For views: runs something with the snapshot that a statement would have, and the way that it would take. */
    public <T> T inspectScan(Transaction tx, Scan scan, ScanInspection<T> work) {
        UsageException.required(scan, "the scan");
        return inspect(tx, (t, table) -> {
            Qualification which = Qualification.of(table, new TableScratch(table), scan);
            if (t.isSnapshotInUse()) {
                try (SnapshotHandle own = t.nestedSnapshot()) {
                    return work.run(t, table, own.snapshot(), roots(which, own.snapshot()));
                }
            }
            Snapshot snapshot = t.beginStatement(SnapshotKind.POINT, 0);
            try {
                return work.run(t, table, snapshot, roots(which, snapshot));
            } finally {
                t.endStatement();
            }
        });
    }

    private static Roots roots(Qualification which, Snapshot snapshot) {
        if (which.index() == null || !which.index().handle().isValidFor(snapshot)) {
            return null;
        }
        BtreeScan entries = RowSource.entries(which);
        return () -> entries.next() ? entries.tid() : Tid.NONE;
    }

    @Override
    public Row get(Transaction tx, long key) {
        return get(tx, NO_KEY, key);
    }

    @Override
    public Row get(Transaction tx, Object... key) {
        return get(tx, key, 0);
    }

    private Row get(Transaction tx, Object[] key, long number) {
        UserTransaction t = UserTransaction.of(tx, engine);
        t.enter();
        try {
            TableInfo table = bind(t, LockMode.ACCESS_SHARE);
            Scratch scratch = t.session().takeScratch();
            try {
                KeyEncoder encoded = encodeKey(table, scratch, key, number);
                return encoded == null ? null : get(t, table, scratch, encoded);
            } finally {
                t.session().giveScratch(scratch);
            }
        } catch (Throwable e) {
            throw t.failed(e);
        } finally {
            t.exit();
        }
    }

    private static Row get(UserTransaction t, TableInfo table, Scratch scratch, KeyEncoder key) {
        if (t.isSnapshotInUse()) {
            try (SnapshotHandle own = t.nestedSnapshot()) {
                HeapTuple found = find(t, table, scratch, key, own.snapshot());
                return found == null ? null : new TupleRow(table, t, found.bytes(), found.tid());
            }
        }
        Snapshot snapshot = t.beginStatement(SnapshotKind.POINT, 0);
        try {
            HeapTuple found = find(t, table, scratch, key, snapshot);
            return found == null ? null : new TupleRow(table, t, found.bytes(), found.tid());
        } finally {
            t.endStatement();
        }
    }

    /** The version with this primary key that the snapshot sees, or null: at the place where it was found last, else by the index. */
    private static HeapTuple find(
            UserTransaction t, TableInfo table, Scratch scratch, KeyEncoder key, Snapshot snapshot) {
        IndexInfo index = table.primaryKey();
        if (snapshot.csn() < index.handle().validFrom()) {
            return RowSource.open(table, Qualification.key(index, key.toBytes()), snapshot)
                    .next();
        }
        KeyCache cache = t.engine().keyCache();
        long hash = KeyCache.hash(table.heap().fileNumber(), key.bytes(), key.length());
        HeapTuple found = scratch.found;
        long cached = cache.get(hash);
        if (cached != Tid.NONE
                && table.heap().fetch(cached, snapshot, found)
                && scratch.of(table).hasPrimaryKey(found.bytes(), key)) {
            return found;
        }
        return findByIndex(table, scratch, key, snapshot, cache, hash);
    }

    /** Several entries may have the key, all but one dead. */
    private static HeapTuple findByIndex(
            TableInfo table, Scratch scratch, KeyEncoder key, Snapshot snapshot, KeyCache cache, long hash) {
        HeapTuple found = scratch.found;
        for (long tid = scratch.cursor.findFirst(table.primaryKey().btree(), key.bytes(), key.length());
                tid != Tid.NONE;
                tid = scratch.cursor.next()) {
            if (table.heap().fetch(tid, snapshot, found)) {
                cache.put(hash, tid);
                return found;
            }
        }
        return null;
    }

    @Override
    public RowStream scan(Transaction tx, Scan scan) {
        UsageException.required(scan, "the scan");
        UserTransaction t = UserTransaction.of(tx, engine);
        t.enter();
        try {
            RowLock lock = scan.lock();
            if (lock != null) {
                t.checkWritable("SELECT " + lock.mode().sql());
            }
            TableInfo table = bind(t, lock == null ? LockMode.ACCESS_SHARE : LockMode.ROW_SHARE);
            TableScratch scratch = new TableScratch(table);
            Qualification which = Qualification.of(table, scratch, scan);
            Object known = t.tx().origin();
            if (known == null) {
                t.tx().origin(engine.openingPlace()); // this snapshot may be held for longer than a statement's
            }
            try {
                return openStream(t, table, which, scratch, scan);
            } finally {
                t.tx().origin(known);
            }
        } catch (Throwable e) {
            throw t.failed(e);
        } finally {
            t.exit();
        }
    }

    private static ScanStream openStream(
            UserTransaction t, TableInfo table, Qualification which, TableScratch scratch, Scan scan) {
        RowLock lock = scan.lock();
        if (lock != null) {
            checkLockable(table);
            beginModifying(t, table);
        } else if (t.isSnapshotInUse()) {
            return new ScanStream(t, table, which, scratch, null, scan.limit(), t.nestedSnapshot());
        } else {
            t.beginStatement(SnapshotKind.POINT, 0);
        }
        try {
            return new ScanStream(t, table, which, scratch, lock, scan.limit(), t.tx().retainSnapshot());
        } finally {
            t.endStatement();
        }
    }

    @Override
    public Row lock(Transaction tx, RowLockMode mode, WaitPolicy wait, Object... key) {
        UsageException.required(mode, "the lock mode");
        UsageException.required(wait, "the wait policy");
        UserTransaction t = UserTransaction.of(tx, engine);
        t.enter();
        try {
            t.checkWritable("SELECT " + mode.sql());
            TableInfo table = bind(t, LockMode.ROW_SHARE);
            checkLockable(table);
            Scratch scratch = t.session().takeScratch();
            try {
                KeyEncoder encoded = encodeKey(table, scratch, key, 0);
                return encoded == null ? null : lock(t, table, scratch, encoded, mode, wait);
            } finally {
                t.session().giveScratch(scratch);
            }
        } catch (Throwable e) {
            throw t.failed(e);
        } finally {
            t.exit();
        }
    }

    private static Row lock(
            UserTransaction t, TableInfo table, Scratch scratch, KeyEncoder key, RowLockMode mode, WaitPolicy wait) {
        Qualification which = Qualification.key(table.primaryKey(), key.toBytes());
        Snapshot snapshot = beginModifying(t, table);
        try {
            HeapTuple found = find(t, table, scratch, key, snapshot);
            if (found == null) {
                return null;
            }
            RowLocker locker = new RowLocker(t, table, scratch.result, scratch.settled);
            HeapTuple locked = locker.lock(found, mode, wait, which, scratch.of(table));
            return locked == null ? null : new TupleRow(table, t, locked.bytes(), locked.tid());
        } finally {
            t.endStatement();
        }
    }

    private static void checkLockable(TableInfo table) {
        if (table.isSystem()) {
            TableDefinition.checkUserTable(table);
        }
    }

    // ---- inserting

    @Override
    public void insert(Transaction tx, Object... values) {
        write(tx, "INSERT", (t, table, scratch) -> {
            inserter(t, table, scratch).insert(values);
            return 1;
        });
    }

    @Override
    public long insertAll(Transaction tx, Iterator<Object[]> rows) {
        UsageException.required(rows, "the rows");
        return write(
                tx, "INSERT", (t, table, scratch) -> inserter(t, table, scratch).insertAll(rows, null));
    }

    @Override
    public long insertAll(Transaction tx, Iterator<Object[]> rows, OnConflict conflict, Consumer<Row> returning) {
        UsageException.required(rows, "the rows");
        if (conflict == null && returning == null) {
            return insertAll(tx, rows);
        }
        return write(tx, "INSERT", (t, table, scratch) -> {
            beginWithCallbacks(t, table, conflict);
            try {
                if (conflict == null) {
                    return new RowInserter(t, table, scratch).insertAll(rows, returning);
                }
                return new Upsert(t, table, scratch, conflict, returning).insertAll(rows);
            } finally {
                t.endStatement();
            }
        });
    }

    @Override
    public boolean insert(Transaction tx, OnConflict conflict, Object[] values) {
        UsageException.required(conflict, "what to do on a conflict");
        return write(tx, "INSERT", (t, table, scratch) -> {
                    beginWithCallbacks(t, table, conflict);
                    try {
                        return new Upsert(t, table, scratch, conflict, null).insert(values) ? 1 : 0;
                    } finally {
                        t.endStatement();
                    }
                })
                != 0;
    }

    /** A statement's snapshot keeps its callbacks from writing, and protects what ON CONFLICT meets. */
    private static void beginWithCallbacks(UserTransaction t, TableInfo table, OnConflict conflict) {
        if (conflict != null && conflict.change() != null) {
            beginModifying(t, table);
        } else {
            checkMayChange(t);
            t.beginStatement(SnapshotKind.POINT, 0);
        }
    }

    /** An insert reads nothing, but a REPEATABLE READ transaction sees the database as of its first statement, whatever that is. */
    private static RowInserter inserter(UserTransaction t, TableInfo table, Scratch scratch) {
        checkMayChange(t);
        if (!t.isReadCommitted()) {
            t.beginStatement(SnapshotKind.POINT, 0);
            t.endStatement();
        }
        return new RowInserter(t, table, scratch);
    }

    // ---- changing

    @Override
    public boolean update(Transaction tx, Consumer<RowChange> change, Object... key) {
        return modify(tx, "UPDATE", UsageException.required(change, "the change"), key, 0);
    }

    @Override
    public boolean update(Transaction tx, long key, Consumer<RowChange> change) {
        return modify(tx, "UPDATE", UsageException.required(change, "the change"), NO_KEY, key);
    }

    @Override
    public boolean delete(Transaction tx, Object... key) {
        return modify(tx, "DELETE", null, key, 0);
    }

    @Override
    public boolean delete(Transaction tx, long key) {
        return modify(tx, "DELETE", null, NO_KEY, key);
    }

    @Override
    public long updateAll(Transaction tx, Scan scan, Consumer<RowChange> change) {
        return updateAll(tx, scan, change, null);
    }

    @Override
    public long updateAll(Transaction tx, Scan scan, Consumer<RowChange> change, Consumer<Row> returning) {
        return modifyAll(tx, "UPDATE", scan, UsageException.required(change, "the change"), returning);
    }

    @Override
    public long deleteAll(Transaction tx, Scan scan) {
        return deleteAll(tx, scan, null);
    }

    @Override
    public long deleteAll(Transaction tx, Scan scan, Consumer<Row> returning) {
        return modifyAll(tx, "DELETE", scan, null, returning);
    }

    /** @param change null deletes */
    private boolean modify(Transaction tx, String command, Consumer<RowChange> change, Object[] key, long number) {
        return write(tx, command, (t, table, scratch) -> {
                    KeyEncoder encoded = encodeKey(table, scratch, key, number);
                    if (encoded == null) {
                        return 0;
                    }
                    Qualification which = Qualification.key(table.primaryKey(), encoded.toBytes());
                    Snapshot snapshot = beginModifying(t, table);
                    try {
                        HeapTuple found = find(t, table, scratch, encoded, snapshot);
                        return found != null && new RowModifier(t, table, scratch, which, change).modify(found) ? 1 : 0;
                    } finally {
                        t.endStatement();
                    }
                })
                != 0;
    }

    /** @param change null deletes */
    private long modifyAll(
            Transaction tx, String command, Scan scan, Consumer<RowChange> change, Consumer<Row> returning) {
        ScanChecks.checkChanges(scan, command);
        return write(tx, command, (t, table, scratch) -> {
            Qualification which = Qualification.of(table, scratch.of(table), scan);
            Snapshot snapshot = beginModifying(t, table);
            try {
                RowModifier modifier = new RowModifier(t, table, scratch, which, change).returning(returning);
                RowSource source = RowSource.open(table, which, snapshot);
                long count = 0;
                for (HeapTuple found = source.next(); found != null; found = source.next()) {
                    boolean wanted = which.predicate() == null
                            || which.predicate().test(new TupleRow(table, t, found.bytes(), found.tid()));
                    if (wanted && modifier.modify(found)) {
                        count++;
                    }
                }
                return count;
            } finally {
                t.endStatement();
            }
        });
    }

    /** It may follow update chains of this table, so nothing in it that ended after the snapshot may go. */
    private static Snapshot beginModifying(UserTransaction t, TableInfo table) {
        checkMayChange(t);
        return t.beginStatement(SnapshotKind.OPEN, table.heap().fileNumber());
    }

    private static void checkMayChange(UserTransaction t) {
        if (t.isSnapshotInUse()) {
            throw new UsageException(
                    SqlState.OBJECT_IN_USE,
                    "cannot change or lock rows from within another statement of the same transaction");
        }
    }

    // ---- what the statements share

    @FunctionalInterface
    private interface Writing {
        long run(UserTransaction t, TableInfo table, Scratch scratch);
    }

    private long write(Transaction tx, String command, Writing work) {
        UserTransaction t = UserTransaction.of(tx, engine);
        t.enter();
        try {
            t.checkWritable(command);
            TableInfo table = bind(t, LockMode.ROW_EXCLUSIVE);
            if (table.isSystem()) {
                TableDefinition.checkUserTable(table);
            }
            Scratch scratch = t.session().takeScratch();
            long count;
            try {
                count = work.run(t, table, scratch);
                t.tx().nextCommand();
                scratch.checkForeignKeys(t);
            } finally {
                scratch.forgetEvents();
                t.session().giveScratch(scratch);
            }
            return count;
        } catch (Throwable e) {
            throw t.failed(e);
        } finally {
            t.exit();
        }
    }

    /**
     * The name's table, locked: looked up, locked, and looked up again if the catalog changed meanwhile, since what was waited for may have
     * dropped or changed it.
     */
    private TableInfo bind(UserTransaction t, LockMode mode) {
        while (true) {
            CatalogSnapshot catalog = t.catalog();
            TableInfo table = lookUp(t, catalog);
            t.lock(table, mode);
            if (t.catalog() == catalog) {
                return table;
            }
        }
    }

    private TableInfo lookUp(UserTransaction t, CatalogSnapshot catalog) {
        Binding known = last;
        if (known != null && known.catalog == catalog) {
            return known.table;
        }
        TableInfo table = catalog.existingTable(name);
        if (!t.hasDdl()) {
            last = new Binding(catalog, table);
        }
        return table;
    }

    /** @return null if nothing can have this key */
    private static KeyEncoder encodeKey(TableInfo table, Scratch scratch, Object[] key, long number) {
        IndexInfo index = table.primaryKey();
        if (index == null) {
            throw new UsageException(SqlState.UNDEFINED_OBJECT, "table \"" + table.name() + "\" has no primary key");
        }
        KeyEncoder encoder = scratch.of(table).encoder(0); // the primary key is the first index
        if (key == NO_KEY) {
            return encodeNumber(encoder, table, index, number);
        }
        if (key == null || key.length != index.columns().size()) {
            throw wrongKey(table, index, key == null ? "null" : key.length + " values");
        }
        return Keys.ofValues(encoder, table, index, Arrays.asList(key)) ? encoder : null;
    }

    private static KeyEncoder encodeNumber(KeyEncoder encoder, TableInfo table, IndexInfo index, long number) {
        if (index.columns().size() != 1) {
            throw wrongKey(table, index, "1 value");
        }
        ColumnType.Kind kind = table.descriptor().kind(index.columns().get(0));
        switch (kind) {
            case BIGINT -> encoder.begin().addInt64(number);
            case INTEGER -> {
                if ((int) number != number) {
                    return null;
                }
                encoder.begin().addInt32((int) number);
            }
            case SMALLINT -> {
                if ((short) number != number) {
                    return null;
                }
                encoder.begin().addInt16((short) number);
            }
            default -> {
                return Keys.ofValues(encoder, table, index, List.of(number)) ? encoder : null;
            }
        }
        return encoder;
    }

    private static UsageException wrongKey(TableInfo table, IndexInfo index, String given) {
        return new UsageException(
                SqlState.DATATYPE_MISMATCH,
                "the primary key of table \"" + table.name() + "\" is "
                        + index.schema().columns() + ", given: " + given);
    }
}
