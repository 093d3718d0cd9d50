package dev.palimpsest.sql.exec;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.VisibilityVerdict;
import dev.palimpsest.sql.parser.Query;
import dev.palimpsest.sql.parser.Utility;
import dev.palimpsest.sql.plan.QueryPlan;
import dev.palimpsest.sql.plan.QueryPlanner;
import dev.palimpsest.sql.plan.ResultColumn;
import dev.palimpsest.sql.plan.RowTuple;
import dev.palimpsest.sql.plan.SqlError;
import dev.palimpsest.sql.plan.SqlType;
import dev.palimpsest.sql.plan.Values;
import java.util.List;
import java.util.StringJoiner;
import java.util.stream.IntStream;

/**
 * EXPLAIN VISIBILITY: every version that a SELECT meets, and what decided whether it sees it. Of WHERE only what bounds an index range counts:
 * what is filtered away later was met all the same. One for each statement.
 */
final class ExplainVisibility {
    private static final List<ResultColumn> COLUMNS = List.of(
            new ResultColumn("ctid", SqlType.TID),
            new ResultColumn("line_pointer", SqlType.TEXT),
            new ResultColumn("root", SqlType.TID),
            new ResultColumn("row", SqlType.TEXT),
            new ResultColumn("xmin", SqlType.XID),
            new ResultColumn("xmin_status", SqlType.TEXT),
            new ResultColumn("xmin_csn", SqlType.BIGINT),
            new ResultColumn("xmax", SqlType.XID),
            new ResultColumn("xmax_status", SqlType.TEXT),
            new ResultColumn("xmax_csn", SqlType.BIGINT),
            new ResultColumn("snapshot_csn", SqlType.BIGINT),
            new ResultColumn("visible", SqlType.BOOLEAN),
            new ResultColumn("rule", SqlType.TEXT));

    private final Database database;
    private final Transaction transaction;
    private final QueryPlanner planner;

    ExplainVisibility(Database database, Transaction transaction, QueryPlanner planner) {
        this.database = database;
        this.transaction = transaction;
        this.planner = planner;
    }

    /** @throws SqlError 0A000 for anything but a SELECT from a table */
    void run(Utility.Explain explain, ResultHandler handler) {
        if (explain.analyze()) {
            throw SqlError.unsupported(explain.location(), "EXPLAIN ANALYZE");
        }
        QueryPlan plan = explain.statement() instanceof Query query ? planner.plan(query) : null;
        if (plan == null || plan.table() == null) {
            throw SqlError.unsupported(
                    explain.statement().location(), "EXPLAIN VISIBILITY of anything but a SELECT from a table");
        }
        TableSchema table = plan.table();
        List<Integer> shown = IntStream.range(0, COLUMNS.size())
                .filter(i -> explain.numbers() || !COLUMNS.get(i).name().endsWith("_csn"))
                .boxed()
                .toList();
        handler.columns(shown.stream().map(COLUMNS::get).toList());
        for (VisibilityVerdict verdict : database.explainVisibility(
                transaction, table.name(), plan.path().scan())) {
            Object[] row = row(verdict, table);
            handler.row(shown.stream().map(i -> row[i]).toArray());
        }
    }

    private static Object[] row(VisibilityVerdict v, TableSchema table) {
        boolean version = v.xmin() != 0;
        return new Object[] {
            v.ctid(),
            v.linePointer(),
            v.root(),
            v.row() == null ? null : text(v.row(), table.columns().size()),
            version ? (Object) v.xmin() : null,
            v.xminStatus(),
            SnapshotViews.orNull(v.xminCsn()),
            version ? (Object) v.xmax() : null,
            v.xmaxStatus(),
            SnapshotViews.orNull(v.xmaxCsn()),
            v.snapshotCsn(),
            version ? (Object) v.isVisible() : null,
            v.rule().text()
        };
    }

    /** Its columns, as PostgreSQL prints a row without its quoting. */
    private static String text(Row row, int columns) {
        RowTuple tuple = new RowTuple(row);
        StringJoiner text = new StringJoiner(",", "(", ")");
        for (int i = 0; i < columns; i++) {
            Object value = tuple.get(i);
            text.add(value == null ? "" : Values.format(value));
        }
        return text.toString();
    }
}
