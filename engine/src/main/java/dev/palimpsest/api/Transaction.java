package dev.palimpsest.api;

import java.util.List;

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

    /** How often this transaction had to wait for another one so far. */
    long waitCount();

    /** Makes a running or the next wait of this transaction fail with 57014. Thread-safe. */
    void cancel();

    /** @throws UsageException 42P07 if the name is taken, 42701, 42703, 42P16, 54011 for a bad definition */
    void createTable(TableSchema schema);

    /** @throws UsageException 42P01 if there is none */
    void dropTable(String name);

    /** Builds the index; writers of the table wait, readers don't. Returns its name. 23505 if it is unique and the rows aren't. */
    String createIndex(IndexSchema schema);

    /** @throws UsageException 42704 if there is none, 2BP01 if a constraint needs it */
    void dropIndex(String name);

    /** Names of the tables that this transaction sees, sorted. */
    List<String> tableNames();

    /** The table with this name as this transaction sees it, or null. */
    TableSchema tableSchema(String name);
}
