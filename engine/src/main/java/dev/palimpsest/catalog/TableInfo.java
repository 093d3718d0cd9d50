package dev.palimpsest.catalog;

import dev.palimpsest.api.TableSchema;
import dev.palimpsest.heap.Heap;
import dev.palimpsest.tuple.TupleDescriptor;
import java.util.List;

/**
 * A table as one reading of the catalog shows it. Immutable; the heap, the indexes' handles and the sequences are shared by all
 * readings.
 */
public final class TableInfo {
    private final int oid;
    private final TableSchema schema;
    private final TupleDescriptor descriptor;
    private final Heap heap;
    private final List<IndexInfo> indexes;
    private final IndexInfo primaryKey;
    private final List<SequenceInfo> sequences;
    private final boolean system;
    private final List<CheckConstraint> checks;
    private final List<ForeignKeyInfo> foreignKeys;
    private final List<ForeignKeyInfo> referencedBy;
    private final boolean hasForeignKeys;
    private final StorageParameters storageParameters;

    /**
     * @param sequences for each column the sequence that numbers it, or null
     * @param foreignKeys its own, in order of definition
     * @param referencedBy the foreign keys of which it is the referenced table
     */
    TableInfo(
            int oid,
            TableSchema schema,
            Heap heap,
            List<IndexInfo> indexes,
            List<SequenceInfo> sequences,
            boolean system,
            List<CheckConstraint> checks,
            List<ForeignKeyInfo> foreignKeys,
            List<ForeignKeyInfo> referencedBy,
            StorageParameters storageParameters) {
        this.oid = oid;
        this.schema = schema;
        this.descriptor = new TupleDescriptor(schema.columns());
        this.heap = heap;
        this.indexes = List.copyOf(indexes);
        this.primaryKey =
                indexes.stream().filter(IndexInfo::primary).findFirst().orElse(null);
        this.sequences = sequences;
        this.system = system;
        this.checks = List.copyOf(checks);
        this.foreignKeys = List.copyOf(foreignKeys);
        this.referencedBy = List.copyOf(referencedBy);
        this.hasForeignKeys = !foreignKeys.isEmpty() || !referencedBy.isEmpty();
        this.storageParameters = storageParameters;
    }

    /** Also its file number and what its lock is called. */
    public int oid() {
        return oid;
    }

    public String name() {
        return schema.name();
    }

    public TableSchema schema() {
        return schema;
    }

    public TupleDescriptor descriptor() {
        return descriptor;
    }

    public Heap heap() {
        return heap;
    }

    /** The primary key first, then in order of creation. */
    public List<IndexInfo> indexes() {
        return indexes;
    }

    /** Null if there is none. */
    public IndexInfo primaryKey() {
        return primaryKey;
    }

    /** Null if there is none. */
    public IndexInfo index(String name) {
        for (IndexInfo index : indexes) {
            if (index.name().equals(name)) {
                return index;
            }
        }
        return null;
    }

    /** Null if there is none. */
    public IndexInfo index(int indexOid) {
        for (IndexInfo index : indexes) {
            if (index.oid() == indexOid) {
                return index;
            }
        }
        return null;
    }

    /** What an identity column, or one with the default {@code nextval}, is numbered from; null for another column. */
    public SequenceInfo sequence(int column) {
        return sequences.get(column);
    }

    /** Is it at either end of a foreign key? */
    public boolean hasForeignKeys() {
        return hasForeignKeys;
    }

    /** In the order in which PostgreSQL checks them: by name. */
    public List<CheckConstraint> checks() {
        return checks;
    }

    /** Its own. */
    public List<ForeignKeyInfo> foreignKeys() {
        return foreignKeys;
    }

    /** Those of which it is the referenced table. */
    public List<ForeignKeyInfo> referencedBy() {
        return referencedBy;
    }

    public StorageParameters storageParameters() {
        return storageParameters;
    }

    /** One of the catalog's own: read-only for users. */
    public boolean isSystem() {
        return system;
    }
}
