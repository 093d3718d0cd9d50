package dev.palimpsest.sql.parser;

import java.util.List;

/** A statement that changes the catalog. Immutable. */
public sealed interface Definition extends Statement {

    /** Constraints written at a column are in their lists too, in the order of the text. */
    record CreateTable(
            QualifiedName name,
            boolean ifNotExists,
            List<ColumnDefinition> columns,
            List<Key> keys,
            List<Check> checks,
            List<ForeignKey> foreignKeys,
            List<StorageParameter> parameters,
            int location)
            implements Definition {
        public CreateTable {
            columns = List.copyOf(columns);
            keys = List.copyOf(keys);
            checks = List.copyOf(checks);
            foreignKeys = List.copyOf(foreignKeys);
            parameters = List.copyOf(parameters);
        }
    }

    /** Of WITH, SET or RESET; {@code namespace} and {@code value} are null unless written. */
    record StorageParameter(String namespace, String name, String value, int location) {}

    /** {@code changes} in the order of the text. */
    record AlterTable(QualifiedName table, boolean ifExists, List<ParameterChange> changes, int location)
            implements Definition {
        public AlterTable {
            changes = List.copyOf(changes);
        }
    }

    /** SET (…) or RESET (…). */
    record ParameterChange(boolean reset, List<StorageParameter> parameters) {
        public ParameterChange {
            parameters = List.copyOf(parameters);
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
     * @param serial whether it was written as serial
     */
    record Identity(boolean always, boolean serial, SequenceOptions options, int location) {}

    /** Everything but {@code cycle} is null unless written. */
    record SequenceOptions(TypeName type, Long start, Long increment, Long minValue, Long maxValue, boolean cycle) {
        static final SequenceOptions NONE = new SequenceOptions(null, null, null, null, null, false);
    }

    /** PRIMARY KEY or UNIQUE; {@code name} is null unless written. {@code included} columns (INCLUDE) are no part of the key. */
    record Key(String name, boolean primary, List<ColumnName> columns, List<ColumnName> included, int location) {
        public Key {
            columns = List.copyOf(columns);
            included = List.copyOf(included);
        }
    }

    /** CHECK; {@code name} is null unless written. */
    record Check(String name, Expression condition, int location) {}

    /**
     * FOREIGN KEY or REFERENCES.
     *
     * @param name null unless written
     * @param referencedColumns empty unless written
     */
    record ForeignKey(
            String name,
            List<ColumnName> columns,
            QualifiedName referencedTable,
            List<ColumnName> referencedColumns,
            Action onDelete,
            Action onUpdate,
            int location) {
        public ForeignKey {
            columns = List.copyOf(columns);
            referencedColumns = List.copyOf(referencedColumns);
        }
    }

    /** What ON DELETE and ON UPDATE name. */
    enum Action {
        NO_ACTION,
        RESTRICT,
        CASCADE,
        SET_NULL
    }

    record CreateSequence(QualifiedName name, boolean ifNotExists, SequenceOptions options, int location)
            implements Definition {}

    record DropSequence(List<QualifiedName> names, boolean ifExists, boolean cascade, int location)
            implements Definition {
        public DropSequence {
            names = List.copyOf(names);
        }
    }

    /** {@code cascade}: foreign keys of other tables that reference it go as well. */
    record DropTable(List<QualifiedName> names, boolean ifExists, boolean cascade, int location) implements Definition {
        public DropTable {
            names = List.copyOf(names);
        }
    }

    /** {@code name} is null if the index is to be named after table and columns; {@code included} as in {@link Key}. */
    record CreateIndex(
            String name,
            QualifiedName table,
            boolean unique,
            boolean ifNotExists,
            List<IndexColumn> columns,
            List<ColumnName> included,
            int location)
            implements Definition {
        public CreateIndex {
            columns = List.copyOf(columns);
            included = List.copyOf(included);
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
