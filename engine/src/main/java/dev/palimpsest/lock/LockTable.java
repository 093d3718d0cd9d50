package dev.palimpsest.lock;

import dev.palimpsest.api.CanceledException;
import dev.palimpsest.api.DeadlockException;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.ErrorSubject;
import dev.palimpsest.api.LockNotAvailableException;
import dev.palimpsest.api.RetryException;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.events.LockWait;
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
import java.util.function.Function;

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

    private final Interrupts interrupts;

    /** Set once, before the first row lock. */
    private RowLockHook rowLocks = RowLockHook.NONE;

    public LockTable(Scheduler scheduler, EnginePoison poison, LockOwners owners) {
        this.scheduler = scheduler;
        this.interrupts = new Interrupts(scheduler, poison);
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
                if (strongLocks.get(bucket(relation)) == 0 && owner.fastLocks.holds(relation, mode.bit())) {
                    return true;
                }
                // a strong locker may have moved the entry already, then the table grants it at once; or thrown it away
                owner.fastLocks.retract(relation, mode.bit());
            }
        }
        return lockInTable(owner, owner, LockTag.relation(relation), mode, wait, WaitContext.relation(name));
    }

    /**
     * Locks anything. Parameters, result and errors as with {@link #lockRelation}. But for tuples, what is first locked within a savepoint
     * is given back by a rollback to it.
     */
    public boolean lock(LockOwner owner, LockTag tag, LockMode mode, WaitPolicy wait, WaitContext context) {
        if (owner.currentSubId() == 0 || tag.kind() == LockTag.Kind.TUPLE) {
            return lockInTable(owner, owner, tag, mode, wait, context);
        }
        boolean before = isHeld(owner, tag, mode); // only the owner takes its locks: this stays true
        boolean relation = tag.kind() == LockTag.Kind.RELATION;
        boolean granted = relation
                ? lockRelationNow(owner, (int) tag.first(), mode, wait, context.relationName())
                : lockInTable(owner, owner, tag, mode, wait, context);
        if (granted && !before) {
            owner.journal().add(tag, mode, owner.currentSubId());
        }
        return granted;
    }

    /**
     * Locks something for a session, until it unlocks it; not undone by any transaction.
     *
     * @param actor the transaction within which it happens, or the session itself
     */
    public boolean lockForSession(
            LockOwner session, LockOwner actor, LockTag tag, LockMode mode, WaitPolicy wait, WaitContext context) {
        assert session == actor.root() : "another session's transaction";
        return lockInTable(session, actor, tag, mode, wait, context);
    }

    /** Owner's thread: does it hold this mode, itself? */
    private boolean isHeld(LockOwner owner, LockTag tag, LockMode mode) {
        if (tag.kind() == LockTag.Kind.RELATION
                && mode.isWeak()
                && owner.fastLocks.holds((int) tag.first(), mode.bit())) {
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

    private boolean lockInTable(
            LockOwner owner, LockOwner actor, LockTag tag, LockMode mode, WaitPolicy wait, WaitContext context) {
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
            if (wait == WaitPolicy.SKIP_LOCKED) {
                return false; // in use, so it stays
            }
            if (wait == WaitPolicy.NOWAIT) {
                throw notAvailable(lock, owner, mode, context);
            }
            kept = true;
            waiter = enqueue(new Waiter(owner, actor, lock, mode, context, true), place);
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
                waiter = enqueue(new Waiter(owner, owner, lock, LockMode.SHARE, context, false), lock.waiters.size());
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
                waiter = enqueue(new Waiter(owner, owner, lock, LockMode.SHARE, context, false), lock.waiters.size());
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

    /** Gives back all that the owner holds, but what {@link #releaseAll} ends besides. Owner's thread. */
    public void unlockAll(LockOwner owner) {
        if (owner.tableLocks != 0) {
            releaseInTable(owner);
        }
    }

    /** Makes a running statement or wait, or the next one, of this owner fail with 57014. Any thread. */
    public void cancel(LockOwner owner) {
        cancel(owner, false);
    }

    /**
     * As {@link #cancel(LockOwner)}.
     *
     * @param statementOnly not the next one: void when the running statement ends without noticing
     */
    public void cancel(LockOwner owner, boolean statementOnly) {
        owner.requestCancel(statementOnly);
        wake(owner);
    }

    /** If the owner waits, it looks again at why it should not ({@link LockOwner#endOfStatement}). Any thread. */
    public void wake(LockOwner owner) {
        Waiter waiter = owner.root().waiter;
        if (waiter != null) {
            scheduler.unpark(waiter.thread);
        }
    }

    /**
     * For a statement at work, every now and then; cheap where {@link LockOwner} says that there is nothing to look at.
     *
     * @throws CanceledException 57014 (cancel, statement timeout)
     */
    public void checkInterrupts(LockOwner actor) {
        interrupts.check(actor);
    }

    /** From now on nobody waits: each wait, running or new, fails with 57P01. */
    public void close() {
        interrupts.close();
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

    /**
     * The roots that this owner's root waits for now: who holds what it wants, and who is before it in the queue with a request that
     * conflicts with its own. Empty if it doesn't wait. PostgreSQL: {@code pg_blocking_pids}. Any thread.
     */
    public List<LockOwner> blockers(LockOwner owner) {
        List<LockOwner> blockers = new ArrayList<>();
        if (owner.root().waiter == null) {
            return blockers;
        }
        latch.acquireExclusive();
        try {
            Waiter waiter = owner.root().waiter;
            if (waiter != null) {
                waiter.lock.addBlockers(waiter, blockers);
            }
        } finally {
            latch.releaseExclusive();
        }
        return blockers;
    }

    /** Does anybody wait for something that this owner holds? Owner's thread. */
    public boolean hasWaiters(LockOwner owner) {
        if (owner.tableLocks == 0) {
            return false;
        }
        latch.acquireExclusive();
        try {
            for (Holder holder : owner.held) {
                for (Waiter waiter : holder.lock.waiters) {
                    if ((holder.modes & waiter.mode.conflicts()) != 0) {
                        return true;
                    }
                }
            }
            return false;
        } finally {
            latch.releaseExclusive();
        }
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

    // ---- caller holds LOCK_TABLE

    private static LockNotAvailableException notAvailable(
            Lock lock, LockOwner owner, LockMode mode, WaitContext context) {
        String what = context.describe() == null ? lock.tag.toString() : context.describe();
        return new LockNotAvailableException(
                "could not obtain lock on " + what, null, null, lock.subject(owner, mode, context));
    }

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
        if (waiter.actor.deadlockTimeoutNanos() == 0 || waitsForUsHere(waiter, place)) {
            try {
                checkDeadlock(waiter);
            } catch (RetryException e) {
                leave(waiter);
                throw e;
            }
        }
        return waiter;
    }

    /** Two who hold what the other one wants of one lock need no timeout to be found. PostgreSQL: ProcSleep, "early deadlock". */
    private static boolean waitsForUsHere(Waiter waiter, int place) {
        Lock lock = waiter.lock;
        if (place + 1 == lock.waiters.size()) {
            return false; // not put before one who waits for us
        }
        return (lock.modesHeldBy(lock.waiters.get(place + 1).owner) & waiter.mode.conflicts()) != 0;
    }

    private void checkDeadlock(Waiter waiter) {
        List<DeadlockDetector.Edge> cycle = DeadlockDetector.findCycle(waiter);
        if (cycle == null) {
            return;
        }
        List<Lock> changed = DeadlockDetector.rearrange(waiter);
        if (changed != null) {
            changed.forEach(this::wakeUp);
            return;
        }
        deadlockCount.incrementAndGet();
        throw new DeadlockException(
                "deadlock detected",
                DeadlockDetector.describe(cycle),
                "Roll the transaction back and run it again.",
                waiter.context.subject(cycle.get(0).blocker().waitableXid()));
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
        LockOwner actor = waiter.actor;
        waitCount.incrementAndGet();
        actor.countWait();
        boolean told = false;
        LockWait event = LockWait.start();
        try {
            actor.waitListener().waiting(waiter.description);
            told = true;
            parkUntilGranted(waiter);
        } finally {
            event.finish(actor.processId(), waiter.description, waiter.granted);
            if (!told) {
                abandon(waiter); // the listener threw
            }
            actor.waitListener().waitOver();
        }
    }

    private void parkUntilGranted(Waiter waiter) {
        LockOwner actor = waiter.actor;
        long start = scheduler.nanoTime();
        boolean checked = actor.deadlockTimeoutNanos() == 0;
        while (!waiter.granted) {
            Function<ErrorSubject, EngineException> reason = interrupts.endOfWait(actor, start);
            if (reason != null) {
                ErrorSubject abandoned = abandon(waiter);
                if (abandoned == null) {
                    return; // granted meanwhile
                }
                actor.clearCancel();
                throw reason.apply(abandoned);
            }
            long deadlockCheckIn = start + actor.deadlockTimeoutNanos() - scheduler.nanoTime();
            if (!checked && deadlockCheckIn <= 0) {
                checked = true;
                checkDeadlockLate(waiter);
                continue;
            }
            long limit = interrupts.nextLimit(actor, start);
            scheduler.park(this, Math.max(1, checked ? limit : Math.min(limit, deadlockCheckIn)));
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

    /** @return what it waited for; null if it was granted before it could be given up */
    private ErrorSubject abandon(Waiter waiter) {
        latch.acquireExclusive();
        try {
            if (waiter.granted) {
                return null;
            }
            ErrorSubject subject = waiter.lock.subject(waiter.owner, waiter.mode, waiter.context);
            leave(waiter);
            return subject;
        } finally {
            latch.releaseExclusive();
        }
    }
}
