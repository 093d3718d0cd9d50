package dev.palimpsest.sql.exec;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.sql.plan.Casts;
import dev.palimpsest.sql.plan.SqlError;
import dev.palimpsest.sql.plan.SqlType;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * COPY … FROM a CSV file: one statement, all rows or none. Immutable.
 *
 * @param columns empty for all
 * @param header whether the first line is left out
 * @param file for messages
 */
public record CopyIn(String table, List<String> columns, boolean header, String file) {
    private static final int SHOWN_CHARACTERS = 100;

    public CopyIn {
        columns = List.copyOf(columns);
    }

    /**
     * Loads a file.
     *
     * @param progress told how many rows were read, now and then
     * @throws SqlError what failed; its context says where in the file
     */
    public void run(SqlSession session, InputStream in, LongConsumer progress, ResultHandler handler) {
        session.executeInTransaction((database, tx) -> "COPY " + load(database, tx, in, progress), handler);
    }

    private long load(Database database, Transaction tx, InputStream in, LongConsumer progress) {
        TableSchema schema = tx.tableSchema(table);
        if (schema == null) {
            throw SqlError.of("42P01", "relation \"" + table + "\" does not exist");
        }
        Rows rows = new Rows(schema, targets(schema), new CsvReader(in), progress);
        try {
            return database.table(table).insertAll(tx, rows);
        } catch (EngineException e) {
            throw SqlError.of(e).withContext("COPY " + table + ", file " + file + ", up to line " + rows.givenLine);
        }
    }

    private int[] targets(TableSchema schema) {
        if (columns.isEmpty()) {
            int[] all = new int[schema.columns().size()];
            Arrays.setAll(all, i -> i);
            return all;
        }
        int[] targets = new int[columns.size()];
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < targets.length; i++) {
            targets[i] = schema.indexOf(columns.get(i));
            if (targets[i] < 0) {
                throw SqlError.of(
                        "42703", "column \"" + columns.get(i) + "\" of relation \"" + table + "\" does not exist");
            }
            if (!seen.add(columns.get(i))) {
                throw SqlError.of("42701", "column \"" + columns.get(i) + "\" specified more than once");
            }
        }
        return targets;
    }

    /** The file's records as rows. */
    private final class Rows implements Iterator<Object[]> {
        private final TableSchema schema;
        private final int[] targets;
        private final CsvReader reader;
        private final LongConsumer progress;
        private final Instant now = Instant.now();
        private boolean headerPending = header;
        private long count;
        private Object[] next;
        private long nextLine;

        /** Where the last row that was given out begins. */
        private long givenLine;

        Rows(TableSchema schema, int[] targets, CsvReader reader, LongConsumer progress) {
            this.schema = schema;
            this.targets = targets;
            this.reader = reader;
            this.progress = progress;
        }

        @Override
        public boolean hasNext() {
            if (next == null) {
                next = read();
                nextLine = reader.line();
            }
            return next != null;
        }

        @Override
        public Object[] next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            Object[] row = next;
            next = null;
            givenLine = nextLine;
            progress.accept(++count);
            return row;
        }

        private Object[] read() {
            List<String> fields = fields();
            if (headerPending) {
                headerPending = false;
                fields = fields == null ? null : fields();
            }
            if (fields == null) {
                return null;
            }
            if (fields.size() > targets.length) {
                throw SqlError.of("22P04", "extra data after last expected column")
                        .withContext(where(null, null));
            }
            if (fields.size() < targets.length) {
                String missing = schema.columns().get(targets[fields.size()]).name();
                throw SqlError.of("22P04", "missing data for column \"" + missing + "\"")
                        .withContext(where(null, null));
            }
            Object[] row = new Object[schema.columns().size()];
            Arrays.fill(row, Table.DEFAULT);
            for (int i = 0; i < targets.length; i++) {
                row[targets[i]] = value(schema.columns().get(targets[i]), fields.get(i));
            }
            return row;
        }

        private List<String> fields() {
            try {
                return reader.next();
            } catch (IOException e) {
                throw SqlError.of("58030", "could not read file \"" + file + "\": " + e.getMessage());
            } catch (SqlError e) {
                throw e.withContext(where(null, null));
            }
        }

        private Object value(Column column, String text) {
            if (text == null) {
                return null;
            }
            try {
                Object value = Casts.parse(text, SqlType.of(column.type()), now);
                return Casts.applyModifiers(value, column.type(), false);
            } catch (SqlError e) {
                throw e.withContext(where(column.name(), text));
            }
        }

        private String where(String column, String text) {
            String place = "COPY " + table + ", line " + reader.line();
            if (column != null) {
                String shown = text.length() > SHOWN_CHARACTERS ? text.substring(0, SHOWN_CHARACTERS) + "..." : text;
                place += ", column " + column + ": \"" + shown + "\"";
            }
            return place + "\nfile \"" + file + "\"";
        }
    }
}
