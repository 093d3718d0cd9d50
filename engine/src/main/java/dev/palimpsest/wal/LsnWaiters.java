package dev.palimpsest.wal;

import dev.palimpsest.scheduler.Scheduler;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/**
 * Threads that wait for the WAL task to reach an LSN. A waiter pushes itself before it looks at its condition again, and the task pops
 * after it made the condition true (both volatile): so no wake-up is lost.
 *
 * <p>{@link #await} from any thread, {@link #wake} and {@link #wakeAll} from the WAL task only.
 */
final class LsnWaiters {
    private static final class Waiter {
        final Thread thread = Thread.currentThread();
        final long lsn;
        Waiter next;

        Waiter(long lsn) {
            this.lsn = lsn;
        }
    }

    private final Scheduler scheduler;

    /** Newly arrived, a stack; CAS. */
    private final AtomicReference<Waiter> arrived = new AtomicReference<>();

    /** Not reached yet; the WAL task's. */
    private Waiter kept;

    LsnWaiters(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /** Returns once {@code done} holds, which it must when the task has reached {@code lsn}. */
    void await(Object blocker, long lsn, BooleanSupplier done) {
        Waiter self = new Waiter(lsn);
        do {
            self.next = arrived.get();
        } while (!arrived.compareAndSet(self.next, self));
        scheduler.awaitUninterruptibly(blocker, done);
    }

    /** Wakes those who wait for at most {@code reached}. */
    void wake(long reached) {
        if (arrived.get() == null && kept == null) {
            return;
        }
        Waiter waiting = kept;
        kept = null;
        sort(waiting, reached);
        sort(arrived.getAndSet(null), reached);
    }

    void wakeAll() {
        wake(Long.MAX_VALUE);
    }

    private void sort(Waiter first, long reached) {
        for (Waiter waiter = first; waiter != null; ) {
            Waiter next = waiter.next;
            if (waiter.lsn <= reached) {
                scheduler.unpark(waiter.thread);
            } else {
                waiter.next = kept;
                kept = waiter;
            }
            waiter = next;
        }
    }
}
