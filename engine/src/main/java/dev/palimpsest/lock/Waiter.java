package dev.palimpsest.lock;

/** One owner's place in one lock's queue. */
final class Waiter {
    final LockOwner owner;
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

    Waiter(LockOwner owner, Lock lock, LockMode mode, WaitContext context, boolean holdsWhenGranted) {
        this.owner = owner;
        this.lock = lock;
        this.mode = mode;
        this.thread = Thread.currentThread();
        this.context = context;
        this.holdsWhenGranted = holdsWhenGranted;
    }
}
