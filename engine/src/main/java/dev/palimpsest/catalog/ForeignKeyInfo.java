package dev.palimpsest.catalog;

import dev.palimpsest.api.ForeignKey;
import java.util.List;

/**
 * A foreign key as one reading of the catalog shows it, with both ends by oid. Immutable.
 *
 * @param table the referencing table, with its columns' positions
 * @param referencedTable the referenced one, with the positions of the columns that they are compared with, in the same order
 * @param index the referenced table's unique index on those columns
 */
public record ForeignKeyInfo(
        String name,
        int table,
        List<Integer> columns,
        int referencedTable,
        List<Integer> referencedColumns,
        int index,
        ForeignKey.Action onDelete,
        ForeignKey.Action onUpdate) {
    public ForeignKeyInfo {
        columns = List.copyOf(columns);
        referencedColumns = List.copyOf(referencedColumns);
    }
}
