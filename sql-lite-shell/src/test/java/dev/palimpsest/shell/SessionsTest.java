package dev.palimpsest.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Scripts with several sessions: what is printed, and in which order, never depends on timing. */
class SessionsTest {
    private static final List<String> TABLE = List.of(
            "\\set QUIET on",
            "CREATE TABLE t (a int PRIMARY KEY, b int);",
            "INSERT INTO t VALUES (1, 10), (2, 20);",
            "\\set QUIET off");

    private static ShellRun run(String... lines) {
        List<String> all = new java.util.ArrayList<>(TABLE);
        all.addAll(List.of(lines));
        return ShellRun.script(all.toArray(String[]::new));
    }

    /** Process numbers, transaction ids and places of rows are the engine's. */
    private static String plain(ShellRun run) {
        return run.output().replaceAll("waiting for .*", "waiting");
    }

    @RepeatedTest(20)
    void shouldFinishAWaitingStatementWhenTheOtherCommits() {
        ShellRun run = run(
                "\\session one",
                "BEGIN;",
                "UPDATE t SET b = b + 1 WHERE a = 1;",
                "\\session two",
                "UPDATE t SET b = b * 2 WHERE a = 1;",
                "\\session one",
                "\\echo the script goes on",
                "COMMIT;",
                "SELECT b FROM t WHERE a = 1;");
        assertEquals(
                String.join(
                        "\n",
                        "[one] BEGIN",
                        "[one] UPDATE 1",
                        "[two] waiting",
                        "the script goes on",
                        "[one] COMMIT",
                        "[two] UPDATE 1",
                        "[one]  b  ",
                        "[one] ----",
                        "[one]  22",
                        "[one] (1 row)",
                        "[one]",
                        ""),
                plain(run));
        assertEquals(0, run.status());
    }

    @RepeatedTest(20)
    void shouldPrintWhatWaitedInTheOrderTheyCame() {
        ShellRun run = run(
                "\\session one",
                "BEGIN;",
                "UPDATE t SET b = 0;",
                "\\session two",
                "UPDATE t SET b = b + 1 WHERE a = 2;",
                "\\session three",
                "UPDATE t SET b = b + 1 WHERE a = 1;",
                "\\session one",
                "ROLLBACK;",
                "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock';");
        assertEquals(
                String.join(
                        "\n",
                        "[one] BEGIN",
                        "[one] UPDATE 2",
                        "[two] waiting",
                        "[three] waiting",
                        "[one] ROLLBACK",
                        "[two] UPDATE 1",
                        "[three] UPDATE 1",
                        "[one]  n ",
                        "[one] ---",
                        "[one]  0",
                        "[one] (1 row)",
                        "[one]",
                        ""),
                plain(run));
        assertEquals(0, run.status());
    }

    @Test
    void shouldReportAFailureOfAStatementThatWaited() {
        ShellRun run = run(
                "\\session one",
                "BEGIN;",
                "UPDATE t SET b = 0 WHERE a = 1;",
                "\\session two",
                "BEGIN ISOLATION LEVEL REPEATABLE READ;",
                "SELECT count(*) FROM t;",
                "UPDATE t SET b = 1 WHERE a = 1;",
                "\\session one",
                "COMMIT;",
                "\\echo not reached");
        assertEquals(1, run.status());
        String output = plain(run);
        assertTrue(output.contains("[one] COMMIT\n[two] stdin:11: ERROR:  could not serialize access"), output);
        assertTrue(output.contains("[two] SQLSTATE:  40001\n"), output);
        assertTrue(!output.contains("not reached"), output);
    }

    @Test
    void shouldFindDeadlocks() {
        ShellRun run = run(
                "\\set ON_ERROR_STOP off",
                "\\session one",
                "BEGIN;",
                "UPDATE t SET b = 0 WHERE a = 1;",
                "\\session two",
                "BEGIN;",
                "UPDATE t SET b = 0 WHERE a = 2;",
                "UPDATE t SET b = 0 WHERE a = 1;",
                "\\session one",
                "UPDATE t SET b = 0 WHERE a = 2;",
                "ROLLBACK;",
                "\\session two",
                "ROLLBACK;");
        assertTrue(run.output().contains("SQLSTATE:  40P01"), run.output());
        assertEquals(0, run.status(), run.output());
    }

    @Test
    void shouldSayWhenAScriptWaitsForItself() {
        ShellRun run = run(
                "\\session one",
                "BEGIN;",
                "UPDATE t SET b = 0 WHERE a = 1;",
                "\\session two",
                "UPDATE t SET b = 0 WHERE a = 1;",
                "SELECT 1;");
        assertEquals(1, run.status());
        assertTrue(run.output().contains("ERROR:  session two is still waiting for "), run.output());
    }

    @Test
    void shouldSayWhenAScriptEndsWhileASessionWaits() {
        ShellRun run = run(
                "\\session one",
                "BEGIN;",
                "UPDATE t SET b = 0 WHERE a = 1;",
                "\\session two",
                "UPDATE t SET b = 0 WHERE a = 1;");
        assertEquals(1, run.status());
        assertTrue(run.output().contains("the script ended while session two waited for "), run.output());
    }

    @Test
    void shouldCancelAWaitingStatement() {
        ShellRun run = run(
                "\\set ON_ERROR_STOP off",
                "\\session one",
                "BEGIN;",
                "UPDATE t SET b = 0 WHERE a = 1;",
                "\\session two",
                "UPDATE t SET b = 0 WHERE a = 1;",
                "\\cancel two",
                "SELECT 1;",
                "\\session one",
                "COMMIT;");
        assertTrue(run.output().contains("SQLSTATE:  57014"), run.output());
        assertEquals(0, run.status(), run.output());
    }

    @Test
    void shouldTimeOut() {
        ShellRun run = run(
                "\\set ON_ERROR_STOP off",
                "\\session one",
                "BEGIN;",
                "UPDATE t SET b = 0 WHERE a = 1;",
                "\\session two",
                "SET lock_timeout = '20ms';",
                "UPDATE t SET b = 0 WHERE a = 1;",
                "SELECT 'goes on';");
        assertTrue(run.output().contains("SQLSTATE:  55P03"), run.output());
        assertTrue(run.output().contains("goes on"), run.output());
        assertEquals(0, run.status(), run.output());
    }
}
