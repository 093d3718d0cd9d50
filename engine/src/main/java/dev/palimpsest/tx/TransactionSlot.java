package dev.palimpsest.tx;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** An active transaction's place in the list of all. Claimed with 1. */
final class TransactionSlot extends Cell {
    private static final VarHandle TRANSACTION;

    static {
        try {
            TRANSACTION = MethodHandles.lookup().findVarHandle(TransactionSlot.class, "transaction", Transaction.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /**
     * Written by the claimant with release: the full fence before anybody has to meet it in a listing is that of its first lock or of its
     * xid. Read by volatile reads.
     */
    private Transaction transaction;

    TransactionSlot(long[] words, int index) {
        super(words, index);
    }

    void set(Transaction newTransaction) {
        TRANSACTION.setRelease(this, newTransaction);
    }

    void free() {
        TRANSACTION.setRelease(this, (Transaction) null);
        setRelease(0);
    }

    /** Null if it is free. */
    Transaction transaction() {
        return (Transaction) TRANSACTION.getVolatile(this);
    }
}
