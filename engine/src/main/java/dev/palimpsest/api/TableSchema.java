package dev.palimpsest.api;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A table's shape: its columns, primary key and unique constraints. Immutable; built by {@link #named}.
 *
 * <pre>{@code
 * TableSchema accounts = TableSchema.named("accounts")
 *         .column("id", ColumnType.BIGINT)
 *         .column("owner", ColumnType.TEXT).notNull()
 *         .column("balance", ColumnType.BIGINT).notNull().defaultTo(0L)
 *         .primaryKey("id")
 *         .build();
 * }</pre>
 *
 * @param primaryKey column names, empty for none; its columns are NOT NULL
 * @param uniques each a list of column names; rows with a NULL among them never conflict
 * @param checks conditions that every row has to meet
 * @param foreignKeys references to rows of other tables, or of this one
 * @param storageParameters settings of this table only, by PostgreSQL's names: {@code autovacuum_enabled},
 *     {@code autovacuum_vacuum_threshold}, {@code autovacuum_vacuum_scale_factor}, {@code autovacuum_vacuum_insert_threshold},
 *     {@code autovacuum_vacuum_insert_scale_factor}, {@code autovacuum_vacuum_cost_delay}, {@code autovacuum_vacuum_cost_limit},
 *     {@code vacuum_truncate}, {@code vacuum_index_cleanup}; {@code fillfactor} is accepted and has no effect
 */
public record TableSchema(
        String name,
        List<Column> columns,
        List<String> primaryKey,
        List<List<String>> uniques,
        List<Check> checks,
        List<ForeignKey> foreignKeys,
        Map<String, String> storageParameters) {
    public TableSchema {
        columns = List.copyOf(columns);
        primaryKey = List.copyOf(primaryKey);
        uniques = uniques.stream().map(List::copyOf).toList();
        checks = List.copyOf(checks);
        foreignKeys = List.copyOf(foreignKeys);
        storageParameters = Collections.unmodifiableMap(new TreeMap<>(storageParameters));
    }

    /** Without storage parameters. */
    public TableSchema(
            String name,
            List<Column> columns,
            List<String> primaryKey,
            List<List<String>> uniques,
            List<Check> checks,
            List<ForeignKey> foreignKeys) {
        this(name, columns, primaryKey, uniques, checks, foreignKeys, Map.of());
    }

    /** Without CHECK constraints and foreign keys. */
    public TableSchema(String name, List<Column> columns, List<String> primaryKey, List<List<String>> uniques) {
        this(name, columns, primaryKey, uniques, List.of(), List.of());
    }

    /** Starts a schema; the checks (names, duplicates, limits) are made when the table is created. */
    public static Builder named(String name) {
        return new Builder(name);
    }

    /** @return the position of a column from 0, or -1 */
    public int indexOf(String column) {
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).name().equals(column)) {
                return i;
            }
        }
        return -1;
    }

    /** Collects columns and constraints; not thread-safe. Calls after {@code column} refine that column. */
    public static final class Builder {
        private final String name;
        private final List<Column> columns = new ArrayList<>();
        private final List<List<String>> uniques = new ArrayList<>();
        private final List<Check> checks = new ArrayList<>();
        private final List<ForeignKey> foreignKeys = new ArrayList<>();
        private final Map<String, String> storageParameters = new TreeMap<>();
        private List<String> primaryKey = List.of();

        private Builder(String name) {
            this.name = name;
        }

        public Builder column(String columnName, ColumnType type) {
            columns.add(new Column(columnName, type, false, null, Column.Identity.NONE));
            return this;
        }

        public Builder notNull() {
            Column c = last();
            return replace(new Column(c.name(), c.type(), true, c.defaultValue(), c.identity()));
        }

        /** @param value of the column type's Java class */
        public Builder defaultTo(Object value) {
            Column c = last();
            return replace(new Column(c.name(), c.type(), c.notNull(), new Column.Constant(value), c.identity()));
        }

        public Builder defaultToNow() {
            Column c = last();
            return replace(new Column(c.name(), c.type(), c.notNull(), new Column.CurrentTimestamp(), c.identity()));
        }

        /** SERIAL: NOT NULL, and numbered 1, 2, 3, … by default, from a sequence of the column's own. */
        public Builder serial() {
            return notNull().defaultToNext(null);
        }

        /** @param sequence null for one of the column's own */
        public Builder defaultToNext(String sequence) {
            Column c = last();
            return replace(new Column(c.name(), c.type(), c.notNull(), new Column.NextValue(sequence), c.identity()));
        }

        /** Rows are numbered 1, 2, 3, … unless a value is given (BY_DEFAULT). */
        public Builder identity(Column.Identity identity) {
            Column c = last();
            return replace(new Column(c.name(), c.type(), true, c.defaultValue(), identity));
        }

        public Builder primaryKey(String... columnNames) {
            primaryKey = names(columnNames);
            return this;
        }

        public Builder unique(String... columnNames) {
            uniques.add(names(columnNames));
            return this;
        }

        /** @param condition SQL text, for example {@code balance >= 0}; see {@link ConditionCompiler} */
        public Builder check(String condition) {
            return check(new Check(null, condition));
        }

        public Builder check(Check check) {
            checks.add(UsageException.required(check, "the check"));
            return this;
        }

        /** {@code columns} reference another table's primary key; NO ACTION. */
        public Builder references(String referencedTable, String... columnNames) {
            return foreignKey(new ForeignKey(
                    null,
                    names(columnNames),
                    referencedTable,
                    List.of(),
                    ForeignKey.Action.NO_ACTION,
                    ForeignKey.Action.NO_ACTION));
        }

        public Builder foreignKey(ForeignKey foreignKey) {
            foreignKeys.add(UsageException.required(foreignKey, "the foreign key"));
            return this;
        }

        /** {@code WITH (parameter = value)}; checked when the table is created. */
        public Builder storageParameter(String parameter, String value) {
            storageParameters.put(
                    UsageException.required(parameter, "the storage parameter"),
                    UsageException.required(value, "the storage parameter's value"));
            return this;
        }

        public TableSchema build() {
            return new TableSchema(name, columns, primaryKey, uniques, checks, foreignKeys, storageParameters);
        }

        private static List<String> names(String[] columnNames) {
            for (String columnName : UsageException.required(columnNames, "the column names")) {
                UsageException.required(columnName, "a column name");
            }
            return List.of(columnNames);
        }

        private Column last() {
            if (columns.isEmpty()) {
                throw new UsageException(SqlState.INVALID_TABLE_DEFINITION, "add a column before refining it");
            }
            return columns.get(columns.size() - 1);
        }

        private Builder replace(Column column) {
            columns.set(columns.size() - 1, column);
            return this;
        }
    }
}
