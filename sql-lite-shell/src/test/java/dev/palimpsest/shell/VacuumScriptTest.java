package dev.palimpsest.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Scripts with VACUUM: sessions that wait for it, and it for them. */
class VacuumScriptTest {
    private static String run(int status, String... lines) {
        List<String> all = new ArrayList<>(List.of(
                "\\set QUIET on",
                "CREATE TABLE t (a int PRIMARY KEY, b int) WITH (autovacuum_enabled = off);",
                "INSERT INTO t SELECT g, 0 FROM generate_series(1, 1000) g;",
                "\\set QUIET off"));
        all.addAll(List.of(lines));
        ShellRun run = ShellRun.script(all.toArray(String[]::new));
        assertEquals(status, run.status(), run.output());
        return run.output();
    }

    @RepeatedTest(3)
    void shouldWaitForLocksAndGoOn() {
        assertEquals(
                """
                [one] BEGIN
                [one] LOCK TABLE
                [two] waiting for ShareUpdateExclusiveLock
                [one] COMMIT
                [two] VACUUM
                """,
                run(
                                0,
                                "\\session one",
                                "BEGIN;",
                                "LOCK TABLE t IN SHARE MODE;",
                                "\\session two",
                                "VACUUM t;",
                                "\\session one",
                                "COMMIT;")
                        .replaceAll("Lock on relation .*", "Lock"));
    }

    @RepeatedTest(3)
    void shouldBeCancelledWhileItWaits() {
        String output = run(
                0,
                "\\set ON_ERROR_STOP off",
                "\\session one",
                "BEGIN;",
                "LOCK TABLE t IN SHARE MODE;",
                "\\session two",
                "VACUUM t;",
                "\\cancel two",
                "SELECT count(*) FROM t;",
                "\\session one",
                "COMMIT;");
        assertTrue(output.contains("[two] stdin:10: ERROR:  canceling statement due to user request"), output);
        assertTrue(output.contains("[two]   1000"), output);
    }

    /** A reader in a transaction neither waits for it nor makes it wait; a definition waits. */
    @Test
    void shouldNotBeInTheWayOfReadersAndWriters() {
        assertEquals(
                """
                [one] BEGIN
                [one] UPDATE 1
                [two] VACUUM
                [two] UPDATE 1
                [one] COMMIT
                """,
                run(
                        0,
                        "\\session one",
                        "BEGIN;",
                        "UPDATE t SET b = 1 WHERE a = 1;",
                        "\\session two",
                        "VACUUM t;",
                        "UPDATE t SET b = 1 WHERE a = 2;",
                        "\\session one",
                        "COMMIT;"));
    }

    @Test
    void shouldPrintWhatVerboseTellsInItsPlace() {
        String output = run(0, "\\session one", "\\session two", "DELETE FROM t WHERE a <= 500;", "VACUUM VERBOSE t;");
        assertTrue(
                output.contains("[two] INFO:  finished vacuuming \"public.t\": index scans: 1\n[two] pages: "), output);
        assertTrue(output.endsWith("\n[two] VACUUM\n"), output);
    }
}
