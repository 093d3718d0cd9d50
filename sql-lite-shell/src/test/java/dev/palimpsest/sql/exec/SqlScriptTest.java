package dev.palimpsest.sql.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.WaitListener;
import dev.palimpsest.sql.parser.SqlSyntaxException;
import dev.palimpsest.sql.plan.ResultColumn;
import dev.palimpsest.sql.plan.SqlError;
import dev.palimpsest.sql.plan.Values;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs the files of {@code sql/*.slt}, whose expected output was recorded from PostgreSQL 15. Where we differ on purpose a statement has a
 * second answer below a line of {@code ---- ours}, and that is what must come.
 */
class SqlScriptTest {
    private static final String OURS = "---- ours";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "expressions",
                "casts",
                "select",
                "changes",
                "transactions",
                "upsert",
                "settings",
                "locking",
                "savepoints",
                "sequences",
                "parameters",
                "vacuum"
            })
    void shouldAnswerAsPostgres(String name) throws IOException {
        run(name, SqlSession::execute);
    }

    /** Each entry of the file is one message with several statements. */
    @Test
    void shouldTakeMessagesAsPostgres() throws IOException {
        run("messages", SqlSession::executeMessage);
    }

    private interface Execution {
        void execute(SqlSession session, String sql, ResultHandler handler);
    }

    private static void run(String name, Execution execution) throws IOException {
        List<String> failures = new ArrayList<>();
        int count = 0;
        try (Database database = Database.openInMemory();
                SqlSession session = new SqlSession(database, WaitListener.NONE)) {
            for (String entry : read(name).split("\n\n")) {
                int rule = entry.indexOf("\n----\n");
                if (entry.startsWith("#") || rule < 0 && !entry.endsWith("\n----")) {
                    continue;
                }
                String sql = rule < 0 ? entry.substring(0, entry.length() - 5) : entry.substring(0, rule);
                String expected = rule < 0 ? "" : entry.substring(rule + 6).stripTrailing();
                int ours = expected.indexOf(OURS);
                String wanted = ours < 0
                        ? expected
                        : expected.substring(ours + OURS.length()).strip();
                String actual = String.join("\n", execute(session, sql, execution));
                count++;
                if (!actual.equals(wanted)) {
                    failures.add(sql + "\n  wanted: " + wanted + "\n  got:    " + actual);
                }
            }
        }
        assertFalse(count < 25, () -> "too few statements in " + name);
        assertEquals("", String.join("\n", failures));
    }

    private static String read(String name) throws IOException {
        try (InputStream in = SqlScriptTest.class.getResourceAsStream("/sql/" + name + ".slt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static List<String> execute(SqlSession session, String sql, Execution execution) {
        Collected collected = new Collected();
        try {
            execution.execute(session, sql, collected);
        } catch (SqlError e) {
            int position = e.location() < 0 ? 0 : SqlSyntaxException.positionOf(sql, e.location());
            collected.lines.add("ERROR " + e.sqlState() + " " + position + " " + e.getMessage());
        }
        return collected.lines;
    }

    /** Rows as psql prints them unaligned. */
    private static final class Collected implements ResultHandler {
        private final List<String> lines = new ArrayList<>();
        private boolean rows;

        @Override
        public void columns(List<ResultColumn> columns) {
            rows = true;
        }

        @Override
        public void row(Object[] values) {
            lines.add(String.join(
                    "|",
                    Arrays.stream(values)
                            .map(v -> v == null ? "NULL" : Values.format(v))
                            .toList()));
        }

        @Override
        public void complete(String tag) {
            if (!rows) {
                lines.add(tag);
            }
            rows = false;
        }

        @Override
        public void notice(String severity, String sqlState, String message) {
            if (!severity.equals("INFO")) {
                lines.add(severity + ": " + message);
            }
        }
    }
}
