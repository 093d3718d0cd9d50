package dev.palimpsest.catalog;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.SequenceSchema;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.tuple.Datums;
import dev.palimpsest.tuple.TupleLayout;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Checks definitions of tables and indexes, and completes them. Messages are PostgreSQL's. Stateless. */
final class Definitions {
    static final int MAX_NAME_BYTES = 63;
    private static final int MAX_KEY_COLUMNS = 32;
    private static final Set<String> SYSTEM_COLUMNS = Set.of("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid");

    private Definitions() {}

    /** @return the schema with its defaults coerced and its key's columns NOT NULL */
    static TableSchema complete(TableSchema schema) {
        checkName(schema.name());
        if (schema.columns().size() > TupleLayout.MAX_COLUMNS) {
            throw new UsageException(
                    SqlState.TOO_MANY_COLUMNS, "tables can have at most " + TupleLayout.MAX_COLUMNS + " columns");
        }
        Set<String> seen = new HashSet<>();
        for (Column column : schema.columns()) {
            checkColumn(schema, column);
            if (!seen.add(column.name())) {
                throw new UsageException(
                        SqlState.DUPLICATE_COLUMN, "column \"" + column.name() + "\" specified more than once");
            }
        }
        checkConstraint(schema, schema.primaryKey(), "primary key");
        for (List<String> unique : schema.uniques()) {
            if (unique.isEmpty()) {
                throw new UsageException(SqlState.INVALID_TABLE_DEFINITION, "a unique constraint needs a column");
            }
            checkConstraint(schema, unique, "unique");
        }
        List<Column> columns = new ArrayList<>();
        for (Column c : schema.columns()) {
            boolean notNull = c.notNull()
                    || c.identity() != Column.Identity.NONE
                    || isSerial(c)
                    || schema.primaryKey().contains(c.name());
            columns.add(new Column(c.name(), c.type(), notNull, coerced(c), c.identity()));
        }
        StorageParameters.of(schema.storageParameters());
        return new TableSchema(
                schema.name(),
                columns,
                schema.primaryKey(),
                schema.uniques(),
                schema.checks(),
                schema.foreignKeys(),
                schema.storageParameters());
    }

    /** Does it bring its own sequence, without being an identity column? */
    static boolean isSerial(Column column) {
        return column.defaultValue() instanceof Column.NextValue next && next.sequence() == null;
    }

    /** Source: PostgreSQL, sequence.c, init_params. */
    static void checkSequence(SequenceSchema s) {
        checkName(s.name());
        if (s.increment() == 0) {
            throw badSequence("INCREMENT must not be zero");
        }
        if (s.minValue() >= s.maxValue()) {
            throw badSequence("MINVALUE (" + s.minValue() + ") must be less than MAXVALUE (" + s.maxValue() + ")");
        }
        if (s.start() < s.minValue()) {
            throw badSequence("START value (" + s.start() + ") cannot be less than MINVALUE (" + s.minValue() + ")");
        }
        if (s.start() > s.maxValue()) {
            throw badSequence("START value (" + s.start() + ") cannot be greater than MAXVALUE (" + s.maxValue() + ")");
        }
    }

    private static UsageException badSequence(String message) {
        return new UsageException(SqlState.INVALID_PARAMETER_VALUE, message);
    }

    /** The sequence of an identity or serial column: as far as the column's type goes. */
    static SequenceSchema ownSequence(String name, ColumnType type) {
        long max = switch (type.kind()) {
            case SMALLINT -> Short.MAX_VALUE;
            case INTEGER -> Integer.MAX_VALUE;
            default -> Long.MAX_VALUE;
        };
        return new SequenceSchema(name, 1, 1, 1, max, false);
    }

    /** Checks an index's columns against its table. */
    static void checkIndex(IndexSchema index, TableSchema table) {
        if (index.name() != null) {
            checkName(index.name());
        }
        if (index.columns().isEmpty()) {
            throw new UsageException(SqlState.INVALID_TABLE_DEFINITION, "an index needs a column");
        }
        checkCount(index.columns());
        for (String column : index.columns()) {
            if (table.indexOf(column) < 0) {
                throw new UsageException(SqlState.UNDEFINED_COLUMN, "column \"" + column + "\" does not exist");
            }
        }
        int orders = index.descending().size();
        if (orders != 0 && orders != index.columns().size()) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE,
                    "an index has an order for each column or for none",
                    "columns=" + index.columns().size() + " orders=" + orders);
        }
    }

    static void checkName(String name) {
        if (name == null || name.isEmpty()) {
            throw new UsageException(SqlState.INVALID_TABLE_DEFINITION, "zero-length identifier");
        }
        if (name.indexOf('\0') >= 0 || Datums.utf8(name).length > MAX_NAME_BYTES) {
            throw new UsageException(
                    SqlState.INVALID_TABLE_DEFINITION,
                    "identifier too long or with a zero byte: \"" + name.replace("\0", "\\0") + "\"",
                    "max=" + MAX_NAME_BYTES + " bytes of UTF-8");
        }
    }

    /** {@code first_second_suffix}, with the longer of the first two cut until it fits. Source: PostgreSQL, makeObjectName. */
    static String objectName(String first, String second, String suffix) {
        int room = MAX_NAME_BYTES - 1 - suffix.length() - (second.isEmpty() ? 0 : 1);
        String a = first;
        String b = second;
        while (bytes(a) + bytes(b) > room) {
            if (bytes(a) > bytes(b)) {
                a = withoutLast(a);
            } else {
                b = withoutLast(b);
            }
        }
        return b.isEmpty() ? a + "_" + suffix : a + "_" + b + "_" + suffix;
    }

    private static String withoutLast(String text) {
        return text.substring(0, text.offsetByCodePoints(text.length(), -1));
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static void checkColumn(TableSchema schema, Column column) {
        checkName(column.name());
        if (SYSTEM_COLUMNS.contains(column.name())) {
            throw new UsageException(
                    SqlState.DUPLICATE_COLUMN,
                    "column name \"" + column.name() + "\" conflicts with a system column name");
        }
        if (column.type() == null || column.identity() == null) {
            throw new UsageException(
                    SqlState.INVALID_TABLE_DEFINITION,
                    "column \"" + column.name() + "\" needs a type and an identity kind");
        }
        if (column.identity() == Column.Identity.NONE) {
            return;
        }
        ColumnType.Kind kind = column.type().kind();
        if (kind != ColumnType.Kind.SMALLINT && kind != ColumnType.Kind.INTEGER && kind != ColumnType.Kind.BIGINT) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE, "identity column type must be smallint, integer, or bigint");
        }
        if (column.defaultValue() != null) {
            throw new UsageException(
                    SqlState.SYNTAX_ERROR,
                    "both default and identity specified for column \"" + column.name() + "\" of table \""
                            + schema.name() + "\"");
        }
    }

    private static void checkConstraint(TableSchema schema, List<String> columns, String kind) {
        checkCount(columns);
        Set<String> seen = new HashSet<>();
        for (String column : columns) {
            if (schema.indexOf(column) < 0) {
                throw new UsageException(
                        SqlState.UNDEFINED_COLUMN, "column \"" + column + "\" named in key does not exist");
            }
            if (!seen.add(column)) {
                throw new UsageException(
                        SqlState.DUPLICATE_COLUMN,
                        "column \"" + column + "\" appears twice in " + kind + " constraint");
            }
        }
    }

    private static void checkCount(List<String> columns) {
        if (columns.size() > MAX_KEY_COLUMNS) {
            throw new UsageException(
                    SqlState.TOO_MANY_COLUMNS, "cannot use more than " + MAX_KEY_COLUMNS + " columns in an index");
        }
    }

    private static void checkNumbered(Column column) {
        switch (column.type().kind()) {
            case SMALLINT, INTEGER, BIGINT -> {}
            case NUMERIC, DOUBLE -> {
                if (isSerial(column)) {
                    throw notNumbered(column);
                }
            }
            default -> throw notNumbered(column);
        }
    }

    private static UsageException notNumbered(Column column) {
        return new UsageException(
                SqlState.DATATYPE_MISMATCH,
                "column \"" + column.name() + "\" is of type " + column.type().sqlName()
                        + " but default expression is of type bigint");
    }

    private static Column.DefaultValue coerced(Column column) {
        if (column.defaultValue() instanceof Column.Constant constant) {
            if (constant.value() == null) {
                return null;
            }
            Object value = Datums.coerce(column, constant.value());
            if (value instanceof InputStream) {
                throw new UsageException(
                        SqlState.DATATYPE_MISMATCH,
                        "the default of column \"" + column.name() + "\" must not be a stream");
            }
            return new Column.Constant(value instanceof byte[] bytes ? bytes.clone() : value);
        }
        if (column.defaultValue() instanceof Column.NextValue) {
            checkNumbered(column);
            return column.defaultValue();
        }
        if (column.defaultValue() != null && column.type().kind() != ColumnType.Kind.TIMESTAMPTZ) {
            throw new UsageException(
                    SqlState.DATATYPE_MISMATCH,
                    "column \"" + column.name() + "\" is of type "
                            + column.type().sqlName() + " but default expression is of type timestamp with time zone");
        }
        return column.defaultValue();
    }
}
