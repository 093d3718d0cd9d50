package dev.palimpsest.lock;

import dev.palimpsest.api.WaitListener;
import java.util.ArrayList;

/**
 * Who holds locks: a transaction extends this. Used by one thread at a time, except what is said to be for any thread.
 */
public abstract class LockOwner {
    /** See there. */
    final FastLocks fastLocks = new FastLocks();

    /** Entries of this owner in the table. Guarded by LOCK_TABLE. */
    final ArrayList<Holder> held = new ArrayList<>();

    /**
     * How many entries are in the table, and one more while a strong locker is about to add one. Written under LOCK_TABLE, read by the
     * owner at its end without it: after its entries are cleared, so that it sees whatever was moved before.
     */
    volatile int tableLocks;

    /** What this owner waits for, or null. Written under LOCK_TABLE; read by any thread for a wake-up. */
    volatile Waiter waiter;

    /** The xid that others can wait for, 0 before the first write and after the end. Written by the owner's thread. */
    private volatile long waitableXid;

    /** Set by any thread, cleared by the owner. */
    private volatile boolean cancelRequested;

    // the owner's thread only
    private long lockTimeoutNanos;
    private long deadlockTimeoutNanos;
    private WaitListener waitListener = WaitListener.NONE;

    /** Written by the owner's thread, read by any for views. */
    private volatile long waitCount;

    /** Names this owner in messages and views, as a backend's process id does in PostgreSQL. Any thread. */
    public abstract long processId();

    /** Back to the state of a new owner. Caller has released all locks. */
    protected final void resetLockOwner() {
        assert tableLocks == 0 && waitableXid == 0 : "still holds locks";
        cancelRequested = false;
        lockTimeoutNanos = 0;
        deadlockTimeoutNanos = 0;
        waitListener = WaitListener.NONE;
        if (waitCount != 0) {
            waitCount = 0;
        }
    }

    /** From now on others can wait for the end of this xid; before it is written anywhere. */
    protected final void exposeXid(long xid) {
        waitableXid = xid;
    }

    /** Longest single wait, 0 for no limit. */
    public final void lockTimeoutNanos(long nanos) {
        lockTimeoutNanos = nanos;
    }

    public final long lockTimeoutNanos() {
        return lockTimeoutNanos;
    }

    /** How long a wait lasts before it looks for a deadlock; 0, the default, for at once. */
    public final void deadlockTimeoutNanos(long nanos) {
        deadlockTimeoutNanos = nanos;
    }

    public final long deadlockTimeoutNanos() {
        return deadlockTimeoutNanos;
    }

    public final void waitListener(WaitListener listener) {
        waitListener = listener;
    }

    final WaitListener waitListener() {
        return waitListener;
    }

    /** How often this owner had to wait. Any thread. */
    public final long waitCount() {
        return waitCount;
    }

    final void countWait() {
        waitCount = waitCount + 1; // single writer
    }

    /** What it waits for, for people; null if it doesn't. Any thread. */
    public final String waitingFor() {
        Waiter current = waiter;
        return current == null ? null : current.description;
    }

    /** True after {@link LockTable#cancel}, until {@link #clearCancel}. Any thread. */
    public final boolean isCancelRequested() {
        return cancelRequested;
    }

    /** Owner's thread: a cancel was answered, or a new statement begins. */
    public final void clearCancel() {
        cancelRequested = false;
    }

    final void requestCancel() {
        cancelRequested = true;
    }

    /** The xid that runs now, 0 before the first write and after the end. Any thread. */
    public final long waitableXid() {
        return waitableXid;
    }

    /** Owner's thread: nobody can wait for this xid any more; a full fence lies before the return if there was one. */
    final void hideXid() {
        if (waitableXid != 0) {
            waitableXid = 0;
        }
    }
}
