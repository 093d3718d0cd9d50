package dev.palimpsest.lock;

import dev.palimpsest.api.ErrorSubject;
import java.util.ArrayList;
import java.util.List;

/**
 * One locked thing in the table: who holds it and who waits, in order. Guarded by LOCK_TABLE.
 *
 * <p>The rules of the queue are PostgreSQL's ({@code lock.c} LockAcquireExtended and LockCheckConflicts, {@code proc.c} ProcSleep and
 * ProcLockWakeup): nobody overtakes a waiter that he conflicts with, except an owner for whose locks that waiter waits anyway.
 */
final class Lock {
    /** "No place in the queue needed: grant it now." */
    static final int GRANT_NOW = -1;

    final LockTag tag;
    final ArrayList<Holder> holders = new ArrayList<>(2);
    final ArrayList<Waiter> waiters = new ArrayList<>(2);

    Lock(LockTag tag) {
        this.tag = tag;
    }

    Holder holder(LockOwner owner) {
        for (Holder holder : holders) {
            if (holder.owner == owner) {
                return holder;
            }
        }
        return null;
    }

    /** By the owner and all that share its root. */
    int modesHeldBy(LockOwner owner) {
        int modes = 0;
        for (Holder holder : holders) {
            if (holder.owner.root() == owner.root()) {
                modes |= holder.modes;
            }
        }
        return modes;
    }

    boolean conflictsWithHolders(LockOwner owner, LockMode mode) {
        for (Holder holder : holders) {
            if (holder.owner.root() != owner.root() && (holder.modes & mode.conflicts()) != 0) {
                return true;
            }
        }
        return false;
    }

    /** True if a new request needs no wait and no place in the queue. */
    boolean grantsAtOnce(LockOwner owner, LockMode mode) {
        if ((modesHeldBy(owner) & mode.bit()) != 0) {
            return true;
        }
        for (Waiter waiter : waiters) {
            if (waiter.mode.conflictsWith(mode)) {
                return false;
            }
        }
        return !conflictsWithHolders(owner, mode);
    }

    /** Where a request that isn't granted at once goes in the queue, or {@link #GRANT_NOW}. */
    int placeInQueue(LockOwner owner, LockMode mode) {
        int held = modesHeldBy(owner);
        int ahead = 0;
        for (int i = 0; held != 0 && i < waiters.size(); i++) {
            LockMode earlier = waiters.get(i).mode;
            if ((earlier.conflicts() & held) != 0) {
                // that one waits for us: behind it we would wait for each other
                boolean free = (mode.conflicts() & ahead) == 0 && !conflictsWithHolders(owner, mode);
                return free ? GRANT_NOW : i;
            }
            ahead |= earlier.bit();
        }
        return waiters.size();
    }

    /** Does this waiter wait for {@code earlier}, which is before it in the queue? */
    static boolean queuesBehind(Waiter waiter, Waiter earlier) {
        return waiter.mode.conflictsWith(earlier.mode);
    }

    /** Adds the roots that this waiter waits for, each once. */
    void addBlockers(Waiter waiter, List<LockOwner> to) {
        for (Holder holder : holders) {
            if (holder.owner.root() != waiter.owner.root() && (holder.modes & waiter.mode.conflicts()) != 0) {
                addOnce(to, holder.owner.root());
            }
        }
        for (Waiter earlier : waiters) {
            if (earlier == waiter) {
                return;
            }
            if (queuesBehind(waiter, earlier)) {
                addOnce(to, earlier.owner.root());
            }
        }
    }

    private static void addOnce(List<LockOwner> to, LockOwner owner) {
        if (!to.contains(owner)) {
            to.add(owner);
        }
    }

    /** What people see: of a subtransaction its xid, if it has one. */
    LockTag shownTag() {
        if (tag.kind() != LockTag.Kind.SUBTRANSACTION || holders.isEmpty()) {
            return tag;
        }
        LockOwner owner = holders.get(0).owner; // nobody else ever holds it
        long xid = owner.xidOfSub((int) tag.second());
        return xid != 0 ? LockTag.transaction(xid) : LockTag.virtualTransaction(owner.processId(), owner.liveNumber());
    }

    /** What a request that isn't granted is about, and the transaction of one that stands in its way. */
    ErrorSubject subject(LockOwner owner, LockMode mode, WaitContext context) {
        long other = 0;
        for (Holder holder : holders) {
            if (other == 0 && holder.owner.root() != owner.root() && (holder.modes & mode.conflicts()) != 0) {
                other = holder.owner.waitableXid();
            }
        }
        return context.subject(other);
    }

    boolean isUnused() {
        return holders.isEmpty() && waiters.isEmpty();
    }
}
