package dev.palimpsest.catalog;

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
    private final Map<String, Integer> oids;

    /**
     * @param tables by name
     * @param oids of everything with a name: tables, indexes and sequences share one name space
     */
    CatalogSnapshot(Map<String, TableInfo> tables, Map<String, Integer> oids) {
        this.tables = new TreeMap<>(tables);
        this.oids = Map.copyOf(oids);
        for (TableInfo table : tables.values()) {
            for (IndexInfo index : table.indexes()) {
                indexes.put(index.name(), index);
            }
        }
    }

    /** Null if there is none. */
    public TableInfo table(String name) {
        return tables.get(name);
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

    /** Files that belong to something. */
    public Set<Integer> fileNumbers() {
        return new HashSet<>(oids.values());
    }
}
