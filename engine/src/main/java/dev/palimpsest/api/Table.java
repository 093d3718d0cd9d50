package dev.palimpsest.api;

import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/**
 * A table by its name: every call looks it up as the transaction sees it, so a handle may be kept for as long as the database is open.
 * Thread-safe; each transaction is used by one thread at a time.
 *
 * <p>Every call is one statement: it sees what its transaction's earlier statements did and what its snapshot shows, and never its own
 * writes. If a call fails with an {@link EngineException}, the transaction has to be rolled back (25P02 until then).
 *
 * <p>All methods throw {@link UsageException} 42P01 if the table doesn't exist, 25P01 if the transaction has ended, 25P02 if it has
 * failed; {@link StoppedException} if the database was closed or its disk failed. Writers also throw 25006 in a read-only transaction,
 * 23502 and 23505 for violated constraints (naming table, constraint and key), {@link RetryException} 40001 at REPEATABLE READ and
 * 40P01 for deadlocks, {@link CanceledException} 57014 and 55P03 for waits given up.
 */
public interface Table {
    /** The name that this handle looks up. */
    String name();

    /** As the transaction sees it. */
    TableSchema schema(Transaction tx);

    /**
     * @param values one for each column, in order: of the column type's Java class (any integer class where it fits), an
     *     {@link java.io.InputStream} for TEXT (UTF-8) and BYTEA, {@link #DEFAULT}, or null
     * @throws UsageException 22023 if a stream throws an {@code IOException}, which is the cause; other classes for values that don't fit
     */
    void insert(Transaction tx, Object... values);

    /** Inserts many rows as one statement, page by page: the fast way in. Returns how many. */
    long insertAll(Transaction tx, Iterator<Object[]> rows);

    /**
     * The row with this primary key, or null.
     *
     * @throws UsageException 42704 if the table has no primary key, 42804 if the key doesn't fit its types
     */
    Row get(Transaction tx, Object... key);

    /** {@link #get(Transaction, Object...)} for a primary key of one integer column: no boxing. */
    Row get(Transaction tx, long key);

    /**
     * Rows as of the transaction's snapshot. By an index that was created after that snapshot was taken, the rows of the range are read
     * from the table and sorted in memory.
     *
     * @throws UsageException 53400 if those take more than 64 MiB: begin a newer transaction
     */
    RowStream scan(Transaction tx, Scan scan);

    /**
     * Changes the row with this primary key.
     *
     * @return false if there is none
     */
    boolean update(Transaction tx, Consumer<RowChange> change, Object... key);

    /** {@link #update(Transaction, Consumer, Object...)} for a primary key of one integer column. */
    boolean update(Transaction tx, long key, Consumer<RowChange> change);

    /** Changes every row of the scan; returns how many. */
    long updateAll(Transaction tx, Scan scan, Consumer<RowChange> change);

    /** @return false if there is no such row */
    boolean delete(Transaction tx, Object... key);

    /** {@link #delete(Transaction, Object...)} for a primary key of one integer column. */
    boolean delete(Transaction tx, long key);

    /** Deletes every row of the scan; returns how many. */
    long deleteAll(Transaction tx, Scan scan);

    /** The table's indexes as the transaction sees them, the primary key first. */
    List<IndexSchema> indexes(Transaction tx);

    /** In {@link #insert}: the column's default. */
    Object DEFAULT = new Object() {
        @Override
        public String toString() {
            return "DEFAULT";
        }
    };
}
