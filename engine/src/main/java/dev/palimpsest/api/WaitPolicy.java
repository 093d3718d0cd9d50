package dev.palimpsest.api;

/** What a request for a lock does when it can't be granted at once. */
public enum WaitPolicy {
    /** Waits; deadlock, timeout, cancel and interrupt end the wait. */
    BLOCK,
    /** Fails with 55P03. */
    NOWAIT,
    /** Leaves the row out, or returns false where one lock was asked for. */
    SKIP_LOCKED
}
