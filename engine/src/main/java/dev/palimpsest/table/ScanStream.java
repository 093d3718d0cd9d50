package dev.palimpsest.table;

import dev.palimpsest.api.Row;
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
    private final SnapshotHandle snapshot;
    private final RowSource source;

    /** The subtransaction that opened it: a rollback to before that closes it. */
    private final int subId;

    private final Row[] batch = new Row[MAX_BATCH];
    private int position;
    private int count;

    /** Grows, so that who wants one row doesn't pay for many. */
    private int wanted = 1;

    private boolean exhausted;
    private boolean closed;

    /** Also set by the thread that closes the database. */
    private volatile boolean closedByTransaction;

    /** @param snapshot taken over */
    ScanStream(UserTransaction t, TableInfo table, Qualification which, SnapshotHandle snapshot) {
        this.t = t;
        this.table = table;
        this.which = which;
        this.snapshot = snapshot;
        this.source = RowSource.open(table, which, snapshot.snapshot());
        this.subId = t.tx().currentSubId();
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
        t.enter();
        try {
            while (count < wanted) {
                HeapTuple tuple = source.next();
                if (tuple == null) {
                    exhausted = true;
                    end();
                    break;
                }
                Row row = new TupleRow(table, t, tuple.bytes(), tuple.tid());
                boolean wantsIt = which.predicate() == null || which.predicate().test(row);
                if (closed) {
                    break; // by its own predicate
                }
                if (wantsIt) {
                    batch[count++] = row;
                }
            }
        } catch (Throwable e) {
            throw t.failed(e);
        } finally {
            t.exit();
        }
        wanted = Math.min(MAX_BATCH, 4 * wanted);
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
        throw new UsageException(SqlState.FEATURE_NOT_SUPPORTED, "lock");
    }
}
