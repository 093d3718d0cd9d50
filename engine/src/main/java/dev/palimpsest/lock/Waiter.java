package dev.palimpsest.lock;

/** One owner's place in one lock's queue. */
final class Waiter {
    /** For whom it is to be granted. */
    final LockOwner owner;

    /** Whose limits, cancel and listener count: the owner, or the transaction in which a session's own lock is asked for. */
    final LockOwner actor;

    final Lock lock;
    final LockMode mode;
    final Thread thread;
    final WaitContext context;

    /** False for those who wait for a transaction's end: they have no use for the lock itself. */
    final boolean holdsWhenGranted;

    /** For people, fixed when the wait begins. */
    String description;

    /** Written under LOCK_TABLE, read by the waiting thread. */
    volatile boolean granted;

    Waiter(LockOwner owner, LockOwner actor, Lock lock, LockMode mode, WaitContext context, boolean holdsWhenGranted) {
        this.owner = owner;
        this.actor = actor;
        this.lock = lock;
        this.mode = mode;
        this.thread = Thread.currentThread();
        this.context = context;
        this.holdsWhenGranted = holdsWhenGranted;
    }
}
