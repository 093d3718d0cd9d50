package dev.palimpsest.isolation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.Database;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Runs of small specs. What the black-box tests compare with PostgreSQL's output is not repeated here. */
class IsolationTesterTest {
    private static final String TABLE = """
            setup { CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 10), (2, 20); }
            teardown { DROP TABLE t; }
            """;

    private final ByteArrayOutputStream both = new ByteArrayOutputStream();
    private int status;
    private int limitSeconds = 30;

    private String run(String spec) throws InterruptedException {
        PrintStream stream = new PrintStream(both, true, StandardCharsets.UTF_8);
        try (Database database = Database.openInMemory()) {
            status = new IsolationTester(stream, stream, limitSeconds).run(spec, database);
        }
        return both.toString(StandardCharsets.UTF_8);
    }

    @RepeatedTest(10)
    void shouldReportAWaitAndItsEnd() throws InterruptedException {
        String output = run(TABLE + """
                session s1
                setup { BEGIN; }
                step u1 { UPDATE t SET v = v + 1 WHERE id = 1; }
                step c1 { COMMIT; }
                session s2
                step u2 { UPDATE t SET v = v * 2 WHERE id = 1; }
                step r2 { SELECT * FROM t ORDER BY id; }
                permutation u1 u2 c1 r2
                """);
        assertEquals("""
                Parsed test spec with 2 sessions

                starting permutation: u1 u2 c1 r2
                step u1: UPDATE t SET v = v + 1 WHERE id = 1;
                step u2: UPDATE t SET v = v * 2 WHERE id = 1; <waiting ...>
                step c1: COMMIT;
                step u2: <... completed>
                step r2: SELECT * FROM t ORDER BY id;
                id| v
                --+--
                 1|22
                 2|20
                (2 rows)

                """, output);
        assertEquals(0, status);
    }

    @RepeatedTest(10)
    void shouldLetBlockersDecideTheOrderOfReports() throws InterruptedException {
        String output = run(TABLE + """
                session s1
                setup { BEGIN; }
                step u1 { UPDATE t SET v = 0 WHERE id = 1; }
                step c1 { COMMIT; }
                session s2
                step u2 { UPDATE t SET v = 2 WHERE id = 1; }
                session s3
                step u3 { UPDATE t SET v = 3 WHERE id = 1; }
                permutation u1 u2(u3) u3 c1
                """);
        assertEquals("""
                Parsed test spec with 3 sessions

                starting permutation: u1 u2 u3 c1
                step u1: UPDATE t SET v = 0 WHERE id = 1;
                step u2: UPDATE t SET v = 2 WHERE id = 1; <waiting ...>
                step u3: UPDATE t SET v = 3 WHERE id = 1; <waiting ...>
                step c1: COMMIT;
                step u3: <... completed>
                step u2: <... completed>
                """, output);
    }

    @Test
    void shouldPrintErrorsAndNotices() throws InterruptedException {
        String output = run(TABLE + """
                session "s 1"
                step e { INSERT INTO t VALUES (1, 1); }
                step n { COMMIT; }
                permutation e n
                """);
        assertEquals("""
                Parsed test spec with 1 sessions

                starting permutation: e n
                step e: INSERT INTO t VALUES (1, 1);
                ERROR:  duplicate key value violates unique constraint "t_pkey"
                s 1: WARNING:  there is no transaction in progress
                step n: COMMIT;
                """, output);
        assertEquals(0, status);
    }

    @Test
    void shouldEndWhenASetupFails() throws InterruptedException {
        assertEquals(
                "Parsed test spec with 1 sessions\n\nstarting permutation: a\n"
                        + "setup failed: ERROR:  division by zero\n",
                run("setup { SELECT 1; SELECT 1 / 0; } session s step a { SELECT 1; }"));
        assertEquals(1, status);
    }

    @Test
    void shouldGoOnWhenATeardownFails() throws InterruptedException {
        assertEquals("""
                Parsed test spec with 1 sessions

                starting permutation: a
                s: WARNING:  there is no transaction in progress
                step a: COMMIT;
                teardown failed: ERROR:  division by zero
                """, run("teardown { SELECT 1 / 0; } session s step a { COMMIT; }"));
        assertEquals(0, status);
    }

    @Test
    void shouldCancelAStepThatBlocksItsOwnSession() throws InterruptedException {
        limitSeconds = 1;
        String output = run(TABLE + """
                session s1
                step u1 { BEGIN; UPDATE t SET v = 0 WHERE id = 1; }
                step c1 { COMMIT; }
                session s2
                step u2 { UPDATE t SET v = 2 WHERE id = 1; }
                step r2 { SELECT v FROM t WHERE id = 1; }
                permutation u1 u2 r2 c1
                """);
        assertEquals("""
                Parsed test spec with 2 sessions

                starting permutation: u1 u2 r2 c1
                step u1: BEGIN; UPDATE t SET v = 0 WHERE id = 1;
                step u2: UPDATE t SET v = 2 WHERE id = 1; <waiting ...>
                isolationtester: canceling step u2 after N seconds
                step u2: <... completed>
                ERROR:  canceling statement due to user request
                step r2: SELECT v FROM t WHERE id = 1;
                 v
                --
                10
                (1 row)

                step c1: COMMIT;
                """, output.replaceAll("after [0-9]+ seconds", "after N seconds"));
        assertEquals(0, status);
    }

    @Test
    void shouldEndWhenATeardownWaitsForItsOwnSessions() throws InterruptedException {
        limitSeconds = 1;
        String output = run(TABLE + "session s1 step u1 { BEGIN; UPDATE t SET v = 0; }");
        assertTrue(output.endsWith("teardown failed: ERROR:  canceling statement due to user request\n"), output);
    }

    @Test
    void shouldEndWhenStepsHoldEachOtherBack() throws InterruptedException {
        String output = run("""
                session s1 step a { SELECT 1; }
                session s2 step b { SELECT 2; }
                permutation a(*, b) b(a)
                """);
        assertEquals("""
                Parsed test spec with 2 sessions

                starting permutation: a b
                step a: SELECT 1; <waiting ...>
                step b: SELECT 2; <waiting ...>
                failed to complete permutation due to mutually-blocking steps
                """, output);
        assertEquals(1, status);
    }
}
