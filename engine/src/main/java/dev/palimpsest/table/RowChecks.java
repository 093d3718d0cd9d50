package dev.palimpsest.table;

import dev.palimpsest.api.CheckViolationException;
import dev.palimpsest.api.ErrorSubject;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.catalog.CheckConstraint;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.id.Tid;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** NOT NULL and CHECK for a formed row that is about to be stored. Stateless. Source: PostgreSQL, {@code execMain.c}, ExecConstraints. */
final class RowChecks {
    /** More of a value isn't shown. */
    private static final int MAX_FIELD_BYTES = 64;

    private RowChecks() {}

    /** @throws CheckViolationException naming the first constraint, by name, that is false */
    static void check(UserTransaction t, TableInfo table, byte[] tuple, int length) {
        if (table.checks().isEmpty()) {
            return;
        }
        TupleRow row = row(t, table, tuple, length);
        for (CheckConstraint check : table.checks()) {
            if (!check.holds(table.schema(), row)) {
                throw new CheckViolationException(
                        "new row for relation \"" + table.name() + "\" violates check constraint \"" + check.name()
                                + "\"",
                        failing(row),
                        null,
                        new ErrorSubject(table.name(), check.name(), null, 0));
            }
        }
    }

    /** @return 23502 */
    static UsageException nullIn(UserTransaction t, TableInfo table, int column, byte[] tuple, int length) {
        return new UsageException(
                SqlState.NOT_NULL_VIOLATION,
                "null value in column \"" + table.descriptor().column(column).name() + "\" of relation \""
                        + table.name() + "\" violates not-null constraint",
                failing(row(t, table, tuple, length)));
    }

    private static TupleRow row(UserTransaction t, TableInfo table, byte[] tuple, int length) {
        return new TupleRow(table, t, Arrays.copyOf(tuple, length), Tid.NONE);
    }

    private static String failing(TupleRow row) {
        StringBuilder text = new StringBuilder("Failing row contains (");
        for (int i = 0; i < row.schema().columns().size(); i++) {
            text.append(i == 0 ? "" : ", ").append(row.isNull(i) ? "null" : clipped(shown(row, i)));
        }
        return text.append(").").toString();
    }

    /** A big value isn't read whole for it. */
    private static String shown(TupleRow row, int column) {
        return switch (row.schema().columns().get(column).type().kind()) {
            case TEXT, VARCHAR -> new String(head(row, column), StandardCharsets.UTF_8);
            case BYTEA -> Values.text(head(row, column));
            default -> Values.text(row.value(column));
        };
    }

    private static byte[] head(TupleRow row, int column) {
        try (InputStream bytes = row.stream(column)) {
            return bytes.readNBytes(2 * MAX_FIELD_BYTES);
        } catch (IOException e) {
            throw new StoppedException(SqlState.IO_ERROR, "could not read a value", null, null, e);
        }
    }

    /** Source: PostgreSQL, ExecBuildSlotValueDescription. */
    private static String clipped(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= MAX_FIELD_BYTES) {
            return text;
        }
        int end = MAX_FIELD_BYTES;
        while ((bytes[end] & 0xC0) == 0x80) {
            end--; // not in the middle of a character
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8) + "...";
    }
}
