package dev.palimpsest.latch;

import dev.palimpsest.scheduler.Scheduler;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A shared/exclusive latch that waits through the {@link Scheduler}. Not reentrant, no upgrade, not tied to its thread except by the
 * assertions on {@link LatchRank}. Interrupts don't end a wait; they stay pending.
 *
 * <p>{@code state}: 0 free, n &gt; 0 held by n sharers, -1 held exclusively. Waiters queue in order and the first one is woken at
 * each release; exclusive newcomers may barge in, so a release never hands over to a sleeping thread while a running one could go on; sharers queue up
 * behind whoever waits, so that overlapping readers can't starve a writer.
 * A waiter enqueues itself before it looks at {@code state} again, and a releaser looks at the queue after it stored
 * {@code state} (both volatile): so one of the two sees the other and no wake-up is lost.
 *
 * <p>Thread-safe.
 */
public class Latch {
    private static final VarHandle STATE;
    private static final VarHandle WAITERS;
    private static final int SPINS = Runtime.getRuntime().availableProcessors() > 1 ? 64 : 0;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Latch.class, "state", int.class);
            WAITERS = MethodHandles.lookup().findVarHandle(Latch.class, "waiters", ConcurrentLinkedQueue.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final LatchRank rank;
    protected final Scheduler scheduler;

    /** CAS. */
    private volatile int state;

    /** CAS from null by the first waiter; null means that nobody ever waited. */
    private volatile ConcurrentLinkedQueue<Thread> waiters;

    public Latch(LatchRank rank, Scheduler scheduler) {
        this.rank = rank;
        this.scheduler = scheduler;
    }

    /** True if no thread of this kind holds any latch: asserted before waits that may be long. */
    public static boolean noneHeld() {
        return HeldLatches.none();
    }

    public final void acquireExclusive() {
        assert HeldLatches.mayAcquire(rank());
        if (!STATE.compareAndSet(this, 0, -1)) {
            awaitGrant(true);
        }
        exclusiveAcquired();
        assert HeldLatches.acquired(rank());
    }

    public final boolean tryAcquireExclusive() {
        if (state == 0 && STATE.compareAndSet(this, 0, -1)) {
            exclusiveAcquired();
            assert HeldLatches.acquired(rank());
            return true;
        }
        return false;
    }

    public final void releaseExclusive() {
        assert state == -1 : "not held exclusively";
        assert HeldLatches.released(rank());
        exclusiveReleasing();
        state = 0;
        wakeFirst();
    }

    public final void acquireShared() {
        assert HeldLatches.mayAcquire(rank());
        if (anyoneWaits() || !grantShared()) {
            awaitGrant(false);
        }
        assert HeldLatches.acquired(rank());
    }

    public final boolean tryAcquireShared() {
        if (grantShared()) {
            assert HeldLatches.acquired(rank());
            return true;
        }
        return false;
    }

    public final void releaseShared() {
        assert HeldLatches.released(rank());
        int before = (int) STATE.getAndAdd(this, -1);
        assert before > 0 : "not held shared";
        if (before == 1) {
            wakeFirst();
        }
    }

    public final boolean isHeldExclusive() {
        return state == -1;
    }

    /** What assertions check; a buffer frame's changes with the page in it. */
    protected LatchRank rank() {
        return rank;
    }

    /** Runs right after an exclusive grant, before the holder goes on. */
    protected void exclusiveAcquired() {}

    /** Runs right before an exclusive hold ends. */
    protected void exclusiveReleasing() {}

    private boolean grantShared() {
        for (int s = state; s >= 0; s = state) {
            if (STATE.compareAndSet(this, s, s + 1)) {
                return true;
            }
        }
        return false;
    }

    private boolean grant(boolean exclusive) {
        return exclusive ? state == 0 && STATE.compareAndSet(this, 0, -1) : grantShared();
    }

    private void awaitGrant(boolean exclusive) {
        for (int i = 0; i < SPINS && !anyoneWaits(); i++) {
            if (grant(exclusive)) {
                return;
            }
            Thread.onSpinWait();
        }
        ConcurrentLinkedQueue<Thread> queue = queue();
        Thread self = Thread.currentThread();
        queue.add(self);
        boolean granted = false;
        try {
            scheduler.awaitUninterruptibly(this, () -> exclusive ? grant(true) : queue.peek() == self && grantShared());
            granted = true;
        } finally {
            queue.remove(self);
            if (!exclusive || !granted) {
                wakeFirst(); // the next waiter may be a sharer too; and a wake-up meant for one that gave up is passed
                // on
            }
        }
    }

    private boolean anyoneWaits() {
        ConcurrentLinkedQueue<Thread> queue = waiters;
        return queue != null && !queue.isEmpty();
    }

    private void wakeFirst() {
        ConcurrentLinkedQueue<Thread> queue = waiters;
        if (queue != null) {
            Thread first = queue.peek();
            if (first != null) {
                scheduler.unpark(first);
            }
        }
    }

    private ConcurrentLinkedQueue<Thread> queue() {
        ConcurrentLinkedQueue<Thread> queue = waiters;
        if (queue == null) {
            WAITERS.compareAndSet(this, null, new ConcurrentLinkedQueue<Thread>());
            queue = waiters;
        }
        return queue;
    }
}
