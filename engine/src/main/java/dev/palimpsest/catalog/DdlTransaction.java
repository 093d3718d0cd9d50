package dev.palimpsest.catalog;

import static dev.palimpsest.catalog.SystemTable.*;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.SequenceSchema;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.btree.Btree;
import dev.palimpsest.lock.LockMode;
import dev.palimpsest.lock.LockTag;
import dev.palimpsest.lock.WaitContext;
import dev.palimpsest.tx.SnapshotHandle;
import dev.palimpsest.tx.Transaction;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one transaction changes in the catalog, and its own view of it until its end. Begun by its first DDL, which takes the catalog lock:
 * one such transaction at a time. Used by the transaction's thread only.
 *
 * <p>The caller locks the relations and fills new indexes; every method here is one command.
 */
public final class DdlTransaction {
    private final Catalog catalog;
    private final Transaction tx;

    /** Its own reading, null if it changed something since. */
    private CatalogSnapshot view;

    /** Indexes it built, which older snapshots must not read through. */
    private final List<IndexHandle> built = new ArrayList<>();

    /** File numbers, with the subtransactions that made or dropped them. */
    private final Map<Integer, Integer> created = new LinkedHashMap<>();

    private final Map<Integer, Integer> dropped = new LinkedHashMap<>();

    /** Created in subtransactions that were rolled back: their files go at the end. */
    private final Set<Integer> orphaned = new LinkedHashSet<>();

    /** The subtransaction that holds the catalog lock since {@link #begin}. */
    private final int beginSub;

    private DdlTransaction(Catalog catalog, Transaction tx) {
        this.catalog = catalog;
        this.tx = tx;
        this.beginSub = tx.currentSubId();
    }

    /** Waits for other transactions with DDL to end. */
    public static DdlTransaction begin(Catalog catalog, Transaction tx) {
        catalog.context().transactions().assignXid(tx); // 25006 before any wait
        WaitContext context = WaitContext.relation("pg_class");
        catalog.context()
                .transactions()
                .locks()
                .lock(tx, LockTag.CATALOG, LockMode.ACCESS_EXCLUSIVE, WaitPolicy.BLOCK, context);
        DdlTransaction ddl = new DdlTransaction(catalog, tx);
        tx.atEnd(ddl::ended);
        return ddl;
    }

    /**
     * The transaction has rolled back its subtransactions from this one on: what they did was never done.
     *
     * @return false if the catalog lock was theirs and is gone; then this is over, and the next DDL begins anew
     */
    public boolean rolledBackTo(int firstSub) {
        view = null;
        dropped.values().removeIf(sub -> sub >= firstSub);
        created.forEach((oid, sub) -> {
            if (sub >= firstSub) {
                orphaned.add(oid);
            }
        });
        created.keySet().removeAll(orphaned);
        return beginSub < firstSub;
    }

    /** The catalog with this transaction's changes. */
    public CatalogSnapshot view() {
        if (view == null) {
            view = catalog.read(tx);
        }
        return view;
    }

    /** Makes the table with its indexes and sequences, all empty. @return its oid, to be locked by the caller */
    public int createTable(TableSchema wanted) {
        TableSchema schema = Definitions.complete(wanted);
        if (view().isTaken(schema.name())) {
            throw new UsageException(SqlState.DUPLICATE_TABLE, "relation \"" + schema.name() + "\" already exists");
        }
        int oid = newFile(
                schema.name(),
                KIND_TABLE,
                StorageParameters.of(schema.storageParameters()).stored());
        for (int i = 0; i < schema.columns().size(); i++) {
            insertColumn(schema, oid, i);
        }
        done();
        ConstraintDefinitions constraints = new ConstraintDefinitions(schema, oid, this::view, this::insert);
        constraints.addChecks();
        done();
        if (!schema.primaryKey().isEmpty()) {
            String name = freeName(schema.name(), "", "pkey");
            addIndex(schema, oid, constraint(name, schema, schema.primaryKey()), true, true);
        }
        for (List<String> unique : schema.uniques()) {
            String name = freeName(schema.name(), String.join("_", unique), "key");
            addIndex(schema, oid, constraint(name, schema, unique), false, true);
        }
        constraints.addForeignKeys();
        done();
        return oid;
    }

    /** Caller holds ACCESS EXCLUSIVE locks of the table and of those at the other end of its foreign keys. */
    public void dropTable(TableInfo table) {
        for (IndexInfo index : table.indexes()) {
            removeFile(index.oid());
        }
        for (SequenceInfo sequence : view().sequences()) {
            if (sequence.ownerTable() == table.oid()) {
                removeSequence(sequence);
            }
        }
        deleteRows(PG_ATTRIBUTE, ATTRELID, table.oid());
        deleteRows(PG_INDEX, INDRELID, table.oid());
        deleteRows(PG_CONSTRAINT, CONRELID, table.oid());
        removeFile(table.oid());
        done();
    }

    /** Caller holds ACCESS EXCLUSIVE locks of both tables. */
    public void dropForeignKey(ForeignKeyInfo key) {
        try (SnapshotHandle latest = tx.latestSnapshot()) {
            CatalogRows rows = new CatalogRows(catalog, PG_CONSTRAINT, latest.snapshot());
            while (rows.next()) {
                if (rows.oid(CONRELID) == key.table() && rows.text(CONNAME).equals(key.name())) {
                    rows.delete(tx);
                }
            }
        }
        done();
    }

    /** Takes a column's default away. Caller holds the table's ACCESS EXCLUSIVE lock. */
    public void dropDefault(TableInfo table, int position) {
        try (SnapshotHandle latest = tx.latestSnapshot()) {
            CatalogRows rows = new CatalogRows(catalog, PG_ATTRIBUTE, latest.snapshot());
            while (rows.next()) {
                if (rows.oid(ATTRELID) == table.oid() && rows.oid(ATTNUM) == position + 1) {
                    rows.delete(tx);
                }
            }
        }
        insertColumn(table.oid(), position, table.schema().columns().get(position), null, 0);
        done();
    }

    /** Makes a sequence that belongs to no table. */
    public void createSequence(SequenceSchema schema) {
        Definitions.checkSequence(schema);
        if (view().isTaken(schema.name())) {
            throw new UsageException(SqlState.DUPLICATE_TABLE, "relation \"" + schema.name() + "\" already exists");
        }
        newSequence(schema);
        done();
    }

    /** Caller holds the sequence's ACCESS EXCLUSIVE lock, and has seen to it that nothing needs it. */
    public void dropSequence(SequenceInfo sequence) {
        removeSequence(sequence);
        done();
    }

    private void removeSequence(SequenceInfo sequence) {
        deleteRows(PG_SEQUENCE, SEQRELID, sequence.oid());
        removeFile(sequence.oid());
    }

    private int newSequence(SequenceSchema schema) {
        int oid = newFile(schema.name(), KIND_SEQUENCE);
        catalog.sequence(oid, schema).create(tx.xid());
        insert(
                PG_SEQUENCE,
                (long) oid,
                schema.start(),
                schema.increment(),
                schema.minValue(),
                schema.maxValue(),
                schema.cycle());
        return oid;
    }

    /**
     * Adds an empty index; the caller, who holds the table's SHARE lock, fills it.
     *
     * @return the index as the transaction sees it from now on
     */
    public IndexInfo createIndex(TableInfo table, IndexSchema wanted) {
        Definitions.checkIndex(wanted, table.schema());
        String name = wanted.name();
        if (name == null) {
            name = freeName(table.name(), String.join("_", wanted.columns()), "idx");
        } else if (view().isTaken(name)) {
            throw new UsageException(SqlState.DUPLICATE_TABLE, "relation \"" + name + "\" already exists");
        }
        addIndex(table.schema(), table.oid(), wanted.named(name), false, false);
        IndexInfo index = view().index(name);
        index.handle().building(tx, catalog.context().transactions().published());
        return index;
    }

    /** Caller holds the table's SHARE UPDATE EXCLUSIVE lock. */
    public void setStorageParameters(TableInfo table, StorageParameters parameters) {
        deleteRows(PG_CLASS, OID, table.oid());
        insertClass(table.oid(), table.name(), KIND_TABLE, parameters.stored());
        done();
    }

    /** Caller holds the table's ACCESS EXCLUSIVE lock. */
    public void dropIndex(IndexInfo index) {
        deleteRows(PG_INDEX, INDEXRELID, index.oid());
        removeFile(index.oid());
        done();
    }

    private void addIndex(TableSchema table, int tableOid, IndexSchema index, boolean primary, boolean constraint) {
        int oid = newFile(index.name(), KIND_INDEX);
        IndexHandle handle = catalog.index(oid, index.name());
        Btree.create(handle.btree().file(), catalog.context().wal(), tx.recordBuilder(), tx.xid());
        StringBuilder keys = new StringBuilder();
        StringBuilder options = new StringBuilder();
        for (int i = 0; i < index.columns().size(); i++) {
            keys.append(i == 0 ? "" : " ").append(table.indexOf(index.columns().get(i)) + 1);
            boolean descending =
                    !index.descending().isEmpty() && index.descending().get(i);
            options.append(i == 0 ? "" : " ").append(descending ? 1 : 0);
        }
        insert(
                PG_INDEX,
                (long) oid,
                (long) tableOid,
                keys.toString(),
                options.toString(),
                index.unique(),
                primary,
                constraint);
        built.add(handle);
        done();
    }

    private void insertColumn(TableSchema schema, int oid, int position) {
        Column column = schema.columns().get(position);
        int owned = 0;
        if (column.identity() != Column.Identity.NONE || Definitions.isSerial(column)) {
            String name = freeName(schema.name(), column.name(), "seq");
            owned = newSequence(Definitions.ownSequence(name, column.type()));
        }
        int from = owned;
        if (column.defaultValue() instanceof Column.NextValue next && next.sequence() != null) {
            from = view().existingSequence(next.sequence()).oid();
        }
        insertColumn(oid, position, column, DefaultText.of(column.defaultValue(), from), owned);
    }

    private void insertColumn(int oid, int position, Column column, String defaultText, int ownedSequence) {
        insert(
                PG_ATTRIBUTE,
                (long) oid,
                (short) (position + 1),
                column.name(),
                column.type().kind().name(),
                column.type().length(),
                column.type().scale(),
                column.notNull(),
                defaultText,
                column.identity().name(),
                (long) ownedSequence);
    }

    /** A new relation's number, its files' removal should this transaction abort, and its row in pg_class. */
    private int newFile(String name, String kind) {
        return newFile(name, kind, null);
    }

    private int newFile(String name, String kind, String options) {
        int oid = catalog.fileNumbers().take(tx.xid());
        tx.dropFileAtAbort(oid);
        created.put(oid, tx.currentSubId());
        insertClass(oid, name, kind, options);
        done();
        return oid;
    }

    private void insertClass(int oid, String name, String kind, String options) {
        insert(PG_CLASS, (long) oid, name, kind, (long) oid, options);
    }

    private void removeFile(int oid) {
        deleteRows(PG_CLASS, OID, oid);
        tx.dropFileAtCommit(oid);
        dropped.put(oid, tx.currentSubId());
    }

    private void deleteRows(SystemTable table, int column, int oid) {
        try (SnapshotHandle latest = tx.latestSnapshot()) {
            CatalogRows rows = new CatalogRows(catalog, table, latest.snapshot());
            while (rows.next()) {
                if (rows.oid(column) == oid) {
                    rows.delete(tx);
                }
            }
        }
    }

    private void insert(SystemTable table, Object... values) {
        CatalogRows.insert(catalog, table, tx, values);
    }

    /** A command is over: the next one, and the next look at the catalog, sees what it did. */
    private void done() {
        tx.nextCommand();
        view = null;
    }

    private String freeName(String first, String second, String suffix) {
        String name = Definitions.objectName(first, second, suffix);
        for (int i = 1; view().isTaken(name); i++) {
            name = Definitions.objectName(first, second, suffix + i);
        }
        return name;
    }

    private static IndexSchema constraint(String name, TableSchema schema, List<String> columns) {
        return new IndexSchema(name, schema.name(), columns, List.of(), true);
    }

    /** After publication, before the locks go. */
    private void ended(boolean committed) {
        long published = catalog.context().transactions().published();
        built.forEach(handle -> handle.built(published));
        (committed ? dropped : created).keySet().forEach(catalog::forget);
        orphaned.forEach(catalog::forget);
        if (committed) {
            catalog.invalidate();
        }
    }
}
