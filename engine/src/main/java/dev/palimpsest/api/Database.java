package dev.palimpsest.api;

import java.nio.file.Path;
import java.util.List;

/**
 * A database: a directory, or memory. Thread-safe. Worked example:
 *
 * <pre>{@code
 * try (Database db = Database.open(Path.of("bank"))) {
 *     Table accounts = db.table("accounts");
 *     db.transact(tx -> {
 *         tx.createTable(TableSchema.named("accounts")
 *                 .column("id", ColumnType.BIGINT)
 *                 .column("balance", ColumnType.BIGINT).notNull()
 *                 .primaryKey("id").build());
 *         accounts.insert(tx, 1L, 1000L);
 *         accounts.insert(tx, 2L, 0L);
 *         return null;
 *     });
 *     db.transact(tx -> {
 *         accounts.update(tx, 1L, change -> change.setLong("balance", change.row().longValue("balance") - 700));
 *         accounts.update(tx, 2L, change -> change.setLong("balance", change.row().longValue("balance") + 700));
 *         return null;
 *     });
 *     long balance = db.read(tx -> accounts.get(tx, 1L).longValue("balance")); // 300
 * }
 * }</pre>
 */
public interface Database extends AutoCloseable {
    /** {@link #open(Path, DatabaseOptions)} with {@link DatabaseOptions#DEFAULT}. */
    static Database open(Path directory) {
        return open(directory, DatabaseOptions.DEFAULT);
    }

    /**
     * Opens the database in a directory, making it first where the options say so, and recovering it after a crash.
     *
     * @throws UsageException 55006 if another process, or this one, has it open; 55000 if the directory holds no database
     *     and {@code createIfMissing} is off, or holds something else
     * @throws StoppedException XX001 for damaged files, 58030 and 53100 for a disk that fails or is full
     */
    static Database open(Path directory, DatabaseOptions options) {
        return DatabaseProvider.get().open(directory, options);
    }

    /** A database that lives until it is closed. */
    static Database openInMemory() {
        return openInMemory(DatabaseOptions.DEFAULT);
    }

    static Database openInMemory(DatabaseOptions options) {
        return DatabaseProvider.get().openInMemory(options);
    }

    /** Begins a transaction; the caller ends it. */
    Transaction begin(TransactionOptions options);

    default Transaction begin() {
        return begin(TransactionOptions.DEFAULT);
    }

    /**
     * Runs the work in a transaction and commits. On a {@link SerializationException} (40001) or {@link DeadlockException} (40P01) it
     * rolls back and runs the work again, up to {@link TransactionOptions#maxAttempts} times in all; every other exception rolls back and
     * is thrown. Between two attempts it tells {@link TransactionOptions#retryListener} and backs off: a random time of at most 0.1 ms
     * after the first attempt, twice as long after each further one, never more than 20 ms. {@link DatabaseStatistics#retries} counts.
     *
     * <p>So the work may run several times ({@link Transaction#attempt} says which time it is) and must have no effects outside of its
     * transaction.
     *
     * @throws RetryException the last attempt lost too: {@link RetryException#attempts} and its detail say how many there were, its cause
     *     is the error as the work got it
     */
    <T> T transact(TransactionOptions options, TransactionWork<T> work);

    default <T> T transact(TransactionWork<T> work) {
        return transact(TransactionOptions.DEFAULT, work);
    }

    /** Runs the work in a read-only transaction with one snapshot: it never waits and never fails because of writers. */
    default <T> T read(TransactionWork<T> work) {
        return transact(TransactionOptions.READ_ONLY, work);
    }

    /** A session of its own, for session-level advisory locks, {@code currval} and a lasting id; the caller closes it. */
    Session openSession();

    /** Every lock held or waited for; {@code pg_locks}. Each true at some moment of the call. */
    List<LockInfo> locks();

    /** A handle for a table by its name; nothing is looked up before it is used. */
    Table table(String name);

    /** Writes all changed pages out and shortens recovery. Returns when it is done. */
    void checkpoint();

    /** What it was opened with. */
    DatabaseOptions options();

    /** Counters since the database was opened. */
    DatabaseStatistics statistics();

    /**
     * Reclaims what nobody needs any more: dead versions, their index entries, empty pages. Runs in the caller, table by table, each in a
     * transaction of its own with a SHARE UPDATE EXCLUSIVE lock; neither readers nor writers wait for it.
     *
     * @param tables their names; none for all tables, the catalog's included
     * @return a report for each
     * @throws UsageException 42P01 and 42809 for a name that isn't a table's, 0A000 if the vacuum module isn't on the class path
     * @throws CanceledException 57014 if the calling thread is interrupted
     */
    List<VacuumReport> vacuum(VacuumOptions options, String... tables);

    /** {@link #vacuum(VacuumOptions, String...)} with {@link VacuumOptions#DEFAULT}. */
    default List<VacuumReport> vacuum(String... tables) {
        return vacuum(VacuumOptions.DEFAULT, tables);
    }

    /** The vacuums that run now; {@code pg_stat_progress_vacuum}. */
    List<VacuumProgress> vacuumProgress();

    /** What happened to each table since the database was opened, by name; {@code pg_stat_user_tables}. */
    List<TableStatistics> tableStatistics();

    /** The open transactions. */
    List<SessionInfo> sessions();

    /**
     * Every stored version of a table's rows in order of place, seen or not; those in the archive after each page's; {@code mvcc_versions}. For
     * people and tests: reads the whole table.
     */
    List<TupleVersion> versions(Transaction tx, String table);

    /**
     * The live snapshots and what they keep; {@code mvcc_pins}. Each page is looked at as it is at some moment of the call; exact while nobody
     * writes. Reads every page that may hold dead versions, waits for nobody: a table that somebody has locked against readers is left out.
     */
    List<SnapshotPin> pins();

    /**
     * What a statement meets: every version that {@code scan} would look at now, and why the snapshot sees it or not; {@code EXPLAIN VISIBILITY}.
     * Of the scan only its index and bounds count. A table scan meets everything in order of place; an index scan follows each entry's
     * chain up to the version that is visible.
     */
    List<VisibilityVerdict> explainVisibility(Transaction tx, String table, Scan scan);

    /** A table's pages, one by one, and what is on them. For people: reads the whole table. */
    List<HeapMapPage> heapMap(Transaction tx, String table);

    /**
     * Ends all open transactions (their users get 57P01), writes a checkpoint and closes the files. Waits for calls that are inside
     * the engine to come out. No effect the second time.
     */
    @Override
    void close();
}
