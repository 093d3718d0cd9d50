package dev.palimpsest.lock;

/** Who stands in the way of a row lock; filled in by {@link RowLocks}, reused by its caller. Not thread-safe. */
public final class RowLockConflict {
    private LockOwner holder;
    private long holderNumber;
    private int holderSub;
    private boolean alreadyLocked;

    void begin() {
        holder = null;
        alreadyLocked = false;
    }

    void add(RowLockEntry entry) {
        holder = entry.owner;
        holderNumber = entry.owner.beginNumber();
        holderSub = entry.sub;
    }

    void noteOwn() {
        alreadyLocked = true;
    }

    void clear() {
        holder = null;
    }

    /** Null if nobody does. */
    public LockOwner holder() {
        return holder;
    }

    /** The life of the holder that it has the lock in. */
    public long holderNumber() {
        return holderNumber;
    }

    /** The holder's subtransaction: the lock goes with its rollback, or with the holder's end. */
    public int holderSub() {
        return holderSub;
    }

    /** True if the one who asks has a weaker lock on the row: it must not queue up behind those who wait for that one. */
    public boolean isAlreadyLocked() {
        return alreadyLocked;
    }
}
