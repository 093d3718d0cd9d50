package dev.palimpsest.api;

import java.util.List;

/**
 * An index's shape. Immutable.
 *
 * @param name null lets the engine choose {@code <table>_<columns>_idx}
 * @param columns in key order
 * @param descending for each column whether it is ordered descending (NULLs first then); empty for all ascending (NULLs last)
 */
public record IndexSchema(String name, String table, List<String> columns, List<Boolean> descending, boolean unique) {
    public IndexSchema {
        columns = List.copyOf(columns);
        descending = List.copyOf(descending);
    }

    /** An index over these columns, ascending, not unique, named by the engine. */
    public static IndexSchema on(String table, String... columns) {
        return new IndexSchema(null, table, List.of(columns), List.of(), false);
    }

    /** The same with a name. */
    public IndexSchema named(String indexName) {
        return new IndexSchema(indexName, table, columns, descending, unique);
    }

    /** The same, refusing rows with equal keys (23505); NULLs never conflict. */
    public IndexSchema asUnique() {
        return new IndexSchema(name, table, columns, descending, true);
    }
}
