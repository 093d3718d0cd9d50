package dev.palimpsest.sql.parser;

import java.util.List;

/** A statement that changes the catalog. Immutable. */
public sealed interface Definition extends Statement {

    /** Keys written at a column are in {@code keys} too, in the order of the text. */
    record CreateTable(
            QualifiedName name, boolean ifNotExists, List<ColumnDefinition> columns, List<Key> keys, int location)
            implements Definition {
        public CreateTable {
            columns = List.copyOf(columns);
            keys = List.copyOf(keys);
        }
    }

    /**
     * {@code defaultValue} and {@code identity} may be null, and one of them is. {@code notNull} is what is written, or
     * follows from an identity; a primary key's columns are to be made NOT NULL by whoever defines the table.
     */
    record ColumnDefinition(
            String name, TypeName type, boolean notNull, Expression defaultValue, Identity identity, int location) {}

    /**
     * GENERATED … AS IDENTITY. A serial column is an integer column with {@code always} false.
     *
     * @param start null unless written
     * @param increment null unless written
     */
    record Identity(boolean always, Long start, Long increment, int location) {}

    /** PRIMARY KEY or UNIQUE; {@code name} is null unless written. */
    record Key(String name, boolean primary, List<ColumnName> columns, int location) {
        public Key {
            columns = List.copyOf(columns);
        }
    }

    /** {@code cascade} as written; nothing depends on a table but its indexes so far. */
    record DropTable(List<QualifiedName> names, boolean ifExists, boolean cascade, int location) implements Definition {
        public DropTable {
            names = List.copyOf(names);
        }
    }

    /** {@code name} is null if the index is to be named after table and columns. */
    record CreateIndex(
            String name,
            QualifiedName table,
            boolean unique,
            boolean ifNotExists,
            List<IndexColumn> columns,
            int location)
            implements Definition {
        public CreateIndex {
            columns = List.copyOf(columns);
        }
    }

    /** {@code nullsFirst} is settled as in {@link Query.OrderItem}. */
    record IndexColumn(String name, boolean descending, boolean nullsFirst, int location) {}

    record DropIndex(List<QualifiedName> names, boolean ifExists, boolean cascade, int location) implements Definition {
        public DropIndex {
            names = List.copyOf(names);
        }
    }
}
