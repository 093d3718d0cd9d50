package dev.palimpsest.shell;

import dev.palimpsest.api.Check;
import dev.palimpsest.api.Column;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.ForeignKey;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.SequenceSchema;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.sql.parser.SqlPrinter;
import dev.palimpsest.sql.plan.SqlError;
import dev.palimpsest.sql.plan.Values;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What \d NAME prints of a table, an index or a sequence, as one transaction sees it. One for each command. */
final class DescribeRelation {
    private final Database database;
    private final Transaction tx;
    private final SessionPrinter printer;

    DescribeRelation(Database database, Transaction tx, SessionPrinter printer) {
        this.database = database;
        this.tx = tx;
        this.printer = printer;
    }

    void describe(String name) {
        TableSchema table = tx.tableSchema(name);
        if (table != null) {
            table(table);
            return;
        }
        SequenceSchema sequence = tx.sequenceSchema(name);
        if (sequence != null) {
            sequence(sequence);
            return;
        }
        IndexSchema index = tx.tableNames().stream()
                .flatMap(t -> database.table(t).indexes(tx).stream())
                .filter(candidate -> candidate.name().equals(name))
                .findFirst()
                .orElseThrow(() -> SqlError.of("42P01", "Did not find any relation named \"" + name + "\"."));
        index(index);
    }

    private void print(List<String> columns, List<Object[]> rows) {
        Describe.print(printer, Describe.columns(columns.toArray(String[]::new)), rows);
    }

    private void table(TableSchema table) {
        List<Object[]> rows = new ArrayList<>();
        for (Column column : table.columns()) {
            rows.add(new Object[] {
                column.name(), column.type().sqlName(), column.notNull() ? "not null" : "", defaultText(column)
            });
        }
        print(List.of("Column", "Type", "Nullable", "Default"), rows);
        List<Object[]> indexes = new ArrayList<>();
        for (IndexSchema index : database.table(table.name()).indexes(tx)) {
            indexes.add(new Object[] {index.name(), kind(index, table), keys(index)});
        }
        print(List.of("Index", "Kind", "Columns"), indexes);
        List<Object[]> constraints = new ArrayList<>();
        for (Check check : table.checks()) {
            constraints.add(new Object[] {check.name(), "CHECK (" + check.condition() + ")"});
        }
        table.foreignKeys().forEach(key -> constraints.add(new Object[] {key.name(), definition(key)}));
        if (!constraints.isEmpty()) {
            print(List.of("Constraint", "Definition"), constraints);
        }
        List<Object[]> parameters = new ArrayList<>();
        table.storageParameters().forEach((name, value) -> parameters.add(new Object[] {name, value}));
        if (!parameters.isEmpty()) {
            print(List.of("Storage parameter", "Value"), parameters);
        }
        List<Object[]> references = references(table);
        if (!references.isEmpty()) {
            print(List.of("Referenced by", "Constraint", "Definition"), references);
        }
    }

    private List<Object[]> references(TableSchema table) {
        List<Object[]> references = new ArrayList<>();
        for (String name : tx.tableNames()) {
            for (ForeignKey key : tx.tableSchema(name).foreignKeys()) {
                if (key.referencedTable().equals(table.name())) {
                    references.add(new Object[] {name, key.name(), definition(key)});
                }
            }
        }
        return references;
    }

    private static String kind(IndexSchema index, TableSchema table) {
        boolean primary = !table.primaryKey().isEmpty() && index.name().equals(table.name() + "_pkey");
        return primary ? "primary key" : index.unique() ? "unique" : "";
    }

    /** As pg_get_constraintdef. */
    private static String definition(ForeignKey key) {
        return "FOREIGN KEY (" + names(key.columns()) + ") REFERENCES "
                + SqlPrinter.identifier(key.referencedTable())
                + (key.referencedColumns().isEmpty() ? "" : "(" + names(key.referencedColumns()) + ")")
                + action(" ON UPDATE ", key.onUpdate())
                + action(" ON DELETE ", key.onDelete());
    }

    private static String action(String event, ForeignKey.Action action) {
        return action == ForeignKey.Action.NO_ACTION
                ? ""
                : event + action.name().replace('_', ' ');
    }

    private static String names(List<String> columns) {
        return String.join(", ", columns.stream().map(SqlPrinter::identifier).toList());
    }

    private static String keys(IndexSchema index) {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < index.columns().size(); i++) {
            keys.add(SqlPrinter.identifier(index.columns().get(i)) + (isDescending(index, i) ? " DESC" : ""));
        }
        return String.join(", ", keys);
    }

    private static boolean isDescending(IndexSchema index, int column) {
        return !index.descending().isEmpty() && index.descending().get(column);
    }

    private static String defaultText(Column column) {
        if (column.identity() != Column.Identity.NONE) {
            return column.identity() == Column.Identity.ALWAYS
                    ? "generated always as identity"
                    : "generated by default as identity";
        }
        if (column.defaultValue() == null) {
            return "";
        }
        if (column.defaultValue() instanceof Column.Constant constant) {
            Object value = constant.value();
            boolean quoted = value instanceof String || value instanceof byte[] || value instanceof Instant;
            String text = value instanceof Boolean ? value.toString() : Values.format(value);
            return quoted ? "'" + text.replace("'", "''") + "'" : text;
        }
        return column.defaultValue() instanceof Column.NextValue next
                ? "nextval('" + SqlPrinter.identifier(next.sequence()) + "'::regclass)"
                : "now()";
    }

    private void index(IndexSchema index) {
        TableSchema table = tx.tableSchema(index.table());
        List<Object[]> rows = new ArrayList<>();
        for (int i = 0; i < index.columns().size(); i++) {
            Column column = table.columns().get(table.indexOf(index.columns().get(i)));
            rows.add(new Object[] {column.name(), column.type().sqlName(), isDescending(index, i) ? "DESC" : ""});
        }
        print(List.of("Column", "Type", "Order"), rows);
        print(List.of("Table", "Kind"), List.<Object[]>of(new Object[] {table.name(), kind(index, table)}));
    }

    private void sequence(SequenceSchema sequence) {
        Object[] row = {
            String.valueOf(sequence.start()),
            String.valueOf(sequence.minValue()),
            String.valueOf(sequence.maxValue()),
            String.valueOf(sequence.increment()),
            sequence.cycle() ? "yes" : "no"
        };
        print(List.of("Start", "Minimum", "Maximum", "Increment", "Cycles?"), List.<Object[]>of(row));
    }
}
