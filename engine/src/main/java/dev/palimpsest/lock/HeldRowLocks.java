package dev.palimpsest.lock;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One owner's row locks, for their release: in the order in which it took them, and apart from those the ones that updates by others
 * carried to new versions of locked rows.
 */
final class HeldRowLocks {
    private static final VarHandle CARRIED;

    /** In place of the carried ones while the owner lets everything go: nothing more is carried for it. */
    private static final RowLockEntry CLOSED = new RowLockEntry(null, 0, null, 0, 0);

    static {
        try {
            CARRIED = MethodHandles.lookup().findVarHandle(HeldRowLocks.class, "carried", RowLockEntry.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /**
     * The newest one that the owner took itself. Owner's thread only. While a savepoint is open, entries of its subtransaction and later
     * ones are on top: so a rollback takes them from there.
     */
    private RowLockEntry taken;

    /** The newest one made for it by others, in no particular order. CAS. */
    private volatile RowLockEntry carried;

    /** Owner's thread. */
    boolean isEmpty() {
        return taken == null && carried == null;
    }

    /** Owner's thread. */
    void take(RowLockEntry entry) {
        entry.olderOfOwner = taken;
        taken = entry;
    }

    /** Owner's thread: the newest one if its subtransaction is this or a later one, taken off the list; else null. */
    RowLockEntry removeTaken(int fromSub) {
        RowLockEntry newest = taken;
        if (newest == null || newest.sub < fromSub) {
            return null;
        }
        taken = newest.olderOfOwner;
        newest.olderOfOwner = null;
        return newest;
    }

    /** Any thread, under the stripe latch of an entry of this owner. @return false if the owner is letting go */
    boolean carry(RowLockEntry entry) {
        while (true) {
            RowLockEntry newest = carried;
            if (newest == CLOSED) {
                return false;
            }
            entry.olderOfOwner = newest;
            if (CARRIED.compareAndSet(this, newest, entry)) {
                return true;
            }
        }
    }

    /** Owner's thread: all that were carried until now, as a list; the caller gives back what it keeps. */
    RowLockEntry removeCarried() {
        return carried == null ? null : (RowLockEntry) CARRIED.getAndSet(this, (RowLockEntry) null);
    }

    /** Owner's thread: {@link #removeCarried}, and nothing is carried from now on. */
    RowLockEntry close() {
        return (RowLockEntry) CARRIED.getAndSet(this, CLOSED);
    }

    /** Owner's thread: all its entries are gone, so nobody can be about to carry one. */
    void reopen() {
        carried = null;
    }
}
