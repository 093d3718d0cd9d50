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
    private final List<Sequence> sequences;
    private final boolean system;

    /** @param sequences for each column its sequence or null */
    TableInfo(
            int oid, TableSchema schema, Heap heap, List<IndexInfo> indexes, List<Sequence> sequences, boolean system) {
        this.oid = oid;
        this.schema = schema;
        this.descriptor = new TupleDescriptor(schema.columns());
        this.heap = heap;
        this.indexes = List.copyOf(indexes);
        this.primaryKey =
                indexes.stream().filter(IndexInfo::primary).findFirst().orElse(null);
        this.sequences = sequences;
        this.system = system;
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

    /** What numbers an identity column; null for another column. */
    public Sequence sequence(int column) {
        return sequences.get(column);
    }

    /** One of the catalog's own: read-only for users. */
    public boolean isSystem() {
        return system;
    }
}
