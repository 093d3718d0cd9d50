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

    private static final String[] TIMED_OUT = {
        "\\session one",
        "BEGIN;",
        "UPDATE t SET b = b + 1 WHERE a = 1;",
        "\\session two",
        "SET lock_timeout = '20ms';",
        "UPDATE t SET b = b * 2 WHERE a = 1;",
        "SELECT b FROM t WHERE a = 1;"
    };

    @RepeatedTest(5)
    void shouldPrintASessionsStatementsInTheirOrder() {
        List<String> script = new java.util.ArrayList<>(List.of("\\set ON_ERROR_STOP off", "\\set ECHO queries"));
        script.addAll(List.of(TIMED_OUT));
        String output = plain(run(script.toArray(String[]::new)));
        assertTrue(
                output.endsWith(String.join(
                        "\n",
                        "[two] => UPDATE t SET b = b * 2 WHERE a = 1;",
                        "[two] waiting",
                        "[two] stdin:12: ERROR:  canceling statement due to lock timeout",
                        "[two] SQLSTATE:  55P03",
                        "[two] => SELECT b FROM t WHERE a = 1;",
                        "[two]  b  ",
                        "[two] ----",
                        "[two]  10",
                        "[two] (1 row)",
                        "[two]",
                        "")),
                output);
    }

    @RepeatedTest(5)
    void shouldEndAtTheErrorOfAStatementThatWaited() {
        ShellRun run = run(TIMED_OUT);
        assertTrue(run.output().endsWith("[two] SQLSTATE:  55P03\n"), run.output());
        assertEquals(1, run.status());
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

    /** A script's whole output, without the places of errors. */
    private static void assertPrints(ShellRun run, String... lines) {
        assertEquals(
                String.join("\n", lines) + "\n",
                plain(run).replaceAll("stdin:\\d+: ", "").replaceAll("(?m)^.*SQLSTATE.*\n", ""));
        assertEquals(0, run.status());
    }

    @RepeatedTest(5)
    void shouldLockRowsInTheOrderOfOutput() {
        assertPrints(
                run(
                        "\\set ON_ERROR_STOP off",
                        "\\session one",
                        "BEGIN;",
                        "SELECT a FROM t WHERE a = 1 FOR NO KEY UPDATE;",
                        "\\session two",
                        "SELECT a FROM t ORDER BY b FOR SHARE NOWAIT;",
                        "SELECT a FROM t ORDER BY b DESC LIMIT 1 FOR UPDATE NOWAIT;",
                        "SELECT a FROM t ORDER BY b LIMIT 1 FOR UPDATE SKIP LOCKED;",
                        "SELECT a FROM t ORDER BY a FOR UPDATE SKIP LOCKED;",
                        "SELECT a FROM t ORDER BY a FOR KEY SHARE;",
                        "SELECT * FROM t ORDER BY b FOR UPDATE;",
                        "\\session one",
                        "UPDATE t SET b = 100 WHERE a = 1;",
                        "COMMIT;"),
                "[one] BEGIN",
                "[one]  a ",
                "[one] ---",
                "[one]  1",
                "[one] (1 row)",
                "[one]",
                "[two] ERROR:  could not obtain lock on row in relation \"t\"",
                "[two]  a ",
                "[two] ---",
                "[two]  2",
                "[two] (1 row)",
                "[two]",
                "[two]  a ",
                "[two] ---",
                "[two]  2",
                "[two] (1 row)",
                "[two]",
                "[two]  a ",
                "[two] ---",
                "[two]  2",
                "[two] (1 row)",
                "[two]",
                "[two]  a ",
                "[two] ---",
                "[two]  1",
                "[two]  2",
                "[two] (2 rows)",
                "[two]",
                "[two] waiting",
                "[one] UPDATE 1",
                "[one] COMMIT",
                "[two]  a |  b  ",
                "[two] ---+-----",
                "[two]  1 | 100",
                "[two]  2 |  20",
                "[two] (2 rows)",
                "[two]");
    }

    @RepeatedTest(5)
    void shouldGiveLocksBackToTheSavepoint() {
        assertPrints(
                run(
                        "\\set ON_ERROR_STOP off",
                        "\\session one",
                        "BEGIN;",
                        "SAVEPOINT x;",
                        "LOCK TABLE t IN SHARE MODE;",
                        "\\session two",
                        "UPDATE t SET b = 21 WHERE a = 2;",
                        "\\session one",
                        "SELECT 1 / 0;",
                        "ROLLBACK TO x;",
                        "SELECT a FROM t WHERE a = 2 FOR UPDATE NOWAIT;",
                        "\\session two",
                        "LOCK TABLE t;",
                        "BEGIN;",
                        "LOCK TABLE t IN ACCESS EXCLUSIVE MODE NOWAIT;",
                        "ROLLBACK;"),
                "[one] BEGIN",
                "[one] SAVEPOINT",
                "[one] LOCK TABLE",
                "[two] waiting",
                "[one] ERROR:  division by zero",
                "[two] UPDATE 1",
                "[one] ROLLBACK",
                "[one]  a ",
                "[one] ---",
                "[one]  2",
                "[one] (1 row)",
                "[one]",
                "[two] ERROR:  LOCK TABLE can only be used in transaction blocks",
                "[two] BEGIN",
                "[two] ERROR:  could not obtain lock on relation \"t\"",
                "[two] ROLLBACK");
    }

    @RepeatedTest(5)
    void shouldShowWhoWaitsForWhom() {
        assertPrints(
                run(
                        "\\set ON_ERROR_STOP off",
                        "\\set QUIET on",
                        "\\session one",
                        "SET application_name = 'one';",
                        "SELECT pg_advisory_lock(5, -1) IS NOT NULL AS locked;",
                        "BEGIN;",
                        "SELECT 1 / 0;",
                        "\\session two",
                        "SET application_name = 'two';",
                        "SELECT a FROM t WHERE pg_advisory_xact_lock_shared(5, -1) IS NOT NULL;",
                        "\\session three",
                        "BEGIN;",
                        "SELECT application_name, state, wait_event_type, wait_event, query FROM pg_stat_activity"
                                + " WHERE application_name <> '' ORDER BY 1;",
                        "SELECT locktype, classid, objid, objsubid, mode, granted FROM pg_locks WHERE locktype = 'advisory'"
                                + " ORDER BY granted;",
                        "SELECT pg_blocking_pids(pid) = '{' || pg_blocking_pids(pid)::text || '}' AS nobody FROM pg_stat_activity"
                                + " WHERE application_name = 'one';",
                        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock';"),
                "[one]  locked ",
                "[one] --------",
                "[one]  t",
                "[one] (1 row)",
                "[one]",
                "[one] ERROR:  division by zero",
                "[two] waiting",
                "[three]  application_name |             state             | wait_event_type | wait_event |                                 query                                 ",
                "[three] ------------------+-------------------------------+-----------------+------------+-----------------------------------------------------------------------",
                "[three]  one              | idle in transaction (aborted) |                 |            | SELECT 1 / 0",
                "[three]  two              | active                        | Lock            | advisory   | SELECT a FROM t WHERE pg_advisory_xact_lock_shared(5, -1) IS NOT NULL",
                "[three] (2 rows)",
                "[three]",
                "[three]  locktype | classid |   objid    | objsubid |     mode      | granted ",
                "[three] ----------+---------+------------+----------+---------------+---------",
                "[three]  advisory |       5 | 4294967295 |        2 | ShareLock     | f",
                "[three]  advisory |       5 | 4294967295 |        2 | ExclusiveLock | t",
                "[three] (2 rows)",
                "[three]",
                "[three]  nobody ",
                "[three] --------",
                "[three]  f",
                "[three] (1 row)",
                "[three]",
                "[three]  pg_cancel_backend ",
                "[three] -------------------",
                "[three]  t",
                "[three] (1 row)",
                "[three]",
                "[two] ERROR:  canceling statement due to user request");
    }

    @Test
    void shouldTimeOutAsAWhole() {
        ShellRun run = run(
                "\\set ON_ERROR_STOP off",
                "\\session one",
                "BEGIN;",
                "UPDATE t SET b = 0 WHERE a = 1;",
                "\\session two",
                "BEGIN;",
                "SAVEPOINT x;",
                "SET LOCAL statement_timeout = '20ms';",
                "SET LOCAL lock_timeout = '10s';",
                "UPDATE t SET b = 0 WHERE a = 1;",
                "ROLLBACK TO x;",
                "SET LOCAL statement_timeout = '30ms';",
                "SELECT count(*) FROM generate_series(1, 1000000000) WHERE generate_series < 0;",
                "ROLLBACK;",
                "SELECT 'goes on';");
        assertEquals(
                2, run.output().split("canceling statement due to statement timeout", -1).length - 1, run.output());
        assertTrue(run.output().contains("goes on"), run.output());
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
