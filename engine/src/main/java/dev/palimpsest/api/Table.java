package dev.palimpsest.api;

import java.util.Collections;
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
 * 23502 and {@link UniqueViolationException} 23505 for violated constraints (naming table, constraint and key), {@link RetryException} 40001 at REPEATABLE READ and
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

    /**
     * Inserts many rows as one statement, page by page: the fast way in, fastest in key order. Returns how many.
     *
     * @param rows may give the same array, and the same byte arrays in it, for every row: a row is taken over before the next is asked for
     */
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

    /**
     * Locks the row with this primary key, and reads it: the newest version at READ COMMITTED, after waiting for who is changing it.
     *
     * @return null if there is none, or it was skipped
     * @throws CanceledException 55P03 with NOWAIT or after a timeout, 57014
     * @throws RetryException 40001 where others have changed the row (REPEATABLE READ), 40P01
     */
    Row lock(Transaction tx, RowLockMode mode, WaitPolicy wait, Object... key);

    /**
     * {@link #insertAll(Transaction, Iterator)} that doesn't fail where a row with the same unique key exists (unless {@code conflict} is
     * null), and tells what it wrote. A row that another transaction is inserting, changing or deleting is waited for.
     *
     * <p>At READ COMMITTED the existing row is changed as it is now, whether the statement's snapshot sees that version or not; at
     * REPEATABLE READ a row that the transaction can't see is 40001, for DO NOTHING too. The functions of {@code conflict} and
     * {@code returning} may read through the same transaction, and see what it was before this statement; they may not write (55006).
     *
     * @param returning called for each row inserted or updated with its new version, in the order of the rows; null for none
     * @return how many were inserted or updated
     * @throws UsageException 21000 if a row would be changed twice, 42P10 if no unique index fits {@code conflict}, 42703 and 42704 if it
     *     names what doesn't exist, 42601 if DO UPDATE names neither columns nor a constraint
     */
    long insertAll(Transaction tx, Iterator<Object[]> rows, OnConflict conflict, Consumer<Row> returning);

    /** {@link #insertAll(Transaction, Iterator, OnConflict, Consumer)} for one row. Returns false if nothing was written. */
    default boolean insert(Transaction tx, OnConflict conflict, Object[] values) {
        return insertAll(tx, Collections.singletonList(values).iterator(), conflict, null) != 0;
    }

    /**
     * {@link #updateAll(Transaction, Scan, Consumer)} that tells the new versions.
     *
     * @param returning called for each changed row; may read through the same transaction, not write (55006). Null for none
     */
    long updateAll(Transaction tx, Scan scan, Consumer<RowChange> change, Consumer<Row> returning);

    /**
     * {@link #deleteAll(Transaction, Scan)} that tells what it deleted.
     *
     * @param returning called with each deleted version, as with {@link #updateAll(Transaction, Scan, Consumer, Consumer)}
     */
    long deleteAll(Transaction tx, Scan scan, Consumer<Row> returning);

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
