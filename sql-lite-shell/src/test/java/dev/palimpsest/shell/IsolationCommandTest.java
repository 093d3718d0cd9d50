package dev.palimpsest.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code palimpsest isolation}: where specs come from, and its exit status. */
class IsolationCommandTest {
    private static final String SPEC = "session s step a { SELECT 1 AS n; }\n";
    private static final String OUTPUT = """
            Parsed test spec with 1 sessions

            starting permutation: a
            step a: SELECT 1 AS n;
            n
            -
            1
            (1 row)

            """;

    @TempDir
    private Path directory;

    private Path file(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    @Test
    void shouldReadStandardInput() {
        assertEquals(new ShellRun(0, OUTPUT), ShellRun.run(SPEC, "isolation"));
    }

    @Test
    void shouldReadFiles() throws IOException {
        String one = file("one.spec", SPEC).toString();
        assertEquals(new ShellRun(0, OUTPUT), ShellRun.run("", "isolation", one));
        assertEquals(new ShellRun(0, ("== " + one + "\n" + OUTPUT).repeat(2)), ShellRun.run("", "isolation", one, one));
    }

    @Test
    void shouldRunOnADirectory() throws IOException {
        String spec = file(
                        "t.spec", "session s step c { CREATE TABLE t (id int); } step i { INSERT INTO t VALUES (1); }")
                .toString();
        String database = directory.resolve("db").toString();
        assertEquals(0, ShellRun.run("", "isolation", "-d", database, spec).status());
        assertTrue(ShellRun.run("", "shell", database, "-c", "SELECT id FROM t;")
                .output()
                .contains("(1 row)"));
    }

    @Test
    void shouldRefuseWhatItCannotRead() throws IOException {
        assertEquals(new ShellRun(1, "syntax error at line 2\n"), ShellRun.run("session s\nsetup", "isolation"));
        ShellRun missing =
                ShellRun.run("", "isolation", directory.resolve("none.spec").toString());
        assertEquals(1, missing.status());
        assertTrue(missing.output().contains("none.spec\": No such file or directory"), missing.output());
        ShellRun second = ShellRun.run(
                "",
                "isolation",
                file("bad.spec", "session").toString(),
                file("good.spec", SPEC).toString());
        assertEquals(1, second.status());
        assertTrue(second.output().endsWith(OUTPUT), second.output());
    }
}
