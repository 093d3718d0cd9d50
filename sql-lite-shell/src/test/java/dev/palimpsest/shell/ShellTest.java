package dev.palimpsest.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.Database;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShellTest {
    @TempDir
    private Path directory;

    private static void assertOutput(ShellRun run, int status, String... lines) {
        assertEquals(String.join("\n", lines) + "\n", run.output());
        assertEquals(status, run.status());
    }

    @Test
    void shouldAlignAsPsql() {
        assertOutput(
                ShellRun.script("SELECT 1 AS n, 'ab' AS text, NULL AS nothing", "  , 'x", "yz' AS lines;"),
                0,
                " n | text | nothing | lines ",
                "---+------+---------+-------",
                " 1 | ab   |         | x    +",
                "   |      |         | yz",
                "(1 row)",
                "");
    }

    @Test
    void shouldPrintExpanded() {
        assertOutput(
                ShellRun.script("\\x", "VALUES (1, 'a'), (2, NULL);"),
                0,
                "Expanded display is on.",
                "-[ RECORD 1 ]-",
                "column1 | 1",
                "column2 | a",
                "-[ RECORD 2 ]-",
                "column1 | 2",
                "column2 | ",
                "");
    }

    @Test
    void shouldPointAtErrorsAndStop() {
        assertOutput(
                ShellRun.script("SELECT 1,", "  nope", "FROM generate_series(1, 2);", "SELECT 'not reached';"),
                1,
                "stdin:3: ERROR:  column \"nope\" does not exist",
                "LINE 2:   nope",
                "          ^",
                "SQLSTATE:  42703");
    }

    @Test
    void shouldGoOnAfterErrorsIfToldTo() {
        ShellRun run = ShellRun.script("\\set ON_ERROR_STOP off", "SELECT 1 / 0;", "\\nonsense", "\\echo reached");
        assertOutput(
                run,
                0,
                "stdin:2: ERROR:  division by zero",
                "SQLSTATE:  22012",
                "stdin:3: ERROR:  invalid command \\nonsense",
                "HINT:  Try \\? for help.",
                "SQLSTATE:  42601",
                "reached");
    }

    @Test
    void shouldRunCommandsInOrderAndKeepTheDatabase() throws IOException {
        Path script =
                Files.writeString(directory.resolve("more.sql"), "INSERT INTO t VALUES (2);\n\\echo from the file\n");
        String database = directory.resolve("db").toString();
        ShellRun first = ShellRun.run(
                "",
                database,
                "-c",
                "CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1)",
                "-f",
                script.toString());
        assertOutput(first, 0, "CREATE TABLE", "INSERT 0 1", "INSERT 0 1", "from the file");
        ShellRun second = ShellRun.run("SELECT sum(a) FROM t;\n", "shell", database);
        assertOutput(second, 0, " sum ", "-----", "   3", "(1 row)", "");
        assertOutput(ShellRun.run("", "check", database), 0, "No problems found.");
    }

    @Test
    void shouldSayWhatIsWrongWithArguments() {
        assertEquals(2, ShellRun.run("", "--nonsense").status());
        assertEquals(2, ShellRun.run("", "check").status());
        assertOutput(
                ShellRun.run("", "cehck", directory.toString()),
                2,
                "palimpsest: 'cehck' is neither a command nor a directory.",
                "Did you mean 'palimpsest check'?",
                "To make a database in a new directory of this name: palimpsest shell cehck");
        assertOutput(
                ShellRun.run("", "bank"),
                2,
                "palimpsest: 'bank' is neither a command nor a directory.",
                "To make a database in a new directory of this name: palimpsest shell bank");
        assertFalse(Files.exists(Path.of("cehck")) || Files.exists(Path.of("bank")));
        Path written = directory.resolve("written like a path");
        assertEquals(0, ShellRun.run("SELECT 1;", written.toString()).status());
        assertTrue(Files.isDirectory(written));
        assertEquals(
                1,
                ShellRun.run("", "check", directory.resolve("none").toString()).status());
        ShellRun missing = ShellRun.run("", "-f", "no/such/file.sql");
        assertOutput(
                missing,
                1,
                "ERROR:  could not open file \"no/such/file.sql\": No such file or directory",
                "SQLSTATE:  58P01");
        assertTrue(ShellRun.run("", "--help").output().contains("\\session NAME"), "help lists the commands");
        assertEquals(0, ShellRun.run("", "--version").status());
    }

    @Test
    void shouldDescribe() {
        assertOutput(
                ShellRun.script(
                        "\\set QUIET on",
                        "CREATE TABLE t (a int PRIMARY KEY, b text DEFAULT 'it''s', c varchar(3) NOT NULL);",
                        "CREATE INDEX i ON t (b, c DESC);",
                        "\\d t",
                        "\\dt"),
                0,
                " Column |         Type         | Nullable | Default ",
                "--------+----------------------+----------+---------",
                " a      | integer              | not null | ",
                " b      | text                 |          | 'it''s'",
                " c      | character varying(3) | not null | ",
                "(3 rows)",
                "",
                " Index  |    Kind     |  Columns  ",
                "--------+-------------+-----------",
                " t_pkey | primary key | a",
                " i      |             | b, c DESC",
                "(2 rows)",
                "",
                " Schema | Name | Type  ",
                "--------+------+-------",
                " public | t    | table",
                "(1 row)",
                "");
    }

    @Test
    void shouldDescribeConstraintsIndexesAndSequences() {
        assertOutput(
                ShellRun.script(
                        "\\set QUIET on",
                        "CREATE SEQUENCE s START 5 MAXVALUE 9 CYCLE;",
                        "CREATE TABLE p (a serial PRIMARY KEY, b int DEFAULT nextval('s') CHECK (b > 0), UNIQUE (b));",
                        "CREATE TABLE c (a int REFERENCES p ON DELETE CASCADE);",
                        "ALTER TABLE c SET (autovacuum_enabled = off, autovacuum_vacuum_threshold = 7);",
                        "\\d p",
                        "\\d c",
                        "\\d p_pkey",
                        "\\d s",
                        "\\ds",
                        "\\d"),
                0,
                " Column |  Type   | Nullable |           Default            ",
                "--------+---------+----------+------------------------------",
                " a      | integer | not null | nextval('p_a_seq'::regclass)",
                " b      | integer |          | nextval('s'::regclass)",
                "(2 rows)",
                "",
                "  Index  |    Kind     | Columns ",
                "---------+-------------+---------",
                " p_pkey  | primary key | a",
                " p_b_key | unique      | b",
                "(2 rows)",
                "",
                " Constraint |  Definition   ",
                "------------+---------------",
                " p_b_check  | CHECK (b > 0)",
                "(1 row)",
                "",
                " Referenced by | Constraint |                    Definition                     ",
                "---------------+------------+---------------------------------------------------",
                " c             | c_a_fkey   | FOREIGN KEY (a) REFERENCES p(a) ON DELETE CASCADE",
                "(1 row)",
                "",
                " Column |  Type   | Nullable | Default ",
                "--------+---------+----------+---------",
                " a      | integer |          | ",
                "(1 row)",
                "",
                " Index | Kind | Columns ",
                "-------+------+---------",
                "(0 rows)",
                "",
                " Constraint |                    Definition                     ",
                "------------+---------------------------------------------------",
                " c_a_fkey   | FOREIGN KEY (a) REFERENCES p(a) ON DELETE CASCADE",
                "(1 row)",
                "",
                "      Storage parameter      | Value ",
                "-----------------------------+-------",
                " autovacuum_enabled          | off",
                " autovacuum_vacuum_threshold | 7",
                "(2 rows)",
                "",
                " Column |  Type   | Order ",
                "--------+---------+-------",
                " a      | integer | ",
                "(1 row)",
                "",
                " Table |    Kind     ",
                "-------+-------------",
                " p     | primary key",
                "(1 row)",
                "",
                " Start | Minimum | Maximum | Increment | Cycles? ",
                "-------+---------+---------+-----------+---------",
                " 5     | 1       | 9       | 1         | yes",
                "(1 row)",
                "",
                " Schema |  Name   |   Type   ",
                "--------+---------+----------",
                " public | p_a_seq | sequence",
                " public | s       | sequence",
                "(2 rows)",
                "",
                " Schema |  Name   |   Type   ",
                "--------+---------+----------",
                " public | c       | table",
                " public | p       | table",
                " public | p_a_seq | sequence",
                " public | s       | sequence",
                "(4 rows)",
                "");
    }

    @Test
    void shouldSwitchToWhatIsSaid() {
        assertOutput(
                ShellRun.script(
                        "\\timing off", "\\timing", "\\timing on", "\\timing off", "\\x off", "\\x on", "\\x on"),
                0,
                "Timing is off.",
                "Timing is on.",
                "Timing is on.",
                "Timing is off.",
                "Expanded display is off.",
                "Expanded display is on.",
                "Expanded display is on.");
        assertOutput(
                ShellRun.script("\\timing perhaps"),
                1,
                "stdin:1: ERROR:  unrecognized value \"perhaps\" for \"\\timing\": Boolean expected",
                "SQLSTATE:  22023");
    }

    /** Whoever forgot the semicolon has to get out; a script with the same mistake must not go on in another session. */
    @Test
    void shouldTakeCommandsInsideStatementFromPerson() throws IOException {
        assertOutput(
                person("SELECT 1", "\\echo inside", "+ 1;"),
                0,
                "inside",
                " ?column? ",
                "----------",
                "        2",
                "(1 row)",
                "");
        assertOutput(
                person("SELECT 'a", "\\q", "b';"),
                0,
                " ?column? ",
                "----------",
                " a       +",
                " \\q      +",
                " b",
                "(1 row)",
                "");
        assertEquals("", person("SELECT (1,", "\\q", "2);").output());
        assertEquals("", person("quit", "SELECT 1;").output());
        assertTrue(person("help").output().startsWith("\\session NAME"));
        assertEquals(1, ShellRun.script("SELECT 1", "\\session other", ";").status());
    }

    /** What a person sees who types these lines, without the prompts. */
    private static ShellRun person(String... lines) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, false, StandardCharsets.UTF_8);
        Iterator<String> typed = List.of(lines).iterator();
        LineSource terminal = new LineSource() {
            @Override
            public String next(String prompt) {
                return typed.hasNext() ? typed.next() : null;
            }

            @Override
            public String name() {
                return "";
            }

            @Override
            public Path directory() {
                return null;
            }

            @Override
            public boolean isInteractive() {
                return true;
            }

            @Override
            public void close() {}
        };
        try (Database database = Database.openInMemory()) {
            Shell shell = new Shell(database, "memory", new Output(out, out, false), false);
            boolean fine = shell.run(terminal) & shell.close();
            return new ShellRun(
                    fine ? 0 : 1, bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n"));
        }
    }

    @Test
    void shouldHintAtWhatCheckNeeds() {
        ShellRun run = ShellRun.run("", "check", directory.toString());
        assertEquals(1, run.status());
        assertTrue(run.output().contains("HINT:  Name the directory of a database."), run.output());
    }

    @Test
    void shouldTakeMemoryLimits() {
        ShellRun run =
                ShellRun.script("SET work_mem = '64kB';", "SELECT g FROM generate_series(1, 100000) g ORDER BY -g;");
        assertEquals(1, run.status());
        assertTrue(run.output().contains("SQLSTATE:  53400"), run.output());
        ShellRun limited = ShellRun.script(
                "SET work_mem = '64kB';", "SELECT g FROM generate_series(1, 100000) g ORDER BY -g LIMIT 1;");
        assertEquals(0, limited.status(), limited.output());
    }

    @Test
    void shouldRepeatTheNextStatement() {
        ShellRun run = ShellRun.script(
                "CREATE TABLE t (a int); INSERT INTO t VALUES (0);",
                "\\repeat 1000",
                "UPDATE t SET a = a + 1;",
                "\\repeat 2",
                "UPDATE t SET a = a + 1 RETURNING a;",
                "UPDATE t SET a = a + 1;",
                "\\repeat 5",
                "UPDATE t SET a = 1 / (1005 - a) + 1004;",
                "SELECT 1;");
        assertOutput(
                run,
                1,
                "CREATE TABLE",
                "INSERT 0 1",
                "UPDATE 1 (1000 times)",
                "  a   ",
                "------",
                " 1002",
                "(1 row)",
                "",
                "UPDATE 1",
                "stdin:8: ERROR:  division by zero",
                "CONTEXT:  run 3 of 5",
                "SQLSTATE:  22012");
        assertTrue(ShellRun.script("\\repeat 0").output().contains("\\repeat: \"0\" is not a number from 1 on"));
        assertTrue(ShellRun.script("\\repeat").output().contains("\\repeat needs a number"));
    }

    /** There is no pause in the shell: ten thousand statements take what they take, which is far below this limit. */
    @Test
    void shouldRunTenThousandStatementsWithoutDelay() {
        StringBuilder script =
                new StringBuilder("CREATE TABLE t (a int PRIMARY KEY, b text);\n\\set QUIET on\n\\session a\n");
        for (int i = 0; i < 10_000; i++) {
            script.append("INSERT INTO t VALUES (")
                    .append(i)
                    .append(", 'row ")
                    .append(i)
                    .append("');\n");
        }
        script.append("SELECT count(*) FROM t;\n");
        ShellRun run =
                Assertions.assertTimeout(Duration.ofSeconds(20), () -> ShellRun.run(script.toString(), "-f", "-"));
        assertTrue(run.output().contains("[a]  10000\n"), run.output());
        assertEquals(0, run.status());
    }
}
