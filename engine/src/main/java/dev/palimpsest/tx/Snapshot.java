package dev.palimpsest.tx;

/**
 * What one statement sees: commits up to {@link #csn}, and its own transaction's commands before {@link #commandId}.
 *
 * <p>A transaction reuses one object for its statements, so it is valid from {@link Transaction#beginStatement} to
 * {@link Transaction#endStatement}; that of a {@link SnapshotHandle} never changes. Used by one thread at a time.
 */
public final class Snapshot {
    private final Transaction transaction;
    private long csn;
    private int commandId;

    Snapshot(Transaction transaction) {
        this.transaction = transaction;
    }

    Snapshot(Transaction transaction, long csn, int commandId) {
        this(transaction);
        set(csn, commandId);
    }

    void set(long newCsn, int newCommandId) {
        csn = newCsn;
        commandId = newCommandId;
    }

    public Transaction transaction() {
        return transaction;
    }

    /** Sees what committed at this number or before; 0 if there is no snapshot now. */
    public long csn() {
        return csn;
    }

    /** Sees what its own transaction's commands before this one wrote. */
    public int commandId() {
        return commandId;
    }
}
