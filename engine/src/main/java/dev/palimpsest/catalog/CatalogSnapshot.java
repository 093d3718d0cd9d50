package dev.palimpsest.catalog;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** One reading of the whole catalog. Immutable, thread-safe. */
public final class CatalogSnapshot {
    private final Map<String, TableInfo> tables;
    private final Map<String, IndexInfo> indexes = new HashMap<>();
    private final Map<String, SequenceInfo> sequences;
    private final Map<String, Integer> oids;
    private final Map<Integer, TableInfo> tablesByOid = new HashMap<>();

    /**
     * @param tables by name
     * @param sequences by name
     * @param oids of everything with a name: tables, indexes and sequences share one name space
     */
    CatalogSnapshot(Map<String, TableInfo> tables, Map<String, SequenceInfo> sequences, Map<String, Integer> oids) {
        this.tables = new TreeMap<>(tables);
        this.sequences = new TreeMap<>(sequences);
        this.oids = Map.copyOf(oids);
        for (TableInfo table : tables.values()) {
            tablesByOid.put(table.oid(), table);
            for (IndexInfo index : table.indexes()) {
                indexes.put(index.name(), index);
            }
        }
    }

    /** Null if there is none. */
    public TableInfo table(String name) {
        return tables.get(name);
    }

    /** @throws UsageException 42P01, 42809 if there is none */
    public TableInfo existingTable(String name) {
        TableInfo table = table(name);
        if (table == null) {
            throw missing(name, "table");
        }
        return table;
    }

    private UsageException missing(String name, String kind) {
        return isTaken(name)
                ? new UsageException(SqlState.WRONG_OBJECT_TYPE, "\"" + name + "\" is not a " + kind)
                : new UsageException(SqlState.UNDEFINED_TABLE, "relation \"" + name + "\" does not exist");
    }

    /** Null if there is none. */
    public TableInfo table(int oid) {
        return tablesByOid.get(oid);
    }

    /** Null if there is none. */
    public SequenceInfo sequence(String name) {
        return sequences.get(name);
    }

    /** @throws UsageException 42P01, 42809 if there is none */
    public SequenceInfo existingSequence(String name) {
        SequenceInfo sequence = sequences.get(name);
        if (sequence == null) {
            throw missing(name, "sequence");
        }
        return sequence;
    }

    /** Those of columns included, by name. */
    public Collection<SequenceInfo> sequences() {
        return sequences.values();
    }

    /** Null if there is none. */
    public IndexInfo index(String name) {
        return indexes.get(name);
    }

    /** Users' tables and the system's, by name. */
    public Collection<TableInfo> tables() {
        return tables.values();
    }

    public boolean isTaken(String name) {
        return oids.containsKey(name);
    }

    /** Is this the name of a constraint of any table, its index included? */
    boolean isConstraint(String name) {
        return tables.values().stream()
                .anyMatch(table ->
                        table.checks().stream().anyMatch(check -> check.name().equals(name))
                                || table.foreignKeys().stream()
                                        .anyMatch(key -> key.name().equals(name))
                                || table.indexes().stream()
                                        .anyMatch(index -> index.constraint()
                                                && index.name().equals(name)));
    }

    /** Files that belong to something. */
    public Set<Integer> fileNumbers() {
        return new HashSet<>(oids.values());
    }
}
