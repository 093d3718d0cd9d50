package dev.palimpsest.lock;

/** What a request does when it can't be granted at once. */
public enum LockWait {
    /** Waits; deadlock, timeout, cancel and interrupt end the wait. */
    BLOCK,
    /** Throws 55P03. */
    NOWAIT,
    /** Returns false. */
    SKIP
}
