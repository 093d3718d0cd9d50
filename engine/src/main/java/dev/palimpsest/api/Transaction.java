package dev.palimpsest.api;

import java.util.List;
import java.util.Map;

/**
 * An open transaction. Used by one thread at a time ({@link #cancel} may come from any). Closing it without a commit rolls it back.
 *
 * <p>After an {@link EngineException} from one of its statements it has failed: everything but {@link #rollback} and {@link #close}
 * throws 25P02, and {@link #commit} rolls back and throws 25P02.
 */
public interface Transaction extends AutoCloseable {
    /** Makes everything durable and visible; on return with {@code synchronousCommit} it survives a power cut. */
    void commit();

    /** Undoes everything. No effect after the end. */
    void rollback();

    /** {@link #rollback} if it is still open. */
    @Override
    void close();

    /** What it was begun with. */
    TransactionOptions options();

    /** False after the end, however it ended. */
    boolean isActive();

    /** True after a failed statement, until the end. */
    boolean isFailed();

    /** Its transaction id, 0 while it has written nothing. */
    long xidIfAssigned();

    /**
     * Its transaction id, which it gets now if it has none, as {@code pg_current_xact_id()}. Within a callback too.
     *
     * @throws UsageException 25006 if it is read-only
     */
    long assignXid();

    /** How often this transaction had to wait for another one so far. */
    long waitCount();

    /** Makes a running statement or wait of this transaction, or the next one, fail with 57014. Thread-safe. */
    void cancel();

    /** @throws UsageException 42P07 if the name is taken, 42701, 42703, 42P16, 54011 for a bad definition */
    void createTable(TableSchema schema);

    /** @throws UsageException 42P01 if there is none, 2BP01 if something else needs it */
    default void dropTable(String name) {
        dropTables(List.of(UsageException.required(name, "the table's name")), false);
    }

    /**
     * Drops several tables at once: references among them don't matter.
     *
     * @param cascade also drops what else depends on them: foreign keys that reference them, and defaults that use their sequences
     * @return what went by cascade, as PostgreSQL names it: {@code constraint c_p_fkey on table c}
     * @throws UsageException 42P01 if there is none, 2BP01 if something else depends on them and {@code cascade} is off
     */
    List<String> dropTables(List<String> names, boolean cascade);

    /**
     * Changes storage parameters of a table; {@code ALTER TABLE … SET (…)} and {@code RESET (…)}. Waits for other changes of the table's
     * definition and for a vacuum of it, not for readers and writers.
     *
     * @param parameters by name; null as value resets one to its default, without effect on one that there isn't
     * @throws UsageException 42P01, 42809; 22023 for an unknown name to set or a bad value
     */
    void alterTable(String name, Map<String, String> parameters);

    /** Builds the index; writers of the table wait, readers don't. Returns its name. 23505 if it is unique and the rows aren't. */
    String createIndex(IndexSchema schema);

    /** @throws UsageException 42704 if there is none, 2BP01 if a constraint needs it */
    void dropIndex(String name);

    /** Names of the tables that this transaction sees, sorted. */
    List<String> tableNames();

    /** The table with this name as this transaction sees it, or null. */
    TableSchema tableSchema(String name);

    // ---- savepoints

    /** Sets a savepoint; one with the same name is hidden until this one is gone. Not within a callback of a statement. */
    void savepoint(String name);

    /**
     * Undoes everything since the savepoint, which stays; locks taken since are released. The way out of a failed state too.
     *
     * @throws UsageException 3B001 if there is no such savepoint
     */
    void rollbackTo(String name);

    /**
     * Forgets the savepoint and those set since, keeping what was done.
     *
     * @throws UsageException 3B001 if there is no such savepoint
     */
    void release(String name);

    // ---- locks

    /**
     * Locks a table to the transaction's end (or until a rollback to a savepoint set before).
     *
     * @return false only with {@link WaitPolicy#SKIP_LOCKED}
     * @throws UsageException 42P01
     * @throws CanceledException 55P03 with NOWAIT or after a timeout, 57014
     * @throws RetryException 40P01
     */
    boolean lockTable(String name, TableLockMode mode, WaitPolicy wait);

    /** Takes an advisory lock to the transaction's end. Result and errors as for {@link Session#advisoryLock}. */
    boolean advisoryLock(AdvisoryKey key, boolean shared, WaitPolicy wait);

    /** Limits from the next wait or statement on. */
    void timeouts(Timeouts timeouts);

    /**
     * What its user is doing from now on, for views and log entries: snapshots that are taken from here on say that they were opened there. For SQL, a
     * statement's text. Costs nothing; kept until the transaction's end.
     *
     * @param text null for nothing
     */
    void statementText(String text);

    /** The session that it belongs to. */
    long sessionId();

    /** Which attempt of {@code transact} this is, from 1; 1 outside of it. */
    int attempt();

    /** What the current statement, or the next one, sees; {@code pg_current_snapshot()}. */
    SnapshotInfo snapshotInfo();

    // ---- sequences

    /** @throws UsageException 42P07 if the name is taken, 22023 for bad limits */
    void createSequence(SequenceSchema schema);

    /** @throws UsageException 42P01 if there is none, 42809 for another relation, 2BP01 if an identity column or a default needs it */
    void dropSequence(String name);

    /** The sequence with this name as this transaction sees it, or null. */
    SequenceSchema sequenceSchema(String name);

    /** Names of the sequences that this transaction sees, those of columns included, sorted. */
    List<String> sequenceNames();

    /**
     * The sequence's next value; never rolled back. Within a callback too.
     *
     * @throws UsageException 42P01 if there is none, 42809 for another relation, 2200H when it is used up
     */
    long nextValue(String sequence);

    /**
     * Makes {@code value} the sequence's last one, or with {@code called} false its next one; never rolled back.
     *
     * @throws UsageException 42P01 if there is none, 22003 out of its bounds
     */
    void setValue(String sequence, long value, boolean called);

    /**
     * The value that this transaction's session took last from a sequence, also as a column's default.
     *
     * @throws UsageException 42P01 if there is no such sequence, 55000 if the session took none
     */
    long currentValue(String sequence);

    /**
     * The value that this transaction's session took last from any sequence.
     *
     * @throws UsageException 55000 if it took none
     */
    long lastValue();
}
