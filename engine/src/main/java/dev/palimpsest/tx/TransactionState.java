package dev.palimpsest.tx;

/** Where a transaction is in its life. */
public enum TransactionState {
    ACTIVE,
    /** A statement failed: only a rollback is possible. */
    FAILED,
    COMMITTED,
    ABORTED,
    /** Its commit record was written but the engine stopped before it was known durable: recovery decides. */
    UNKNOWN
}
