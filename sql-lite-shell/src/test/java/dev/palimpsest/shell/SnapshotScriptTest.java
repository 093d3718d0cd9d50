package dev.palimpsest.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a script sees of versions and of the snapshots that keep them. */
class SnapshotScriptTest {
    private static ShellRun run(String... lines) {
        List<String> all = new ArrayList<>(List.of(
                "\\set QUIET on",
                "CREATE TABLE t (a int PRIMARY KEY, b int) WITH (autovacuum_enabled = off);",
                "INSERT INTO t VALUES (1, 10), (2, 20), (3, 30);"));
        all.addAll(List.of(lines));
        return ShellRun.script(all.toArray(String[]::new));
    }

    private static String output(String... lines) {
        ShellRun run = run(lines);
        assertEquals(0, run.status(), run.output());
        return run.output();
    }

    private static final String[] TWO_READERS = {
        "\\session one",
        "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) AS first FROM t;",
        "\\session w",
        "UPDATE t SET b = b + 1 WHERE a = 1;",
        "\\session two",
        "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) AS second FROM t;",
        "\\session w",
        "UPDATE t SET b = b + 1;"
    };

    private static String[] afterTwoReaders(String... lines) {
        List<String> all = new ArrayList<>(List.of(TWO_READERS));
        all.addAll(List.of(lines));
        return all.toArray(String[]::new);
    }

    /** Row 1 as the first reader sees it, row 1 as the second does, rows 2 and 3 as both do. */
    @Test
    void shouldListWhatEachSnapshotKeepsAloneAndTogether() {
        String output = output(
                afterTwoReaders(
                        "SELECT kind, versions, archived_versions, opened_at FROM mvcc_pins WHERE versions > 0 ORDER BY kind, opened_at;"));
        assertTrue(
                output.endsWith(String.join(
                        "\n",
                        "[w]   kind  | versions | archived_versions |            opened_at             ",
                        "[w] --------+----------+-------------------+----------------------------------",
                        "[w]  point  |        1 |                 0 | SELECT count(*) AS first FROM t",
                        "[w]  point  |        1 |                 0 | SELECT count(*) AS second FROM t",
                        "[w]  shared |        2 |                 0 | ",
                        "[w] (3 rows)",
                        "[w]",
                        "")),
                output);
    }

    @Test
    void shouldSayWhoPinsAVersion() {
        String output = output(
                afterTwoReaders("SELECT a, b, state, pinned_by IS NOT NULL AS pinned, pinned_by LIKE '%,%' AS by_both"
                        + " FROM mvcc_versions('t') ORDER BY a, b;"));
        assertTrue(output.endsWith("""
                        [w]  a | b  | state  | pinned | by_both\s
                        [w] ---+----+--------+--------+---------
                        [w]  1 | 10 | pinned | t      | f
                        [w]  1 | 11 | pinned | t      | f
                        [w]  1 | 12 | live   | f      |\s
                        [w]  2 | 20 | pinned | t      | t
                        [w]  2 | 21 | live   | f      |\s
                        [w]  3 | 30 | pinned | t      | t
                        [w]  3 | 31 | live   | f      |\s
                        [w] (7 rows)
                        [w]
                        """), output);
    }

    @Test
    void shouldExplainWhatASelectMeets() {
        String output = output(afterTwoReaders(
                "\\session one",
                "EXPLAIN (VISIBILITY, NUMBERS off) SELECT b FROM t WHERE a = 1;",
                "\\session w",
                "VACUUM (AWAIT_ARCHIVE) t;",
                "\\session one",
                "EXPLAIN VISIBILITY SELECT b FROM t WHERE a = 1 AND b > 100;"));
        assertTrue(output.contains("| (1,10) |"), output);
        assertTrue(output.contains("committed before the snapshot; who ended it committed after the snapshot"), output);
        assertTrue(output.contains("xmin_csn"), output);
        assertTrue(
                output.lines()
                                .filter(line -> line.contains("in the archive: committed before"))
                                .count()
                        == 1,
                output);
        assertEquals(1, run("EXPLAIN VISIBILITY SELECT 1;").status());
        assertTrue(run("EXPLAIN VISIBILITY UPDATE t SET b = 1;")
                .output()
                .contains("EXPLAIN VISIBILITY of anything but a SELECT from a table is not supported yet"));
    }

    @Test
    void shouldDrawPagesBeforeAndAfterVacuum() {
        String output = output(afterTwoReaders("\\heapmap t", "VACUUM (AWAIT_ARCHIVE) t;", "\\heapmap t"));
        assertTrue(
                output.contains("\n[w] t: 1 page, 0 known to be visible to all; a page is 64 characters\n[w] 0 |"),
                output);
        assertTrue(output.contains("# live 3 ("), output);
        assertTrue(output.contains("P pinned 4 ("), output);
        assertTrue(output.contains("a archived 4 ("), output);
        assertTrue(run("\\heapmap nothing").output().contains("ERROR:  relation \"nothing\" does not exist"));
    }

    @Test
    void shouldTakeNamesAsRegclassDoes() {
        assertTrue(output("\\heapmap public.T").contains("t: 1 page, "));
        assertTrue(output("SELECT * FROM mvcc_versions('public.T');").contains("(3 rows)"));
        assertTrue(run("\\heapmap t_pkey").output().contains("ERROR:  \"t_pkey\" is not a table"));
        assertTrue(run("SELECT * FROM mvcc_versions('t_pkey');")
                .output()
                .contains("ERROR:  \"t_pkey\" is not a table\nLINE 1: SELECT * FROM mvcc_versions('t_pkey')"));
    }
}
