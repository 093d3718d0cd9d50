package dev.palimpsest.table;

import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowLock;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.HeapTuple;
import dev.palimpsest.tx.SnapshotHandle;
import java.util.NoSuchElementException;

/**
 * A scan's rows, read a few at a time so that coming into the engine costs little a row. Holds its snapshot until it is closed, at its end, or
 * with its (sub)transaction. Used by the transaction's thread.
 */
final class ScanStream implements RowStream {
    private static final int MAX_BATCH = 64;

    private final UserTransaction t;
    private final TableInfo table;
    private final Qualification which;
    private final TableScratch scratch;

    /** Null for rows that aren't locked. */
    private final RowLock lock;

    /** Null without {@link #lock}. */
    private final RowLocker locker;

    private final SnapshotHandle snapshot;
    private final RowSource source;

    /** The subtransaction that opened it: a rollback to before that closes it. */
    private final int subId;

    /** The time of its statement runs from its opening on. */
    private final boolean limited;

    private final long deadline;

    /** How many rows there may still be, those in the batch not counted any more. */
    private long remaining;

    private final Row[] batch = new Row[MAX_BATCH];
    private int position;
    private int count;

    /** Grows, so that who wants one row doesn't pay for many. */
    private int wanted = 1;

    private boolean exhausted;
    private boolean closed;

    /** Also set by the thread that closes the database. */
    private volatile boolean closedByTransaction;

    /**
     * @param lock null for none
     * @param limit negative for none
     * @param snapshot taken over; with a lock at READ COMMITTED an open one
     */
    ScanStream(
            UserTransaction t,
            TableInfo table,
            Qualification which,
            TableScratch scratch,
            RowLock lock,
            long limit,
            SnapshotHandle snapshot) {
        this.t = t;
        this.table = table;
        this.which = which;
        this.scratch = scratch;
        this.lock = lock;
        this.locker = lock == null ? null : new RowLocker(t, table);
        this.remaining = limit < 0 ? Long.MAX_VALUE : limit;
        this.snapshot = snapshot;
        this.source = RowSource.open(table, which, snapshot.snapshot());
        this.subId = t.tx().currentSubId();
        this.limited = t.tx().hasStatementDeadline();
        this.deadline = t.tx().statementDeadline();
        t.opened(this);
    }

    int subId() {
        return subId;
    }

    TableInfo table() {
        return table;
    }

    @Override
    public boolean hasNext() {
        if (closedByTransaction) {
            throw new UsageException(
                    SqlState.INVALID_CURSOR_STATE,
                    "the stream was closed by the end of its transaction, or by a rollback to before it");
        }
        if (position < count) {
            return true;
        }
        if (exhausted || closed) {
            return false;
        }
        fill();
        return count > 0;
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Row row = batch[position];
        batch[position++] = null;
        return row;
    }

    private void fill() {
        position = 0;
        count = 0;
        boolean locks = lock != null && !lock.onDemand();
        int most = locks ? 1 : (int) Math.min(wanted, remaining); // rows are locked only when they are asked for
        t.enter();
        if (limited && !t.isNested()) {
            t.tx().statementDeadline(deadline);
        }
        try {
            t.tx().use(snapshot);
            while (count < most && remaining > 0) {
                HeapTuple tuple = source.next();
                if (tuple == null) {
                    remaining = 0;
                    break;
                }
                Row row = new TupleRow(table, t, tuple.bytes(), tuple.tid());
                boolean wantsIt = which.predicate() == null || which.predicate().test(row);
                if (closed) {
                    break; // by its own predicate
                }
                if (wantsIt && locks) {
                    row = locked(tuple, row);
                }
                if (wantsIt && row != null) {
                    batch[count++] = row;
                    remaining--;
                }
            }
            if (remaining == 0 && (lock == null || !lock.onDemand())) {
                exhausted = true;
                end();
            }
        } catch (Throwable e) {
            throw t.failed(e);
        } finally {
            t.tx().stopUsing();
            t.exit();
        }
        exhausted |= remaining == 0;
        wanted = Math.min(MAX_BATCH, 4 * wanted);
    }

    /** @return the row itself or its newer version, or null */
    private Row locked(HeapTuple tuple, Row row) {
        HeapTuple locked = locker.lock(tuple, lock.mode(), lock.policy(), which, scratch);
        if (locked == null) {
            return null;
        }
        return locked == tuple ? row : new TupleRow(table, t, locked.bytes(), locked.tid());
    }

    @Override
    public void close() {
        closed = true;
        position = count = 0;
        t.close(this);
    }

    /** The rows at hand are left to the stream's user, who may be taking one just now if it is the database's closing that ends it. */
    void closeByTransaction() {
        closedByTransaction = true;
        end();
    }

    /** Inside the engine, or by the thread that closes the database. */
    void end() {
        snapshot.close();
        t.closed(this);
    }

    @Override
    public Row lock(Row row) {
        if (lock == null || !lock.onDemand()) {
            throw new UsageException(
                    SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE, "the scan was not begun with lockOnDemand");
        }
        if (!(row instanceof TupleRow tuple) || tuple.table() != table) {
            throw new UsageException(SqlState.INVALID_PARAMETER_VALUE, "the row is not one of this stream");
        }
        if (closedByTransaction || closed) {
            throw new UsageException(SqlState.INVALID_CURSOR_STATE, "the stream is closed");
        }
        t.enter();
        try {
            t.tx().use(snapshot);
            HeapTuple seen = new HeapTuple(tuple.tuple(), tuple.tid());
            return locked(seen, row);
        } catch (Throwable e) {
            throw t.failed(e);
        } finally {
            t.tx().stopUsing();
            t.exit();
        }
    }
}
