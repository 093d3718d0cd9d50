package dev.palimpsest.catalog;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.btree.Btree;
import dev.palimpsest.btree.KeyColumn;
import dev.palimpsest.btree.KeyType;
import java.util.ArrayList;
import java.util.List;

/**
 * An index as one reading of the catalog shows it. Immutable but for the handle, which all readings share.
 *
 * @param oid also its file number
 * @param columns positions in the table, in key order
 * @param constraint a primary key or unique constraint needs it
 */
public record IndexInfo(
        int oid, IndexSchema schema, List<Integer> columns, boolean primary, boolean constraint, IndexHandle handle) {
    public String name() {
        return schema.name();
    }

    public boolean unique() {
        return schema.unique();
    }

    public Btree btree() {
        return handle.btree();
    }

    public boolean covers(int column) {
        return columns.contains(column);
    }

    /** How each column goes into the keys. */
    public static KeyColumn[] keyColumns(IndexSchema schema, TableSchema table) {
        List<KeyColumn> keys = new ArrayList<>();
        for (int i = 0; i < schema.columns().size(); i++) {
            Column column = table.columns().get(table.indexOf(schema.columns().get(i)));
            boolean descending =
                    !schema.descending().isEmpty() && schema.descending().get(i);
            keys.add(new KeyColumn(keyType(column.type().kind()), !column.notNull(), descending));
        }
        return keys.toArray(KeyColumn[]::new);
    }

    private static KeyType keyType(ColumnType.Kind kind) {
        return switch (kind) {
            case BOOLEAN -> KeyType.BOOLEAN;
            case SMALLINT -> KeyType.INT16;
            case INTEGER -> KeyType.INT32;
            case BIGINT -> KeyType.INT64;
            case DOUBLE -> KeyType.FLOAT8;
            case NUMERIC -> KeyType.NUMERIC;
            case TEXT, VARCHAR -> KeyType.TEXT;
            case BYTEA -> KeyType.BYTEA;
            case TIMESTAMPTZ -> KeyType.TIMESTAMPTZ;
        };
    }
}
