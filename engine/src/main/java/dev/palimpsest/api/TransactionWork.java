package dev.palimpsest.api;

/** What {@code transact} runs, perhaps several times: it must have no side effects outside of the transaction. */
@FunctionalInterface
public interface TransactionWork<T> {
    T run(Transaction tx);
}
