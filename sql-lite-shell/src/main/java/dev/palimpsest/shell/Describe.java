package dev.palimpsest.shell;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.sql.exec.ResultHandler;
import dev.palimpsest.sql.plan.RelationText;
import dev.palimpsest.sql.plan.ResultColumn;
import dev.palimpsest.sql.plan.SqlError;
import dev.palimpsest.sql.plan.SqlType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What \d and its like print. The catalog is read as the current session sees it. */
final class Describe {
    private final Shell shell;
    private final Database database;

    Describe(Shell shell, Database database) {
        this.shell = shell;
        this.database = database;
    }

    static List<ResultColumn> columns(String... names) {
        return Arrays.stream(names)
                .map(name -> new ResultColumn(name, SqlType.TEXT))
                .toList();
    }

    static void print(SessionPrinter printer, List<ResultColumn> columns, List<Object[]> rows) {
        printer.columns(columns);
        rows.forEach(printer::row);
        printer.complete("");
    }

    /** Something printed from what a transaction sees. */
    private interface Printing {
        void print(Transaction tx, SessionPrinter printer);
    }

    private boolean inSession(Printing work) {
        return shell.runInSession(shell.pool().current(), (session, printer) -> {
            try {
                session.sql()
                        .executeInTransaction(
                                (db, tx) -> {
                                    work.print(tx, printer);
                                    return "";
                                },
                                new SilentTags(printer));
            } catch (SqlError e) {
                shell.fail(session, shell.place(), e, null);
            }
        });
    }

    /** @param tables whether to list tables */
    boolean relations(boolean tables, boolean sequences) {
        return inSession((tx, printer) -> {
            List<Object[]> rows = new ArrayList<>();
            if (tables) {
                tx.tableNames().forEach(name -> rows.add(new Object[] {"public", name, "table"}));
            }
            if (sequences) {
                tx.sequenceNames().forEach(name -> rows.add(new Object[] {"public", name, "sequence"}));
            }
            rows.sort(java.util.Comparator.comparing(row -> (String) row[1]));
            print(printer, columns("Schema", "Name", "Type"), rows);
        });
    }

    boolean indexes() {
        return inSession((tx, printer) -> {
            List<Object[]> rows = new ArrayList<>();
            for (String table : tx.tableNames()) {
                for (IndexSchema index : database.table(table).indexes(tx)) {
                    rows.add(new Object[] {"public", index.name(), "index", table});
                }
            }
            print(printer, columns("Schema", "Name", "Type", "Table"), rows);
        });
    }

    /** A table, an index or a sequence. */
    boolean relation(String name) {
        return inSession((tx, printer) -> new DescribeRelation(database, tx, printer).describe(name));
    }

    /** What \heapmap draws. */
    boolean heapMap(String name) {
        return inSession((tx, printer) -> {
            String table = RelationText.table(database, tx, name).name();
            boolean terminal = shell.output().colours();
            new HeapMap(table, database.heapMap(tx, table), terminal).lines().forEach(printer::line);
        });
    }

    boolean sessions() {
        SessionPrinter printer = new SessionPrinter(Runnable::run, shell.output(), "", false, false);
        List<Object[]> rows = new ArrayList<>();
        for (ShellSession session : shell.pool().all()) {
            boolean idle = session.activity() == ShellSession.Activity.IDLE;
            String state = !idle
                    ? "waiting for " + session.waitingFor()
                    : session.sql()
                            .state()
                            .toString()
                            .toLowerCase(java.util.Locale.ROOT)
                            .replace('_', ' ');
            long xid = session.sql().xidIfAssigned();
            boolean current = session == shell.pool().current();
            rows.add(new Object[] {session.name() + (current ? " *" : ""), state, xid == 0 ? null : String.valueOf(xid)
            });
        }
        print(printer, columns("Session", "State", "Xid"), rows);
        return true;
    }

    /** Passes everything on but the end, which the work has printed itself. */
    private record SilentTags(SessionPrinter printer) implements ResultHandler {
        @Override
        public void columns(List<ResultColumn> columns) {
            printer.columns(columns);
        }

        @Override
        public void row(Object[] values) {
            printer.row(values);
        }

        @Override
        public void complete(String tag) {}

        @Override
        public void notice(String severity, String sqlState, String message) {
            printer.notice(severity, sqlState, message);
        }
    }
}
