package dev.palimpsest.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CopyTest {
    @TempDir
    private Path directory;

    private ShellRun copy(byte[] csv, String rest) throws IOException {
        Files.write(directory.resolve("in.csv"), csv);
        Path script = Files.writeString(
                directory.resolve("load.sql"),
                "\\set QUIET on\nCREATE TABLE t (a int PRIMARY KEY, b text, c double precision DEFAULT 7);\n\\set QUIET off\n"
                        + rest);
        return ShellRun.run("", "-f", script.toString());
    }

    private ShellRun copy(String csv, String rest) throws IOException {
        return copy(csv.getBytes(StandardCharsets.UTF_8), rest);
    }

    @Test
    void shouldReadAsPostgres() throws IOException {
        ShellRun run = copy(
                "\uFEFFa,b,c\r\n1,plain,1.5\r\n2,\"quoted, \"\"twice\"\"\nand broken\",\r\n3,,-0\n4,\"\",1e3\n5,in\"si,\"de,2\n\\.\nnot read",
                "\\copy t FROM 'in.csv' (format csv, header)\nSELECT a, b, b IS NULL AS null, c FROM t ORDER BY a;\n");
        assertEquals(
                String.join(
                        "\n",
                        "COPY 5",
                        " a |        b        | null |  c   ",
                        "---+-----------------+------+------",
                        " 1 | plain           | f    |  1.5",
                        " 2 | quoted, \"twice\"+| f    |     ",
                        "   | and broken      |      |     ",
                        " 3 |                 | t    |   -0",
                        " 4 |                 | f    | 1000",
                        " 5 | insi,de         | f    |    2",
                        "(5 rows)",
                        "",
                        ""),
                run.output());
    }

    @Test
    void shouldFillOtherColumnsWithDefaults() throws IOException {
        ShellRun run = copy("x,1\ny,2\n", "\\copy t (b, a) FROM 'in.csv' WITH (FORMAT csv)\nSELECT sum(c) FROM t;\n");
        assertEquals("COPY 2\n sum \n-----\n  14\n(1 row)\n\n", run.output());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1,a,2;x,b,2|22P02|invalid input syntax for type integer: \"x\"|COPY t, line 2, column a: \"x\"",
                "1,a,2;2,b,no|22P02|invalid input syntax for type double precision: \"no\"|COPY t, line 2, column c: \"no\"",
                "1,a;|22P04|missing data for column \"c\"|COPY t, line 1",
                "1,a,2,3|22P04|extra data after last expected column|COPY t, line 1",
                "1,a,2;2,\"open,2|22P04|unterminated CSV quoted field|COPY t, line 2",
                "1,a,1e999|22003|\"1e999\" is out of range for type double precision|COPY t, line 1, column c: \"1e999\"",
                "99999999999,a,1|22003|value \"99999999999\" is out of range for type integer"
                        + "|COPY t, line 1, column a: \"99999999999\"",
            })
    void shouldNameFileLineAndColumn(String csv, String sqlState, String message, String context) throws IOException {
        ShellRun run = copy(csv.replace(';', '\n'), "\\copy t FROM 'in.csv' (format csv)\n");
        assertEquals(1, run.status());
        assertEquals(
                directory.resolve("load.sql") + ":4: ERROR:  " + message + "\nCONTEXT:  " + context
                        + "\nfile \"in.csv\"\nSQLSTATE:  " + sqlState + "\n",
                run.output());
    }

    /** The engine takes rows by the page, so the place is a bound; it lies in the file. */
    @Test
    void shouldNameLineUpToWhichConstraintFailed() throws IOException {
        ShellRun run = copy("1,a,1\n1,b,2\n", "\\copy t FROM 'in.csv' (format csv)\n");
        assertEquals(true, run.output().contains("CONTEXT:  COPY t, file in.csv, up to line 2\n"), run.output());
    }

    @Test
    void shouldRefuseBadBytesAndLoadNothing() throws IOException {
        byte[] csv = "1,a,1\n2,\0bad,2\n".getBytes(StandardCharsets.UTF_8);
        csv[8] = (byte) 0xFF;
        ShellRun run =
                copy(csv, "\\set ON_ERROR_STOP off\n\\copy t FROM 'in.csv' (format csv)\nSELECT count(*) FROM t;\n");
        assertEquals(
                directory.resolve("load.sql") + ":5: ERROR:  invalid byte sequence for encoding \"UTF8\"\n"
                        + "CONTEXT:  COPY t, line 2\nfile \"in.csv\"\nSQLSTATE:  22021\n"
                        + " count \n-------\n     0\n(1 row)\n\n",
                run.output());
    }

    @Test
    void shouldSayWhatCannotBeRead() throws IOException {
        String[] commands = {
            "\\copy t FROM 'nothere.csv' (format csv)|58P01",
            "\\copy nope FROM 'in.csv' (format csv)|42P01",
            "\\copy t (nope) FROM 'in.csv' (format csv)|42703",
            "\\copy t (a, a) FROM 'in.csv' (format csv)|42701",
            "\\copy t FROM 'in.csv'|0A000",
            "\\copy t FROM 'in.csv' (format csv, delimiter ';')|0A000",
            "\\copy t TO 'in.csv'|42601",
            "\\copy|42601",
        };
        for (String command : commands) {
            String[] parts = command.split("\\|");
            ShellRun run = copy("1,a,1\n", parts[0] + "\n");
            assertEquals(1, run.status(), command);
            assertEquals(true, run.output().contains("SQLSTATE:  " + parts[1]), command + ": " + run.output());
        }
    }
}
