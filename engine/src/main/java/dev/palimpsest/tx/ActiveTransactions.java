package dev.palimpsest.tx;

import java.util.function.Consumer;

/** The transactions that have begun and not ended. Entering and leaving costs the same however many there are. Thread-safe. */
final class ActiveTransactions {
    private static final long CLAIMED = 1;

    private final CellArray<TransactionSlot> slots = new CellArray<>(TransactionSlot::new);

    TransactionSlot enter(TransactionSlot last, Transaction transaction) {
        TransactionSlot slot = slots.claim(last, CLAIMED);
        slot.set(transaction);
        return slot;
    }

    void forEach(Consumer<? super Transaction> action) {
        Object[] listing = slots.listing();
        for (int i = 0; i < listing.length; i++) {
            Transaction transaction = slots.at(listing, i).transaction();
            if (transaction != null) {
                action.accept(transaction);
            }
        }
    }

    /** The transaction that runs under this xid, itself or a live subtransaction of it, or null if it has ended. A look through all: only for those who wait anyway. */
    Transaction find(long xid) {
        Object[] listing = slots.listing();
        for (int i = 0; i < listing.length; i++) {
            Transaction transaction = slots.at(listing, i).transaction();
            if (transaction != null && transaction.runs(xid)) {
                return transaction;
            }
        }
        return null;
    }
}
