package dev.palimpsest.sql.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.WaitListener;
import dev.palimpsest.sql.plan.ResultColumn;
import dev.palimpsest.sql.plan.SqlError;
import dev.palimpsest.sql.plan.Values;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** VACUUM as a statement of a session: what it tells, and what ends it. What it does to pages is the vacuum module's. */
class VacuumStatementTest {
    /** Rests for a tenth of a second after each page. */
    private static final String SLOWLY = "SET vacuum_cost_delay = 100; SET vacuum_cost_limit = 1";

    private Database database;
    private SqlSession session;
    private SqlSession other;

    @BeforeEach
    void open() {
        database = Database.openInMemory(DatabaseOptions.DEFAULT.withAutovacuum(AutovacuumOptions.OFF));
        session = new SqlSession(database, WaitListener.NONE);
        other = new SqlSession(database, WaitListener.NONE);
        ask(session, "CREATE TABLE t (id int PRIMARY KEY, v int, w int)");
        ask(session, "CREATE INDEX t_v ON t (v)");
        ask(session, "INSERT INTO t SELECT g, 0, 0 FROM generate_series(1, 20000) g");
        ask(session, "DELETE FROM t WHERE id <= 10000");
    }

    @AfterEach
    void close() {
        other.close();
        session.close();
        database.close();
    }

    /** What a statement gives: rows with | between columns, then messages. */
    private static List<String> ask(SqlSession session, String sql) {
        List<String> lines = new ArrayList<>();
        session.execute(sql, new ResultHandler() {
            @Override
            public void columns(List<ResultColumn> columns) {}

            @Override
            public void row(Object[] values) {
                lines.add(String.join(
                        "|",
                        Arrays.stream(values)
                                .map(v -> v == null ? "" : Values.format(v))
                                .toList()));
            }

            @Override
            public void complete(String tag) {}

            @Override
            public void notice(String severity, String sqlState, String message) {
                lines.add(severity + ": " + message);
            }
        });
        return lines;
    }

    private static <T> FutureTask<T> start(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = new Thread(task, "vacuum");
        thread.setDaemon(true);
        thread.start();
        return task;
    }

    private void awaitVacuum() {
        while (database.vacuumProgress().isEmpty()) {
            Thread.onSpinWait();
        }
    }

    private SqlError failure(String sql) {
        return assertThrows(SqlError.class, () -> ask(session, sql));
    }

    @Test
    void shouldShowProgressAndBeCancelled() throws Exception {
        ask(session, SLOWLY);
        FutureTask<SqlError> vacuum = start(() -> failure("VACUUM t"));
        awaitVacuum();
        List<String> rows =
                ask(other, "SELECT pid, relid, heap_blks_total > 50, autovacuum FROM pg_stat_progress_vacuum");
        assertEquals(List.of(session.id() + "|t|t|f"), rows);
        assertTrue(ask(other, "SELECT query FROM pg_stat_activity WHERE state = 'active'")
                .contains("VACUUM t"));
        session.cancel();
        SqlError e = vacuum.get(60, TimeUnit.SECONDS);
        assertEquals("57014", e.sqlState());
        assertEquals("canceling statement due to user request", e.getMessage());
        ask(session, "RESET ALL");
        ask(session, "VACUUM t");
        assertEquals(List.of("10000"), ask(session, "SELECT count(*) FROM t"));
    }

    @Test
    void shouldEndAtTheStatementTimeout() {
        ask(session, SLOWLY + "; SET statement_timeout = '200ms'");
        SqlError e = failure("VACUUM t");
        assertEquals("canceling statement due to statement timeout", e.getMessage());
        ask(session, "RESET ALL");
        assertEquals(List.of("10000"), ask(session, "SELECT count(*) FROM t")); // takes as long as it takes
    }

    @Test
    void shouldLeaveOutWhatIsLocked() {
        ask(other, "BEGIN; LOCK TABLE t IN SHARE MODE");
        assertEquals(
                List.of("WARNING: skipping vacuum of \"t\" --- lock not available"),
                ask(session, "VACUUM (SKIP_LOCKED) t"));
        ask(session, "SET lock_timeout = '10ms'");
        assertEquals("55P03", failure("VACUUM t").sqlState());
        ask(other, "COMMIT");
        assertEquals(List.of(), ask(session, "VACUUM (SKIP_LOCKED) t"));
    }

    @Test
    void shouldTellWhatItDid() {
        ask(session, "CREATE TABLE u (a int)");
        List<String> told = ask(session, "VACUUM (VERBOSE) t, u");
        assertEquals(2, told.size());
        String text = told.get(0);
        assertTrue(text.startsWith("INFO: finished vacuuming \"public.t\": index scans: 1\n"), text);
        assertTrue(
                text.contains(
                        "\ntuples: 10000 removed, 10000 remain on the scanned pages, 0 are dead but pinned by snapshots\n"),
                text);
        assertTrue(text.contains("\nindex scan needed: 10000 dead item identifiers removed\n"), text);
        assertTrue(text.contains("\nindex \"t_pkey\": entries: 10000 removed; "), text);
        assertTrue(text.contains("\nindex \"t_v\": entries: 10000 removed; "), text);
        assertTrue(told.get(1).startsWith("INFO: finished vacuuming \"public.u\": index scans: 0\n"), told.get(1));
        assertTrue(ask(session, "VACUUM VERBOSE").size() >= 2, "all tables, those of the catalog too, may be told of");
    }

    @Test
    void shouldCountInUserTables() {
        ask(session, "UPDATE t SET w = 1 WHERE id > 19000"); // HOT where there is room on the page
        ask(session, "VACUUM t");
        String row = ask(
                        session,
                        "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del, n_live_tup, n_dead_tup, vacuum_count, autovacuum_count,"
                                + " last_vacuum IS NOT NULL, last_autovacuum IS NULL, n_pinned_tup, n_archived_tup"
                                + " FROM pg_stat_user_tables WHERE relid = 't'::regclass")
                .get(0);
        assertEquals("t|20000|1000|10000|10000|0|1|0|t|t|0|0", row);
    }

    @Test
    void shouldShowWhatTheDatabaseWasOpenedWith() {
        assertEquals(List.of("off"), ask(session, "SHOW autovacuum"));
        assertEquals(List.of("1min"), ask(session, "SHOW autovacuum_naptime"));
        assertEquals(List.of("2ms"), ask(session, "SHOW autovacuum_vacuum_cost_delay"));
        assertEquals(List.of("0.2"), ask(session, "SHOW autovacuum_vacuum_scale_factor"));
        assertEquals(List.of("0"), ask(session, "SHOW max_snapshot_age"));
        assertEquals(List.of("1h"), ask(session, "SELECT current_setting('snapshot_warning_age')"));
        assertEquals(
                List.of("1000"),
                ask(session, "SELECT setting FROM pg_settings WHERE name = 'autovacuum_vacuum_insert_threshold'"));
        SqlError e = failure("SET max_snapshot_age = '1min'");
        assertEquals("55P02", e.sqlState());
        assertEquals("parameter \"max_snapshot_age\" cannot be changed now", e.getMessage());
    }

    @Test
    void shouldRememberStorageParametersAndFollowThem() {
        ask(session, "ALTER TABLE t SET (vacuum_index_cleanup = off)");
        String text = ask(session, "VACUUM (VERBOSE) t").get(0);
        assertTrue(text.contains("index scan not needed"), text);
    }
}
