package dev.palimpsest.api;

import java.util.List;

/**
 * A foreign key: rows with non-null values in {@code columns} need a row of {@code referencedTable} with the same values in
 * {@code referencedColumns}, which are the columns of its primary key or of a unique constraint or index. Immutable.
 *
 * @param name null lets the engine choose {@code <table>_<columns>_fkey}
 * @param referencedColumns empty for the primary key
 */
public record ForeignKey(
        String name,
        List<String> columns,
        String referencedTable,
        List<String> referencedColumns,
        Action onDelete,
        Action onUpdate) {
    /** What happens to referencing rows when the referenced row goes or its key changes. */
    public enum Action {
        /** 23503 if there are any at the end of the statement. */
        NO_ACTION,
        /** 23503 if there are any, at once. */
        RESTRICT,
        /** They are deleted or get the new key. */
        CASCADE,
        /** Their columns become NULL. */
        SET_NULL
    }

    public ForeignKey {
        columns = List.copyOf(columns);
        referencedColumns = List.copyOf(referencedColumns);
    }
}
