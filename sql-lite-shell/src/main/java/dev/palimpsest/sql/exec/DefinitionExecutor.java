package dev.palimpsest.sql.exec;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.SequenceSchema;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.sql.parser.Definition;
import dev.palimpsest.sql.parser.Expression;
import dev.palimpsest.sql.parser.QualifiedName;
import dev.palimpsest.sql.parser.Statement;
import dev.palimpsest.sql.plan.Binder;
import dev.palimpsest.sql.plan.Bound;
import dev.palimpsest.sql.plan.RelationText;
import dev.palimpsest.sql.plan.Relations;
import dev.palimpsest.sql.plan.Scope;
import dev.palimpsest.sql.plan.SqlError;
import dev.palimpsest.sql.plan.SqlType;
import dev.palimpsest.sql.plan.StatementContext;
import java.util.ArrayList;
import java.util.List;

/** CREATE, ALTER and DROP of tables, indexes and sequences. One for each statement; not thread-safe. */
final class DefinitionExecutor {
    private final Transaction transaction;
    private final StatementContext context;
    private final Relations relations;
    private final ResultHandler handler;

    DefinitionExecutor(Transaction transaction, StatementContext context, Relations relations, ResultHandler handler) {
        this.relations = relations;
        this.transaction = transaction;
        this.context = context;
        this.handler = handler;
    }

    String run(Definition definition) {
        if (definition instanceof Definition.CreateTable create) {
            createTable(create);
            return "CREATE TABLE";
        }
        if (definition instanceof Definition.AlterTable alter) {
            alterTable(alter);
            return "ALTER TABLE";
        }
        if (definition instanceof Definition.DropTable drop) {
            dropTables(drop);
            return "DROP TABLE";
        }
        if (definition instanceof Definition.CreateSequence create) {
            createSequence(create);
            return "CREATE SEQUENCE";
        }
        if (definition instanceof Definition.DropSequence drop) {
            drop.names().forEach(name -> dropSequence(name, drop.ifExists()));
            return "DROP SEQUENCE";
        }
        if (definition instanceof Definition.CreateIndex create) {
            createIndex(create);
            return "CREATE INDEX";
        }
        Definition.DropIndex drop = (Definition.DropIndex) definition;
        drop.names().forEach(name -> dropIndex(name, drop.ifExists()));
        return "DROP INDEX";
    }

    static String checkSchema(QualifiedName name) {
        if (name.schema() != null && !name.schema().equals("public")) {
            throw SqlError.at(name.location(), "3F000", "schema \"" + name.schema() + "\" does not exist");
        }
        return name.name();
    }

    private void createTable(Definition.CreateTable create) {
        String name = checkSchema(create.name());
        if (create.ifNotExists() && transaction.tableSchema(name) != null) {
            handler.notice("NOTICE", "42P07", "relation \"" + name + "\" already exists, skipping");
            return;
        }
        List<String> primaryKey = List.of();
        List<List<String>> uniques = new ArrayList<>();
        List<IndexSchema> named = new ArrayList<>();
        for (Definition.Key key : create.keys()) {
            List<String> columns = ConstraintPlanner.names(key.columns());
            if (key.primary()) {
                if (!primaryKey.isEmpty()) {
                    throw SqlError.at(
                            key.location(),
                            "42P16",
                            "multiple primary keys for table \"" + name + "\" are not allowed");
                }
                if (key.name() != null && !key.name().equals(name + "_pkey")) {
                    throw SqlError.unsupported(key.location(), "a primary key named other than \"" + name + "_pkey\"");
                }
                primaryKey = columns;
            } else if (key.name() == null) {
                uniques.add(columns);
            } else {
                named.add(new IndexSchema(key.name(), name, columns, List.of(), true));
            }
            checkKeyColumns(create, key);
        }
        List<Column> columns = new ArrayList<>();
        for (Definition.ColumnDefinition column : create.columns()) {
            columns.add(column(column, primaryKey.contains(column.name())));
        }
        TableSchema plain = new TableSchema(name, columns, primaryKey, uniques);
        transaction.createTable(new TableSchema(
                name,
                columns,
                primaryKey,
                uniques,
                ConstraintPlanner.checks(create, plain, context),
                ConstraintPlanner.foreignKeys(create),
                StorageParameters.values(create.parameters())));
        named.forEach(transaction::createIndex);
    }

    /**
     * Columns of INCLUDE have to exist, and that is all: in PostgreSQL they are in the index so that reading it alone is enough, and our reads
     * go to the table's row anyway. They are no part of the key there either, so that nothing else could show the difference.
     */
    private static void checkKeyColumns(Definition.CreateTable create, Definition.Key key) {
        List<Statement.ColumnName> all = new ArrayList<>(key.columns());
        all.addAll(key.included());
        for (Statement.ColumnName column : all) {
            if (create.columns().stream().noneMatch(c -> c.name().equals(column.name()))) {
                throw SqlError.at(
                        key.location(), "42703", "column \"" + column.name() + "\" named in key does not exist");
            }
        }
    }

    private Column column(Definition.ColumnDefinition definition, boolean inPrimaryKey) {
        ColumnType type = SqlType.columnType(definition.type());
        Column.Identity identity = Column.Identity.NONE;
        if (definition.identity() != null) {
            Definition.Identity written = definition.identity();
            if (SqlType.of(type).isInteger() && !SequencePlanner.isPlain(written.options(), type)) {
                throw SqlError.unsupported(written.location(), "an identity that doesn't count 1, 2, 3, …");
            }
            identity = written.always() ? Column.Identity.ALWAYS : Column.Identity.BY_DEFAULT;
            if (!SqlType.of(type).isInteger()) {
                throw SqlError.at(
                        definition.location(), "22023", "identity column type must be smallint, integer, or bigint");
            }
            if (written.serial()) {
                return new Column(definition.name(), type, true, new Column.NextValue(null), Column.Identity.NONE);
            }
        }
        Column plain = new Column(definition.name(), type, definition.notNull() || inPrimaryKey, null, identity);
        Column.DefaultValue value =
                definition.defaultValue() == null ? null : defaultValue(definition.defaultValue(), plain);
        return new Column(plain.name(), type, plain.notNull(), value, identity);
    }

    private Column.DefaultValue defaultValue(Expression expression, Column column) {
        if (isNow(expression) && column.type().kind() == ColumnType.Kind.TIMESTAMPTZ) {
            return new Column.CurrentTimestamp();
        }
        String sequence = sequenceOf(expression);
        if (sequence != null) {
            if (!SqlType.of(column.type()).isInteger()) {
                throw SqlError.unsupported(
                        expression.start(), "nextval() as the default of another type than an integer");
            }
            return new Column.NextValue(sequence);
        }
        boolean changes = containsCall(expression);
        Binder binder = Binder.of(Scope.EMPTY, context, "DEFAULT expressions");
        Bound value;
        try {
            value = binder.bindAssignment(expression, column);
        } catch (SqlError e) {
            if (e.sqlState().equals("42703")) {
                throw SqlError.at(e.location(), "0A000", "cannot use column reference in DEFAULT expression");
            }
            throw defaultMismatch(e);
        }
        if (changes || !value.constant()) {
            throw SqlError.unsupported(expression.start(), "a default other than a constant or now()");
        }
        Object constant = value.constantValue();
        if (constant == null) {
            return null;
        }
        return new Column.Constant(constant instanceof Long l ? integer(l, column.type()) : constant);
    }

    private static SqlError defaultMismatch(SqlError e) {
        return e.sqlState().equals("42804")
                ? SqlError.of(
                                "42804",
                                e.getMessage()
                                        .replace("but expression is of type", "but default expression is of type"))
                        .withHint(e.hint())
                : e;
    }

    private static Object integer(long value, ColumnType type) {
        switch (type.kind()) {
            case SMALLINT:
                return (short) value;
            case INTEGER:
                return (int) value;
            default:
                return value;
        }
    }

    /** The sequence of {@code nextval('sequence')}, or null if it is anything else. */
    private static String sequenceOf(Expression e) {
        boolean nextValue = e instanceof Expression.FunctionCall call
                && call.name().name().equals("nextval")
                && call.arguments().size() == 1;
        if (!nextValue) {
            return null;
        }
        Expression argument = ((Expression.FunctionCall) e).arguments().get(0);
        if (argument instanceof Expression.Cast cast && cast.type().name().equals("regclass")) {
            argument = cast.operand();
        }
        return argument instanceof Expression.StringLiteral literal ? RelationText.name(literal.value()) : null;
    }

    private static boolean isNow(Expression e) {
        return e instanceof Expression.FunctionCall call
                        && call.arguments().isEmpty()
                        && (call.name().name().equals("now")
                                || call.name().name().equals("transaction_timestamp"))
                || e instanceof Expression.SpecialValue special
                        && special.kind() == Expression.SpecialValue.Kind.CURRENT_TIMESTAMP;
    }

    /** Whether its value could differ from time to time. */
    private static boolean containsCall(Expression e) {
        if (e instanceof Expression.Cast cast) {
            return containsCall(cast.operand());
        }
        return e instanceof Expression.FunctionCall || e instanceof Expression.SpecialValue;
    }

    private void alterTable(Definition.AlterTable alter) {
        String name = checkSchema(alter.table());
        if (transaction.tableSchema(name) == null) {
            if (alter.ifExists() && !isRelation(name)) {
                handler.notice("NOTICE", "00000", "relation \"" + name + "\" does not exist, skipping");
                return;
            }
            throw isRelation(name)
                    ? SqlError.of("42809", "\"" + name + "\" is not a table")
                    : SqlError.of("42P01", "relation \"" + alter.table().text() + "\" does not exist");
        }
        transaction.alterTable(name, StorageParameters.changes(alter.changes()));
    }

    private void createSequence(Definition.CreateSequence create) {
        SequenceSchema schema = SequencePlanner.plan(checkSchema(create.name()), create.options());
        if (create.ifNotExists() && isRelation(schema.name())) {
            handler.notice("NOTICE", "42P07", "relation \"" + schema.name() + "\" already exists, skipping");
            return;
        }
        transaction.createSequence(schema);
    }

    private boolean isRelation(String name) {
        return transaction.tableSchema(name) != null || transaction.sequenceSchema(name) != null || exists(name);
    }

    private void dropSequence(QualifiedName name, boolean ifExists) {
        String sequence = checkSchema(name);
        if (transaction.sequenceSchema(sequence) == null) {
            if (isRelation(sequence)) {
                throw SqlError.of("42809", "\"" + sequence + "\" is not a sequence")
                        .withHint("Use DROP "
                                + (exists(sequence) ? "INDEX to remove an index." : "TABLE to remove a table."));
            }
            if (!ifExists) {
                throw SqlError.of("42P01", "sequence \"" + sequence + "\" does not exist");
            }
            handler.notice("NOTICE", "00000", "sequence \"" + sequence + "\" does not exist, skipping");
            return;
        }
        transaction.dropSequence(sequence);
    }

    private void dropTables(Definition.DropTable drop) {
        List<String> names = new ArrayList<>();
        for (QualifiedName name : drop.names()) {
            String table = checkSchema(name);
            if (transaction.tableSchema(table) != null) {
                names.add(table);
            } else if (transaction.sequenceSchema(table) != null) {
                throw SqlError.of("42809", "\"" + table + "\" is not a table")
                        .withHint("Use DROP SEQUENCE to remove a sequence.");
            } else if (drop.ifExists()) {
                handler.notice("NOTICE", "00000", "table \"" + table + "\" does not exist, skipping");
            } else {
                throw SqlError.of("42P01", "table \"" + table + "\" does not exist");
            }
        }
        List<String> cascaded = names.isEmpty() ? List.of() : transaction.dropTables(names, drop.cascade());
        if (cascaded.size() == 1) {
            handler.notice("NOTICE", "00000", "drop cascades to " + cascaded.get(0));
        } else if (!cascaded.isEmpty()) {
            handler.notice("NOTICE", "00000", "drop cascades to " + cascaded.size() + " other objects");
        }
    }

    private void createIndex(Definition.CreateIndex create) {
        String table = checkSchema(create.table());
        TableSchema schema = transaction.tableSchema(table);
        if (schema == null) {
            throw SqlError.of("42P01", "relation \"" + create.table().text() + "\" does not exist");
        }
        List<String> columns = new ArrayList<>();
        List<Boolean> descending = new ArrayList<>();
        for (Definition.IndexColumn column : create.columns()) {
            if (schema.indexOf(column.name()) < 0) {
                throw SqlError.of("42703", "column \"" + column.name() + "\" does not exist");
            }
            if (column.nullsFirst() != column.descending()) {
                throw SqlError.unsupported(column.location(), "NULLS FIRST or LAST other than the default");
            }
            columns.add(column.name());
            descending.add(column.descending());
        }
        for (Statement.ColumnName column : create.included()) { // see checkKeyColumns
            if (schema.indexOf(column.name()) < 0) {
                throw SqlError.of("42703", "column \"" + column.name() + "\" does not exist");
            }
        }
        if (create.ifNotExists() && create.name() != null && exists(create.name())) {
            handler.notice("NOTICE", "42P07", "relation \"" + create.name() + "\" already exists, skipping");
            return;
        }
        boolean ascending = !descending.contains(true);
        transaction.createIndex(
                new IndexSchema(create.name(), table, columns, ascending ? List.of() : descending, create.unique()));
    }

    private boolean exists(String index) {
        return transaction.tableNames().stream()
                .flatMap(table -> relations.indexes(table).stream())
                .anyMatch(schema -> schema.name().equals(index));
    }

    private void dropIndex(QualifiedName name, boolean ifExists) {
        String index = checkSchema(name);
        if (ifExists && !exists(index)) {
            handler.notice("NOTICE", "00000", "index \"" + index + "\" does not exist, skipping");
            return;
        }
        transaction.dropIndex(index);
    }
}
