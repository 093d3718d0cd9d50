package dev.palimpsest.api;

/** Told when {@code transact} is about to run its work again. Called on the caller's thread, between two transactions. */
@FunctionalInterface
public interface RetryListener {
    RetryListener NONE = (attempt, reason) -> {};

    /**
     * @param attempt which attempt lost, from 1
     * @param reason why
     */
    void retrying(int attempt, RetryException reason);
}
