package dev.palimpsest.lock;

import dev.palimpsest.api.CanceledException;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.RetryException;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.latch.Latch;
import dev.palimpsest.latch.LatchRank;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.wal.EnginePoison;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * All locks that last to a transaction's end, and all waits for one.
 *
 * <p>Principal entry points: {@link #lockRelation}, {@link #lock}, {@link #waitForTransaction}, {@link #releaseAll}. Weak relation locks
 * stay outside the table (see {@link FastLocks}); everything else is under one latch, LOCK_TABLE, which is never held over a wait.
 * See also {@link Lock} for the order of grants and {@link DeadlockDetector}. Thread-safe.
 *
 * <p>Source: PostgreSQL, {@code storage/lmgr/README}, {@code lock.c}, {@code proc.c}.
 */
public final class LockTable {
    private static final int STRONG_BUCKETS_BITS = 10;
    private static final LockMode[] MODES = LockMode.values();

    private final Scheduler scheduler;
    private final LockOwners owners;
    private final Latch latch;

    /** Guarded by LOCK_TABLE. Linked, so that its order is the same in every run of a seed. */
    private final Map<LockTag, Lock> locks = new LinkedHashMap<>();

    /** By relation hash: strong modes held or requested. While not 0, weak requests use the table. CAS. */
    private final AtomicIntegerArray strongLocks = new AtomicIntegerArray(1 << STRONG_BUCKETS_BITS);

    private final AtomicLong waitCount = new AtomicLong();
    private final AtomicLong deadlockCount = new AtomicLong();

    private final EnginePoison poison;

    /** Set once, before the first row lock. */
    private RowLockHook rowLocks = RowLockHook.NONE;

    /** Set once. */
    private volatile boolean closing;

    public LockTable(Scheduler scheduler, EnginePoison poison, LockOwners owners) {
        this.scheduler = scheduler;
        this.poison = poison;
        this.owners = owners;
        this.latch = new Latch(LatchRank.LOCK_TABLE, scheduler);
        poison.onPoison(this::unparkAll);
    }

    /** Before the first row lock. */
    public void onRelease(RowLockHook hook) {
        rowLocks = hook;
    }

    /** Waits if it has to. See {@link #lockRelation(LockOwner, int, LockMode, WaitPolicy, String)}. */
    public void lockRelation(LockOwner owner, int relation, LockMode mode, String name) {
        lockRelation(owner, relation, mode, WaitPolicy.BLOCK, name);
    }

    /**
     * Locks a relation until the owner's end. A mode that the owner holds already is granted at once.
     *
     * @param name for messages
     * @return false only with {@link WaitPolicy#SKIP}
     * @throws RetryException 40P01
     * @throws CanceledException 55P03 (NOWAIT, lock timeout), 57014 (cancel or interrupt, which stays pending)
     * @throws StoppedException the engine is closing
     */
    public boolean lockRelation(LockOwner owner, int relation, LockMode mode, WaitPolicy wait, String name) {
        if (owner.currentSubId() != 0) {
            return lock(owner, LockTag.relation(relation), mode, wait, WaitContext.relation(name));
        }
        return lockRelationNow(owner, relation, mode, wait, name);
    }

    private boolean lockRelationNow(LockOwner owner, int relation, LockMode mode, WaitPolicy wait, String name) {
        if (mode.isWeak()) {
            FastLocks.Added added = owner.fastLocks.add(relation, mode.bit());
            if (added == FastLocks.Added.HELD) {
                return true;
            }
            if (added == FastLocks.Added.ENTERED) {
                scheduler.step(Step.LOCK_REQUESTED);
                if (strongLocks.get(bucket(relation)) == 0) {
                    return true;
                }
                // a strong locker may have moved the entry already: then the table grants it at once
                owner.fastLocks.retract(relation, mode.bit());
            }
        }
        return lockInTable(owner, LockTag.relation(relation), mode, wait, WaitContext.relation(name));
    }

    /**
     * Locks anything. Parameters, result and errors as with {@link #lockRelation}. But for tuples, what is first locked within a savepoint
     * is given back by a rollback to it.
     */
    public boolean lock(LockOwner owner, LockTag tag, LockMode mode, WaitPolicy wait, WaitContext context) {
        if (owner.currentSubId() == 0 || tag.kind() == LockTag.Kind.TUPLE) {
            return lockInTable(owner, tag, mode, wait, context);
        }
        boolean before = isHeld(owner, tag, mode); // only the owner takes its locks: this stays true
        boolean relation = tag.kind() == LockTag.Kind.RELATION;
        boolean granted = relation
                ? lockRelationNow(owner, (int) tag.first(), mode, wait, context.relationName())
                : lockInTable(owner, tag, mode, wait, context);
        if (granted && !before) {
            owner.journal().add(tag, mode, owner.currentSubId());
        }
        return granted;
    }

    /** Owner's thread: does it hold this mode, itself? */
    private boolean isHeld(LockOwner owner, LockTag tag, LockMode mode) {
        if (tag.kind() == LockTag.Kind.RELATION && owner.fastLocks.holds((int) tag.first(), mode.bit())) {
            return true;
        }
        if (owner.tableLocks == 0) {
            return false;
        }
        latch.acquireExclusive();
        try {
            Lock lock = locks.get(tag);
            Holder holder = lock == null ? null : lock.holder(owner);
            return holder != null && (holder.modes & mode.bit()) != 0;
        } finally {
            latch.releaseExclusive();
        }
    }

    private boolean lockInTable(LockOwner owner, LockTag tag, LockMode mode, WaitPolicy wait, WaitContext context) {
        boolean strong = isStrong(tag, mode);
        if (strong) {
            strongLocks.incrementAndGet(bucket((int) tag.first()));
        }
        scheduler.step(Step.LOCK_REQUESTED);
        boolean kept = false; // the increment belongs to the holder's new mode or to the waiter from then on
        Waiter waiter = null;
        latch.acquireExclusive();
        try {
            if (strong) {
                moveFastLocks((int) tag.first());
            }
            Lock lock = locks.computeIfAbsent(tag, Lock::new);
            if (lock.grantsAtOnce(owner, mode)) {
                kept = grant(owner, lock, mode);
                return true;
            }
            int place = lock.placeInQueue(owner, mode);
            if (place == Lock.GRANT_NOW) {
                kept = grant(owner, lock, mode);
                return true;
            }
            if (wait != WaitPolicy.BLOCK) {
                dropIfUnused(lock);
                return refuse(wait, tag, context);
            }
            kept = true;
            waiter = enqueue(new Waiter(owner, lock, mode, context, true), place);
        } finally {
            latch.releaseExclusive();
            if (strong && !kept) {
                strongLocks.decrementAndGet(bucket((int) tag.first()));
            }
        }
        await(waiter);
        return true;
    }

    /**
     * Waits until the subtransaction of {@code holder} with this xid is over: rolled back, or its whole transaction has ended. Returns at
     * once if it is. May return early: the caller looks at the xid's status again. Errors as with {@link #lockRelation}.
     */
    public void waitForTransaction(LockOwner owner, LockOwner holder, long xid, WaitContext context) {
        waitForSub(owner, holder, 0, xid, 0, context);
    }

    /**
     * Waits until subtransaction {@code subId} of the {@code holder}'s life {@code number} is over; for who met a row lock of it. Otherwise
     * as {@link #waitForTransaction}.
     */
    public void waitForSub(LockOwner owner, LockOwner holder, long number, int subId, WaitContext context) {
        waitForSub(owner, holder, number, 0, subId, context);
    }

    /** @param xid looked for if it isn't 0, else number and subId say what */
    private void waitForSub(LockOwner owner, LockOwner holder, long number, long xid, int subId, WaitContext context) {
        assert owner.root() != holder.root() : "waits for itself";
        Waiter waiter;
        latch.acquireExclusive();
        try {
            holder.tableLocks =
                    holder.tableLocks + 1; // first this, then the look whether it lives: its end does the reverse
            try {
                int sub = xid == 0 ? subId : holder.liveNumber() == 0 ? -1 : holder.subOf(xid);
                if (sub < 0 || xid == 0 && !holder.isLive(number, sub)) {
                    return;
                }
                Lock lock = locks.computeIfAbsent(LockTag.subtransaction(holder, sub), Lock::new);
                if (lock.holder(holder) == null) {
                    grant(holder, lock, LockMode.EXCLUSIVE);
                }
                waiter = enqueue(new Waiter(owner, lock, LockMode.SHARE, context, false), lock.waiters.size());
            } finally {
                holder.tableLocks = holder.tableLocks - 1;
            }
        } finally {
            latch.releaseExclusive();
        }
        await(waiter);
    }

    /**
     * Waits until the {@code holder} has made up its mind about the rows that it is inserting; returns at once if it has. Errors as with
     * {@link #lockRelation}, but never a deadlock: until then the holder doesn't wait.
     */
    public void waitForSpeculation(LockOwner owner, LockOwner holder, Speculation speculation, WaitContext context) {
        Waiter waiter;
        latch.acquireExclusive();
        try {
            holder.tableLocks = holder.tableLocks + 1; // first this, then the look: its end does the reverse
            try {
                if (holder.speculation() != speculation) {
                    return;
                }
                Lock lock = locks.computeIfAbsent(LockTag.speculation(holder, speculation.number), Lock::new);
                if (lock.holder(holder) == null) {
                    grant(holder, lock, LockMode.EXCLUSIVE);
                }
                waiter = enqueue(new Waiter(owner, lock, LockMode.SHARE, context, false), lock.waiters.size());
            } finally {
                holder.tableLocks = holder.tableLocks - 1;
            }
        } finally {
            latch.releaseExclusive();
        }
        await(waiter);
    }

    /** The owner's new rows are there for good, or taken back: whoever waits for that goes on. Owner's thread; no effect without one. */
    public void endSpeculation(LockOwner owner) {
        Speculation ended = owner.takeSpeculation();
        if (ended != null && owner.tableLocks != 0) {
            unlock(owner, LockTag.speculation(owner, ended.number), LockMode.EXCLUSIVE);
        }
    }

    /** Gives one grant back before the end. Not for relations, whose locks stay; no effect if it isn't held. */
    public boolean unlock(LockOwner owner, LockTag tag, LockMode mode) {
        assert tag.kind() != LockTag.Kind.RELATION : "relation locks stay to the end";
        latch.acquireExclusive();
        try {
            Lock lock = locks.get(tag);
            Holder holder = lock == null ? null : lock.holder(owner);
            if (holder == null || (holder.modes & mode.bit()) == 0) {
                return false;
            }
            if (holder.remove(mode)) {
                if (holder.modes == 0) {
                    owner.held.remove(holder);
                    forget(holder);
                }
                wakeUp(lock);
            }
            return true;
        } finally {
            latch.releaseExclusive();
        }
    }

    /**
     * Ends what the owner's subtransactions from {@code firstSub} on hold, and all waits for them. Owner's thread; their statuses say already
     * that they are rolled back. The caller then leaves them.
     */
    public void rollbackToSub(LockOwner owner, int firstSub) {
        if (owner.hasRowLocks()) {
            rowLocks.rolledBackTo(owner, firstSub); // before anybody is woken, and before they count as over
        }
        scheduler.step(Step.LOCK_REQUESTED);
        latch.acquireExclusive();
        try {
            owner.abortSubs(firstSub);
            for (int i = owner.held.size() - 1; i >= 0; i--) {
                Holder holder = owner.held.get(i);
                LockTag tag = holder.lock.tag;
                if (tag.kind() == LockTag.Kind.SUBTRANSACTION && tag.second() >= firstSub) {
                    release(owner, holder, LockMode.EXCLUSIVE);
                }
            }
            LockJournal journal = owner.journal();
            for (LockJournal.Entry e = journal.removeLastFrom(firstSub);
                    e != null;
                    e = journal.removeLastFrom(firstSub)) {
                giveBack(owner, e.tag(), e.mode());
            }
        } finally {
            latch.releaseExclusive();
        }
    }

    /** Ends everything that the owner holds, and all waits for it. Owner's thread; its transaction's fate is visible already. */
    public void releaseAll(LockOwner owner) {
        if (owner.hasRowLocks()) {
            rowLocks.ended(owner);
        }
        owner.hide();
        if (owner.fastLocks.clear()) {
            VarHandle.fullFence(); // what a strong locker moved before this is counted in tableLocks
        }
        if (owner.tableLocks != 0) {
            releaseInTable(owner);
        }
        owner.endLife();
    }

    /** Makes a running or the next wait of this owner fail with 57014. Any thread. */
    public void cancel(LockOwner owner) {
        owner.requestCancel();
        Waiter waiter = owner.root().waiter;
        if (waiter != null) {
            scheduler.unpark(waiter.thread);
        }
    }

    /** From now on nobody waits: each wait, running or new, fails with 57P01. */
    public void close() {
        closing = true;
        unparkAll();
    }

    private void unparkAll() {
        // without the latch: whoever found the poison may hold any latch. A waiter looks for the poison after it is
        // listed as its
        // owner's, and the poison was set before this look at the owners, so one of the two sees the other
        owners.forEachOwner(owner -> {
            Waiter waiter = owner.root().waiter;
            if (waiter != null) {
                scheduler.unpark(waiter.thread);
            }
        });
    }

    /** How often anybody had to wait. */
    public long waitCount() {
        return waitCount.get();
    }

    public long deadlockCount() {
        return deadlockCount.get();
    }

    /** For pg_locks: what is held and waited for, each row true at some moment of the call. */
    public List<LockEntry> entries() {
        ArrayList<LockEntry> entries = new ArrayList<>();
        owners.forEachOwner(owner -> {
            for (int i = 0; i < FastLocks.ENTRIES; i++) {
                LockTag tag = LockTag.relation(owner.fastLocks.relationAt(i));
                addEntries(entries, tag, owner, owner.fastLocks.peek(i), true);
            }
        });
        latch.acquireExclusive();
        try {
            for (Lock lock : locks.values()) {
                LockTag tag = lock.shownTag();
                for (Holder holder : lock.holders) {
                    addEntries(entries, tag, holder.owner, holder.modes, false);
                }
                for (Waiter waiter : lock.waiters) {
                    LockOwner owner = waiter.owner;
                    entries.add(new LockEntry(tag, owner.processId(), owner.waitableXid(), waiter.mode, false, false));
                }
            }
        } finally {
            latch.releaseExclusive();
        }
        return entries;
    }

    private static void addEntries(List<LockEntry> to, LockTag tag, LockOwner owner, int modes, boolean fast) {
        for (LockMode mode : MODES) {
            if ((modes & mode.bit()) != 0) {
                to.add(new LockEntry(tag, owner.processId(), owner.waitableXid(), mode, true, fast));
            }
        }
    }

    private static int bucket(int relation) {
        return relation * 0x9E3779B9 >>> 32 - STRONG_BUCKETS_BITS;
    }

    private static boolean isStrong(LockTag tag, LockMode mode) {
        return tag.kind() == LockTag.Kind.RELATION && mode.isStrong();
    }

    private static boolean refuse(WaitPolicy wait, LockTag tag, WaitContext context) {
        if (wait == WaitPolicy.SKIP_LOCKED) {
            return false;
        }
        String what = context.describe() == null ? tag.toString() : context.describe();
        throw new CanceledException(SqlState.LOCK_NOT_AVAILABLE, "could not obtain lock on " + what);
    }

    // ---- caller holds LOCK_TABLE

    /**
     * Enters the weak locks of this relation, of all owners, in the table. Their lockers come here from now on. An entry whose locker
     * hasn't looked for strong ones yet is no lock: where it conflicts with a holder it goes without a grant, and its locker, who must
     * see this strong one, asks the table.
     */
    private void moveFastLocks(int relation) {
        owners.forEachOwner(owner -> {
            for (int i = 0; i < FastLocks.ENTRIES; i++) {
                if (owner.fastLocks.relationAt(i) != relation) {
                    continue;
                }
                owner.tableLocks =
                        owner.tableLocks + 1; // before the entry goes: its owner's end looks in the reverse order
                int modes = owner.fastLocks.take(i, relation);
                for (LockMode mode : MODES) {
                    if ((modes & mode.bit()) != 0) {
                        Lock lock = locks.computeIfAbsent(LockTag.relation(relation), Lock::new);
                        if (!lock.conflictsWithHolders(owner, mode)) {
                            grant(owner, lock, mode);
                        }
                    }
                }
                owner.tableLocks = owner.tableLocks - 1;
            }
        });
    }

    /** @return true if the owner didn't hold the mode before */
    private static boolean grant(LockOwner owner, Lock lock, LockMode mode) {
        Holder holder = lock.holder(owner);
        if (holder == null) {
            holder = new Holder(owner, lock);
            lock.holders.add(holder);
            owner.held.add(holder);
            owner.tableLocks = owner.tableLocks + 1;
        }
        return holder.add(mode);
    }

    /** Joins the queue; throws 40P01, and leaves it again, if that would close a cycle that no other order of the queue opens. */
    private Waiter enqueue(Waiter waiter, int place) {
        LockOwner owner = waiter.owner;
        waiter.lock.waiters.add(place, waiter);
        owner.root().waiter = waiter;
        waiter.description = describe(waiter);
        if (owner.deadlockTimeoutNanos() == 0) {
            try {
                checkDeadlock(waiter);
            } catch (RetryException e) {
                leave(waiter);
                throw e;
            }
        }
        return waiter;
    }

    private void checkDeadlock(Waiter waiter) {
        List<DeadlockDetector.Edge> cycle = DeadlockDetector.findCycle(waiter);
        if (cycle == null) {
            return;
        }
        Lock changed = DeadlockDetector.rearrange(waiter, cycle);
        if (changed != null) {
            wakeUp(changed);
            return;
        }
        deadlockCount.incrementAndGet();
        throw new RetryException(
                SqlState.DEADLOCK_DETECTED, "deadlock detected", DeadlockDetector.describe(cycle), null, null);
    }

    private static String describe(Waiter waiter) {
        StringBuilder text =
                new StringBuilder(waiter.mode.pgName()).append(" on ").append(waiter.lock.shownTag());
        String where = waiter.context.describe();
        if (where != null) {
            text.append(" (").append(where).append(')');
        }
        String separator = ", held by process ";
        for (Holder holder : waiter.lock.holders) {
            if (holder.owner.root() != waiter.owner.root() && (holder.modes & waiter.mode.conflicts()) != 0) {
                text.append(separator).append(holder.owner.processId());
                separator = ", ";
            }
        }
        return text.toString();
    }

    /** Leaves the queue without a grant. */
    private void leave(Waiter waiter) {
        waiter.lock.waiters.remove(waiter);
        waiter.owner.root().waiter = null;
        if (isStrong(waiter.lock.tag, waiter.mode)) {
            strongLocks.decrementAndGet(bucket((int) waiter.lock.tag.first()));
        }
        wakeUp(waiter.lock);
    }

    /** Grants what can be granted, in order: nobody overtakes a waiter that he conflicts with. */
    private void wakeUp(Lock lock) {
        int ahead = 0;
        for (int i = 0; i < lock.waiters.size(); i++) {
            Waiter waiter = lock.waiters.get(i);
            if ((waiter.mode.conflicts() & ahead) != 0 || lock.conflictsWithHolders(waiter.owner, waiter.mode)) {
                ahead |= waiter.mode.bit();
                continue;
            }
            lock.waiters.remove(i--);
            waiter.owner.root().waiter = null;
            if (waiter.holdsWhenGranted && !grant(waiter.owner, lock, waiter.mode) && isStrong(lock.tag, waiter.mode)) {
                strongLocks.decrementAndGet(bucket((int) lock.tag.first()));
            }
            waiter.granted = true;
            scheduler.unpark(waiter.thread);
        }
        dropIfUnused(lock);
    }

    /** Takes one mode back altogether, however often it was granted; the caller has seen that it is held. */
    private void release(LockOwner owner, Holder holder, LockMode mode) {
        holder.removeAll(mode);
        if (isStrong(holder.lock.tag, mode)) {
            strongLocks.decrementAndGet(bucket((int) holder.lock.tag.first()));
        }
        if (holder.modes == 0) {
            owner.held.remove(holder);
            forget(holder);
        }
        wakeUp(holder.lock);
    }

    /** Of the owner's thread: from its own entries, from the table, or from both if a strong locker moved it between two requests. */
    private void giveBack(LockOwner owner, LockTag tag, LockMode mode) {
        if (tag.kind() == LockTag.Kind.RELATION && mode.isWeak()) {
            owner.fastLocks.retract((int) tag.first(), mode.bit());
        }
        Lock lock = locks.get(tag);
        Holder holder = lock == null ? null : lock.holder(owner);
        if (holder != null && (holder.modes & mode.bit()) != 0) {
            release(owner, holder, mode);
        }
    }

    private void forget(Holder holder) {
        holder.lock.holders.remove(holder);
        holder.owner.tableLocks = holder.owner.tableLocks - 1;
    }

    private void dropIfUnused(Lock lock) {
        if (lock.isUnused()) {
            locks.remove(lock.tag);
        }
    }

    // ---- caller holds no latch

    private void releaseInTable(LockOwner owner) {
        latch.acquireExclusive();
        try {
            for (Holder holder : owner.held) {
                forget(holder);
                for (LockMode mode : MODES) {
                    if ((holder.modes & mode.bit()) != 0 && isStrong(holder.lock.tag, mode)) {
                        strongLocks.decrementAndGet(bucket((int) holder.lock.tag.first()));
                    }
                }
                wakeUp(holder.lock);
            }
            owner.held.clear();
        } finally {
            latch.releaseExclusive();
        }
    }

    private void await(Waiter waiter) {
        assert Latch.noneHeld() : "waits for a lock while holding a latch";
        if (waiter.granted) {
            return; // by a rearrangement
        }
        LockOwner owner = waiter.owner;
        waitCount.incrementAndGet();
        owner.countWait();
        boolean told = false;
        try {
            owner.waitListener().waiting(waiter.description);
            told = true;
            parkUntilGranted(waiter);
        } finally {
            if (!told) {
                abandon(waiter); // the listener threw
            }
            owner.waitListener().waitOver();
        }
    }

    private void parkUntilGranted(Waiter waiter) {
        LockOwner owner = waiter.owner;
        long start = scheduler.nanoTime();
        boolean checked = owner.deadlockTimeoutNanos() == 0;
        while (!waiter.granted) {
            long waited = scheduler.nanoTime() - start;
            EngineException reason = whyGiveUp(owner, waited);
            if (reason != null) {
                if (abandon(waiter)) {
                    throw reason;
                }
                return; // granted meanwhile
            }
            if (!checked && waited >= owner.deadlockTimeoutNanos()) {
                checked = true;
                checkDeadlockLate(waiter);
                continue;
            }
            long limit = owner.lockTimeoutNanos() == 0 ? Long.MAX_VALUE : owner.lockTimeoutNanos() - waited;
            scheduler.park(this, checked ? limit : Math.min(limit, owner.deadlockTimeoutNanos() - waited));
        }
    }

    private EngineException whyGiveUp(LockOwner owner, long waitedNanos) {
        if (closing) {
            return new StoppedException(SqlState.ADMIN_SHUTDOWN, "the database is closing");
        }
        if (poison.isPoisoned()) {
            return stoppedByPoison();
        }
        if (owner.isCancelRequested() || Thread.currentThread().isInterrupted()) {
            return new CanceledException(SqlState.QUERY_CANCELED, "canceling statement due to user request");
        }
        if (owner.lockTimeoutNanos() != 0 && waitedNanos >= owner.lockTimeoutNanos()) {
            return new CanceledException(SqlState.LOCK_NOT_AVAILABLE, "canceling statement due to lock timeout");
        }
        return null;
    }

    private StoppedException stoppedByPoison() {
        try {
            poison.check();
            throw new AssertionError("the poison never goes");
        } catch (StoppedException e) {
            return e;
        }
    }

    private void checkDeadlockLate(Waiter waiter) {
        latch.acquireExclusive();
        try {
            if (!waiter.granted) {
                try {
                    checkDeadlock(waiter);
                } catch (RetryException e) {
                    leave(waiter);
                    throw e;
                }
            }
        } finally {
            latch.releaseExclusive();
        }
    }

    /** @return false if it was granted before it could be given up */
    private boolean abandon(Waiter waiter) {
        latch.acquireExclusive();
        try {
            if (waiter.granted) {
                return false;
            }
            leave(waiter);
            return true;
        } finally {
            latch.releaseExclusive();
        }
    }
}
