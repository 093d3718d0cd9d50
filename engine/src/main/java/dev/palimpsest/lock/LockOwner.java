package dev.palimpsest.lock;

import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.WaitListener;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;

/**
 * Who holds locks: a transaction extends this, and so does what holds a session's own. Used by one thread at a time, except what is said
 * to be for any thread.
 *
 * <p>An owner is begun again and again; {@link #beginNumber} tells its lives apart. Within one, {@link #currentSubId} is the
 * subtransaction that what is locked now belongs to. Others wait for "sub k of life n" ({@link LockTable#waitForSub}).
 */
public abstract class LockOwner {
    private static final int NO_CANCEL = 0;
    private static final int CANCEL_STATEMENT = 1;
    private static final int CANCEL_NEXT = 2;

    private static final VarHandle LIVE_NUMBER;
    private static final VarHandle WAITABLE_XID;
    private static final VarHandle CANCEL_REQUESTED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            LIVE_NUMBER = lookup.findVarHandle(LockOwner.class, "liveNumber", long.class);
            WAITABLE_XID = lookup.findVarHandle(LockOwner.class, "waitableXid", long.class);
            CANCEL_REQUESTED = lookup.findVarHandle(LockOwner.class, "cancelRequested", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** See there. */
    final FastLocks fastLocks = new FastLocks();

    /** See there. */
    final HeldRowLocks rowLocks = new HeldRowLocks();

    /** Entries of this owner in the table. Guarded by LOCK_TABLE. */
    final ArrayList<Holder> held = new ArrayList<>();

    /**
     * How many entries are in the table, and one more while somebody is about to add one. Written under LOCK_TABLE, read by the owner at
     * its end without it: after its entries are cleared and its number is hidden, so that it sees whatever was added before.
     */
    volatile int tableLocks;

    /** What this owner waits for, or null; at the root only. Written under LOCK_TABLE; read by any thread for a wake-up. */
    volatile Waiter waiter;

    /** What conflicts, waits and messages go by: the session, or the owner itself. Set before an owner is listed or locks anything. */
    private LockOwner root = this;

    /** Of this life. Owner's thread. */
    private long beginNumber = 1;

    /** {@link #beginNumber} from the first xid or row lock on, 0 before that and after the end. Owner's thread; volatile at the end. */
    private volatile long liveNumber;

    /** The xid that others can wait for, 0 before the first write and after the end. Owner's thread; ordered by {@link #liveNumber}. */
    private volatile long waitableXid;

    /** The subtransaction that locks belong to from now on; 0 where no savepoint is open. Owner's thread. */
    private int subId;

    /** The newest one. Owner's thread; read under LOCK_TABLE by it too. */
    private int newestSubId;

    /** Those rolled back, null if none. Guarded by LOCK_TABLE. */
    private SubIdRanges abortedSubs;

    /** Locks first taken within an open savepoint, in order; null without. Owner's thread. */
    private LockJournal journal;

    /** It has, or had in this life, bits in the row locks. Owner's thread. */
    private boolean hasRowLocks;

    /** What it inserts now without being sure, or null. Owner's thread; read by any. */
    private volatile Speculation speculation;

    /** Owner's thread. */
    private long speculationCount;

    /** {@link #NO_CANCEL} or what is requested. Set by any thread, cleared by the owner's. */
    private volatile int cancelRequested;

    // the owner's thread only
    private long lockTimeoutNanos;
    private long deadlockTimeoutNanos;
    private long statementTimeoutNanos;

    /** On the scheduler's clock; counts while {@link #statementTimeoutNanos} isn't 0. */
    private long statementDeadline;

    private WaitListener waitListener = WaitListener.NONE;

    /** Written by the owner's thread, read by any for views. */
    private volatile long waitCount;

    /** Names this owner in messages and views, as a backend's process id does in PostgreSQL. The same for all of a root. Any thread. */
    public abstract long processId();

    /** Back to the state of a new owner, in its next life. Caller has released all locks. */
    protected final void resetLockOwner(LockOwner newRoot) {
        // not tableLocks: somebody who is about to wait may have raised it, and finds only then that the life he meant
        // is over
        assert held.isEmpty() && rowLocks.isEmpty() && liveNumber == 0 && subId == 0 : "still holds locks";
        root = newRoot;
        clearCancel();
        lockTimeoutNanos = 0;
        deadlockTimeoutNanos = 0;
        statementTimeoutNanos = 0;
        waitListener = WaitListener.NONE;
        if (waitCount != 0) {
            waitCount = 0;
        }
    }

    /** The session that this is part of, or itself. Owners with one root never conflict. */
    public final LockOwner root() {
        return root;
    }

    // ---- lives and subtransactions

    /** Tells this life of the owner from all others that somebody could wait for. Owner's thread. */
    public final long beginNumber() {
        return beginNumber;
    }

    /** The subtransaction that what is locked now belongs to: 0 at the top, else growing, never used again in this life. Owner's thread. */
    public final int currentSubId() {
        return subId;
    }

    /** A subtransaction begins. */
    protected final int openSub() {
        subId = ++newestSubId;
        if (journal == null) {
            journal = new LockJournal();
        }
        return subId;
    }

    /** The current one is released into this one, or rolled back. At the top nothing can be rolled back by itself any more. */
    protected final void leaveSub(int parent) {
        subId = parent;
        if (parent == 0) {
            journal = null;
        }
    }

    /** From now on others can wait for the end of this xid; before it is written anywhere. */
    protected final void exposeXid(long xid) {
        becomeWaitable();
        WAITABLE_XID.setRelease(this, xid);
    }

    /** From now on others can wait for this life's end: before its first row lock can be seen. Owner's thread. */
    public final void becomeWaitable() {
        if ((long) LIVE_NUMBER.getOpaque(this) == 0) {
            LIVE_NUMBER.setRelease(this, beginNumber);
        }
    }

    /** {@link #becomeWaitable}, and {@link RowLockHook} is told at rollbacks to savepoints and at the end. Owner's thread. */
    public final void noteRowLocks() {
        becomeWaitable();
        hasRowLocks = true;
    }

    final boolean hasRowLocks() {
        return hasRowLocks;
    }

    /** The xid that runs now, 0 before the first write and after the end. Any thread. */
    public final long waitableXid() {
        return waitableXid;
    }

    /** Volatile: see README.md, "Waiting for a transaction". */
    final long liveNumber() {
        return liveNumber;
    }

    /** The live subtransaction with this xid, -1 if there is none. Any thread for a hint; under LOCK_TABLE it is exact. */
    protected int subOf(long xid) {
        return waitableXid == xid ? 0 : -1;
    }

    /** The xid of a live subtransaction, 0 if it has none. Caller holds LOCK_TABLE. */
    protected long xidOfSub(int id) {
        return id == 0 ? waitableXid : 0;
    }

    /** Xids of subtransactions from this one on are no live ones any more. Owner's thread, holds LOCK_TABLE. */
    protected void forgetSubXids(int firstSub) {}

    /** Caller holds LOCK_TABLE. */
    final boolean isLive(long number, int id) {
        return liveNumber == number && (abortedSubs == null || !abortedSubs.contains(id));
    }

    /** Owner's thread, holds LOCK_TABLE. */
    final void abortSubs(int firstSub) {
        if (abortedSubs == null) {
            abortedSubs = new SubIdRanges();
        }
        abortedSubs.addFrom(firstSub, newestSubId);
        forgetSubXids(firstSub);
    }

    final LockJournal journal() {
        return journal;
    }

    /** Owner's thread: nobody can wait for this life any more; a full fence lies before the return if anybody could. */
    final void hide() {
        if ((long) LIVE_NUMBER.getOpaque(this) != 0) {
            WAITABLE_XID.setOpaque(this, 0L);
            liveNumber = 0; // volatile
            hasRowLocks = false;
            beginNumber++; // the next life; one that nobody could wait for needs no number of its own
        }
    }

    /** Owner's thread, after all was released. */
    final void endLife() {
        if (newestSubId != 0) {
            subId = 0;
            newestSubId = 0;
            abortedSubs = null; // nobody asks: the life that it was of isn't live
            journal = null;
        }
    }

    // ---- rows that may have to give way

    /**
     * These rows may be taken back yet: before any index leads to them. Until {@link LockTable#endSpeculation} the owner waits for nothing
     * but latches and the disk.
     *
     * @param tids kept
     */
    public final void beginSpeculation(int relation, long[] tids) {
        assert speculation == null : "one at a time";
        speculation = new Speculation(++speculationCount, relation, tids);
    }

    /** Any thread. */
    public final Speculation speculation() {
        return speculation;
    }

    /** Volatile: see README.md, "Rows that may have to give way". @return what it was, or null */
    final Speculation takeSpeculation() {
        Speculation taken = speculation;
        speculation = null;
        return taken;
    }

    // ---- waits

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
        Waiter current = root.waiter;
        return current == null ? null : current.description;
    }

    /** Why the running statement, or its wait, must end for a reason of this owner's own; null if it need not. Owner's thread. */
    protected EngineException endOfStatement() {
        return null;
    }

    // ---- statements

    /** Longest statement from {@link #beginStatementLimits} on, 0 for no limit. */
    public final void statementTimeoutNanos(long nanos) {
        statementTimeoutNanos = nanos;
    }

    /** A statement begins: does {@link #beginStatementLimits} have anything to do? Owner's thread. */
    public final boolean hasStatementLimits() {
        return statementTimeoutNanos != 0 || cancelRequested != NO_CANCEL;
    }

    /** A statement begins: its time runs from now on, and what was to cancel the one before is void. Owner's thread. */
    public final void beginStatementLimits(long nowNanos) {
        statementDeadline = nowNanos + statementTimeoutNanos;
        if (cancelRequested == CANCEL_STATEMENT) {
            CANCEL_REQUESTED.compareAndSet(this, CANCEL_STATEMENT, NO_CANCEL); // unless the next one is meant by now
        }
    }

    /** When the running statement is over its time. Owner's thread. */
    public final long statementDeadline() {
        return statementDeadline;
    }

    /** Goes on with a statement that began earlier. Owner's thread. */
    public final void statementDeadline(long nanos) {
        statementDeadline = nanos;
    }

    /** Owner's thread. */
    public final boolean hasStatementDeadline() {
        return statementTimeoutNanos != 0;
    }

    /** Does {@link LockTable#checkInterrupts} have anything to do? Owner's thread. */
    protected final boolean mayBeInterrupted() {
        return statementTimeoutNanos != 0 || cancelRequested != NO_CANCEL;
    }

    /** True after {@link LockTable#cancel}, until {@link #clearCancel}. Any thread. */
    public final boolean isCancelRequested() {
        return cancelRequested != NO_CANCEL;
    }

    /** Owner's thread: a cancel was answered. */
    public final void clearCancel() {
        if (cancelRequested != NO_CANCEL) {
            cancelRequested = NO_CANCEL;
        }
    }

    final void requestCancel(boolean statementOnly) {
        if (statementOnly) {
            CANCEL_REQUESTED.compareAndSet(this, NO_CANCEL, CANCEL_STATEMENT);
        } else {
            cancelRequested = CANCEL_NEXT;
        }
    }
}
