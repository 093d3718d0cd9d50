package dev.palimpsest.model;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowChange;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.WaitListener;
import dev.palimpsest.model.Action.Values;
import dev.palimpsest.model.Model.Result;
import dev.palimpsest.sim.SeededScheduler;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;

/** A session of the engine, on a task of its own, that does what the driver tells it. One task runs at a time: plain fields. */
final class ScheduledSession implements WaitListener {
    enum State {
        IDLE,
        RUNNING,
        WAITING
    }

    /** Makes a page overflow after some versions, so that pruning happens. */
    private static final String PADDING = "p".repeat(1_700);

    final String name;
    State state = State.IDLE;

    /** Of the last thing done, once idle. */
    Result result;

    private final SeededScheduler scheduler;
    private final Database db;
    private final Table rows;
    private final Thread driver;
    private final Thread task;
    private Supplier<Result> next;
    private Transaction tx;
    private boolean ended;

    ScheduledSession(String name, SeededScheduler scheduler, Database db) {
        this.name = name;
        this.scheduler = scheduler;
        this.db = db;
        this.rows = db.table("rows");
        this.driver = Thread.currentThread();
        this.task = scheduler.spawnSession(name, this::run);
    }

    /** What the engine calls it now, 0 without a transaction. */
    long sessionId() {
        return tx == null ? 0 : tx.sessionId();
    }

    static void createTable(Database db) {
        db.transact(tx -> {
            tx.createTable(TableSchema.named("rows")
                    .column("id", ColumnType.BIGINT)
                    .column("u", ColumnType.BIGINT)
                    .column("g", ColumnType.BIGINT)
                    .column("value", ColumnType.BIGINT)
                    .column("padding", ColumnType.TEXT)
                    .primaryKey("id")
                    .unique("u")
                    .build());
            tx.createIndex(IndexSchema.on("rows", "g").named("rows_by_group"));
            return null;
        });
    }

    void begin(boolean repeatableRead) {
        TransactionOptions options = TransactionOptions.DEFAULT
                .withIsolation(repeatableRead ? IsolationLevel.REPEATABLE_READ : IsolationLevel.READ_COMMITTED)
                .withWaitListener(this);
        tx = db.begin(options);
    }

    void commit() {
        tell(() -> {
            tx.commit();
            return Result.of("ok");
        });
    }

    void rollback() {
        tell(() -> {
            tx.rollback();
            return Result.of("ok");
        });
    }

    void control(Action.Control control) {
        tell(() -> {
            if (control instanceof Action.Savepoint) {
                tx.savepoint(control.name());
            } else if (control instanceof Action.RollbackTo) {
                tx.rollbackTo(control.name());
            } else {
                tx.release(control.name());
            }
            return Result.of("ok");
        });
    }

    /** @param byTable by a scan of the whole table where an index would do */
    void execute(Action.Statement statement, boolean byTable) {
        tell(() -> Result.of(perform(statement, byTable)));
    }

    void end() {
        ended = true;
        scheduler.unpark(task);
    }

    private void tell(Supplier<Result> work) {
        result = null;
        state = State.RUNNING;
        next = work;
        scheduler.unpark(task);
    }

    private void run() {
        while (!ended) {
            if (next == null) {
                scheduler.park(this, Long.MAX_VALUE);
                continue;
            }
            Supplier<Result> work = next;
            next = null;
            Result outcome;
            try {
                outcome = work.get();
            } catch (EngineException e) {
                outcome = new Result(null, e.sqlState());
            }
            result = outcome;
            state = State.IDLE;
            scheduler.unpark(driver);
        }
    }

    @Override
    public void waiting(String what) {
        state = State.WAITING;
        scheduler.unpark(driver);
    }

    @Override
    public void waitOver() {
        state = State.RUNNING;
    }

    private Object perform(Action.Statement statement, boolean byTable) {
        if (statement instanceof Action.Get get) {
            Row row = rows.get(tx, get.id());
            return row == null ? List.of() : List.of(values(row));
        } else if (statement instanceof Action.ScanRange scan) {
            return ordered(list(range(scan.range(), false)), scan.range().reverse());
        } else if (statement instanceof Action.ScanGroup scan) {
            return sorted(list(Scan.index("rows_by_group").equalTo(scan.group())));
        } else if (statement instanceof Action.ScanTable scan) {
            return sorted(list(Scan.all()
                    .where(row -> !scan.oddOnly() || (values(row).value() & 1) == 1)));
        } else if (statement instanceof Action.Insert insert) {
            return insert(insert.rows());
        } else if (statement instanceof Action.Update update) {
            return rows.updateAll(tx, range(update.range(), byTable), row -> apply(update.change(), row));
        } else if (statement instanceof Action.Delete delete) {
            return rows.deleteAll(tx, range(delete.range(), byTable));
        } else if (statement instanceof Action.UpdateKey update) {
            return rows.update(tx, update.id(), row -> apply(update.change(), row)) ? 1 : 0;
        }
        return rows.delete(tx, ((Action.DeleteKey) statement).id()) ? 1 : 0;
    }

    private long insert(List<Values> values) {
        List<Object[]> all = new ArrayList<>();
        values.forEach(row -> all.add(new Object[] {row.id(), row.unique(), row.group(), row.value(), PADDING}));
        if (all.size() == 1) {
            rows.insert(tx, all.get(0));
            return 1;
        }
        return rows.insertAll(tx, all.iterator());
    }

    private static void apply(Action.Change change, RowChange row) {
        Values after = change.apply(values(row.row()));
        row.setLong("value", after.value());
        if (change.id() != null) {
            row.setLong("id", after.id());
        }
        if (change.unique() != null) {
            row.setLong("u", after.unique());
        }
        if (change.group() != null) {
            row.setLong("g", after.group());
        }
    }

    private static Scan range(Action.Range range, boolean byTable) {
        if (byTable) {
            return Scan.all().where(row -> range.includes(values(row)));
        }
        Scan scan = Scan.index("rows_pkey").from(range.from()).to(range.to());
        scan = range.reverse() ? scan.reversed() : scan;
        return range.oddOnly() ? scan.where(row -> (row.longValue("value") & 1) == 1) : scan;
    }

    private List<Values> list(Scan scan) {
        List<Values> found = new ArrayList<>();
        try (RowStream stream = rows.scan(tx, scan)) {
            stream.forEachRemaining(row -> found.add(values(row)));
        }
        return found;
    }

    /** Rows come in the order of their ids; only those with one id are put in order here. */
    private static List<Values> ordered(List<Values> values, boolean reverse) {
        Comparator<Values> order = reverse ? Model.ORDER.reversed() : Model.ORDER;
        for (int i = 1; i < values.size(); i++) {
            if (values.get(i - 1).id() != values.get(i).id() && order.compare(values.get(i - 1), values.get(i)) > 0) {
                throw new AssertionError("out of order: " + values);
            }
        }
        values.sort(order);
        return values;
    }

    private static List<Values> sorted(List<Values> values) {
        values.sort(Model.ORDER);
        return values;
    }

    static Values values(Row row) {
        return new Values(
                row.longValue("id"),
                row.isNull("u") ? null : row.longValue("u"),
                row.longValue("g"),
                row.longValue("value"));
    }
}
