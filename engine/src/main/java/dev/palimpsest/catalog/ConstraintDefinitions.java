package dev.palimpsest.catalog;

import dev.palimpsest.api.Check;
import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.ConditionCompiler;
import dev.palimpsest.api.ForeignKey;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.UsageException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The CHECK constraints and foreign keys of one new table: checked, named, and written to pg_constraint. Messages are PostgreSQL's. One
 * use, by {@link DdlTransaction}.
 *
 * <p>Source: PostgreSQL, {@code heap.c} AddRelationNewConstraints, {@code tablecmds.c} ATAddForeignKeyConstraint.
 */
final class ConstraintDefinitions {
    private static final int MAX_KEY_COLUMNS = 32;

    private final TableSchema schema;
    private final int oid;
    private final Supplier<CatalogSnapshot> view;
    private final Writer writer;
    private final Set<String> names = new HashSet<>();
    private int count;

    /** Adds a row to a system table. */
    @FunctionalInterface
    interface Writer {
        void insert(SystemTable table, Object... values);
    }

    ConstraintDefinitions(TableSchema schema, int oid, Supplier<CatalogSnapshot> view, Writer writer) {
        this.schema = schema;
        this.oid = oid;
        this.view = view;
        this.writer = writer;
    }

    void addChecks() {
        for (Check check : schema.checks()) {
            ConditionCompiler.Condition condition = CheckConstraint.compile(schema, check.condition());
            String name = check.name();
            if (name == null) {
                String column =
                        condition.columns().size() == 1 ? condition.columns().get(0) : "";
                name = freeName(column, "check");
            } else {
                Definitions.checkName(name);
                if (names.contains(name)) {
                    throw new UsageException(
                            SqlState.DUPLICATE_OBJECT, "check constraint \"" + name + "\" already exists");
                }
            }
            List<Integer> columns =
                    condition.columns().stream().map(schema::indexOf).toList();
            insert(name, SystemTable.TYPE_CHECK, columns, 0, List.of(), 0, null, null, check.condition());
        }
    }

    /** The table and its indexes are in the view already: it may reference itself. */
    void addForeignKeys() {
        for (ForeignKey key : schema.foreignKeys()) {
            TableInfo referenced = referencedTable(key);
            List<Integer> columns = positions(schema, key.columns());
            String name = key.name();
            if (name == null) {
                name = freeName(String.join("_", key.columns()), "fkey");
            } else {
                Definitions.checkName(name);
                if (isOwnConstraint(name)) {
                    throw new UsageException(
                            SqlState.DUPLICATE_OBJECT,
                            "constraint \"" + name + "\" for relation \"" + schema.name() + "\" already exists");
                }
            }
            IndexInfo index = referencedIndex(key, referenced, columns.size());
            List<Integer> referencedColumns = key.referencedColumns().isEmpty()
                    ? index.columns()
                    : positions(referenced.schema(), key.referencedColumns());
            checkTypes(name, columns, referenced.schema(), referencedColumns);
            insert(
                    name,
                    SystemTable.TYPE_FOREIGN,
                    columns,
                    referenced.oid(),
                    referencedColumns,
                    index.oid(),
                    key.onUpdate(),
                    key.onDelete(),
                    null);
        }
    }

    private TableInfo referencedTable(ForeignKey key) {
        TableInfo table = view.get().table(key.referencedTable());
        if (table == null) {
            throw view.get().isTaken(key.referencedTable())
                    ? new UsageException(
                            SqlState.WRONG_OBJECT_TYPE,
                            "referenced relation \"" + key.referencedTable() + "\" is not a table")
                    : new UsageException(
                            SqlState.UNDEFINED_TABLE, "relation \"" + key.referencedTable() + "\" does not exist");
        }
        if (table.isSystem()) {
            throw new UsageException(SqlState.WRONG_OBJECT_TYPE, "\"" + table.name() + "\" is a system catalog");
        }
        return table;
    }

    private static List<Integer> positions(TableSchema table, List<String> columns) {
        if (columns.size() > MAX_KEY_COLUMNS) {
            throw new UsageException(
                    SqlState.TOO_MANY_COLUMNS, "cannot have more than " + MAX_KEY_COLUMNS + " keys in a foreign key");
        }
        List<Integer> positions = new ArrayList<>();
        for (String column : columns) {
            int position = table.indexOf(column);
            if (position < 0) {
                throw new UsageException(
                        SqlState.UNDEFINED_COLUMN,
                        "column \"" + column + "\" referenced in foreign key constraint does not exist");
            }
            positions.add(position);
        }
        return positions;
    }

    /** Source: PostgreSQL, transformFkeyGetPrimaryKey and transformFkeyCheckAttrs. */
    private static IndexInfo referencedIndex(ForeignKey key, TableInfo referenced, int columnCount) {
        IndexInfo found;
        if (key.referencedColumns().isEmpty()) {
            found = referenced.primaryKey();
            if (found == null) {
                throw new UsageException(
                        SqlState.UNDEFINED_OBJECT,
                        "there is no primary key for referenced table \"" + referenced.name() + "\"");
            }
        } else {
            List<Integer> wanted = positions(referenced.schema(), key.referencedColumns());
            Set<Integer> distinct = new HashSet<>(wanted);
            if (distinct.size() != wanted.size()) {
                throw new UsageException(
                        SqlState.INVALID_FOREIGN_KEY,
                        "foreign key referenced-columns list must not contain duplicates");
            }
            found = referenced.indexes().stream()
                    .filter(index -> index.unique()
                            && index.columns().size() == wanted.size()
                            && distinct.containsAll(index.columns()))
                    .findFirst()
                    .orElseThrow(() -> new UsageException(
                            SqlState.INVALID_FOREIGN_KEY,
                            "there is no unique constraint matching given keys for referenced table \""
                                    + referenced.name() + "\""));
        }
        if (found.columns().size() != columnCount) {
            throw new UsageException(
                    SqlState.INVALID_FOREIGN_KEY,
                    "number of referencing and referenced columns for foreign key disagree");
        }
        return found;
    }

    private void checkTypes(
            String name, List<Integer> columns, TableSchema referenced, List<Integer> referencedColumns) {
        for (int i = 0; i < columns.size(); i++) {
            Column from = schema.columns().get(columns.get(i));
            Column to = referenced.columns().get(referencedColumns.get(i));
            if (!isComparable(from.type().kind(), to.type().kind())) {
                throw new UsageException(
                        SqlState.DATATYPE_MISMATCH,
                        "foreign key constraint \"" + name + "\" cannot be implemented",
                        "Key columns \"" + from.name() + "\" and \"" + to.name() + "\" are of incompatible types: "
                                + from.type().sqlName() + " and " + to.type().sqlName() + ".");
            }
        }
    }

    /** Has the referenced column's index an equality with it, or is there an implicit cast to its type? */
    private static boolean isComparable(ColumnType.Kind from, ColumnType.Kind to) {
        return switch (to) {
            case SMALLINT, INTEGER, BIGINT -> isInteger(from);
            case NUMERIC -> isInteger(from) || from == ColumnType.Kind.NUMERIC;
            case DOUBLE -> isInteger(from) || from == ColumnType.Kind.NUMERIC || from == ColumnType.Kind.DOUBLE;
            case TEXT, VARCHAR -> from == ColumnType.Kind.TEXT || from == ColumnType.Kind.VARCHAR;
            default -> from == to;
        };
    }

    private static boolean isInteger(ColumnType.Kind kind) {
        return kind == ColumnType.Kind.SMALLINT || kind == ColumnType.Kind.INTEGER || kind == ColumnType.Kind.BIGINT;
    }

    private boolean isOwnConstraint(String name) {
        return names.contains(name)
                || view.get().table(oid).indexes().stream()
                        .anyMatch(index -> index.name().equals(name));
    }

    /** No constraint of any table has it, as PostgreSQL's ChooseConstraintName takes care of. */
    private String freeName(String second, String suffix) {
        String name = Definitions.objectName(schema.name(), second, suffix);
        for (int i = 1; names.contains(name) || view.get().isConstraint(name); i++) {
            name = Definitions.objectName(schema.name(), second, suffix + i);
        }
        return name;
    }

    private void insert(
            String name,
            String type,
            List<Integer> columns,
            int referencedTable,
            List<Integer> referencedColumns,
            int index,
            ForeignKey.Action onUpdate,
            ForeignKey.Action onDelete,
            String condition) {
        names.add(name);
        writer.insert(
                SystemTable.PG_CONSTRAINT,
                (long) oid,
                (short) ++count,
                name,
                type,
                ConstraintReader.text(columns),
                (long) referencedTable,
                ConstraintReader.text(referencedColumns),
                (long) index,
                onUpdate == null ? "" : ConstraintReader.text(onUpdate),
                onDelete == null ? "" : ConstraintReader.text(onDelete),
                condition);
    }
}
