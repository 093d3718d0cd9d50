package dev.palimpsest.tx;

/**
 * Told of each end of a transaction that wrote something: after it is visible, before its locks are released. On the transaction's thread;
 * must not throw, wait for a lock, or use the transaction for statements.
 */
public interface CommitListener {
    /** @param csn its commit number, published already */
    void committed(Transaction transaction, long csn);

    void aborted(Transaction transaction);
}
