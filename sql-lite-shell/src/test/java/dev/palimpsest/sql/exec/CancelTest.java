package dev.palimpsest.sql.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.WaitListener;
import dev.palimpsest.sql.plan.ResultColumn;
import dev.palimpsest.sql.plan.SqlError;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A cancel meets the statement that runs, and no other. */
class CancelTest {
    private static ResultHandler handler(Runnable onRow, Runnable onComplete) {
        return new ResultHandler() {
            @Override
            public void columns(List<ResultColumn> columns) {}

            @Override
            public void row(Object[] values) {
                onRow.run();
            }

            @Override
            public void complete(String tag) {
                onComplete.run();
            }

            @Override
            public void notice(String severity, String sqlState, String message) {}
        };
    }

    @Test
    void shouldNotMeetTheNextStatement() {
        ResultHandler quiet = handler(() -> {}, () -> {});
        try (Database database = Database.openInMemory();
                SqlSession session = new SqlSession(database, WaitListener.NONE)) {
            session.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2)", quiet);
            ResultHandler late = handler(() -> {}, session::cancel);
            session.execute("BEGIN", late);
            for (String statement : List.of("UPDATE t SET a = 3", "SELECT * FROM t", "SAVEPOINT s", "RELEASE s")) {
                session.execute(statement, late);
                session.execute("SELECT * FROM t", quiet);
            }
            session.execute("COMMIT", late);
            session.execute("SELECT * FROM t", quiet);
            ResultHandler inTime = handler(session::cancel, () -> {});
            session.execute("BEGIN; SAVEPOINT s", quiet);
            SqlError e = assertThrows(SqlError.class, () -> session.execute("SELECT * FROM t", inTime));
            assertEquals("57014", e.sqlState());
            session.execute("ROLLBACK TO s; SELECT * FROM t; COMMIT", quiet);
        }
    }
}
