package dev.palimpsest.buffer;

import dev.palimpsest.scheduler.Scheduler;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Threads that wait for one of the pool's rare events. A waiter counts itself in before it looks at its condition again, and whoever
 * makes the condition true looks at the count afterwards (all volatile): one of the two sees the other. Thread-safe.
 */
final class WaitList {
    private final Scheduler scheduler;

    /** Each waiter adds and removes itself. */
    private final ConcurrentLinkedQueue<Thread> waiting = new ConcurrentLinkedQueue<>();

    /** The queue's length, so that waking nobody costs one load. */
    private final AtomicInteger count = new AtomicInteger();

    WaitList(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    boolean isEmpty() {
        return count.get() == 0;
    }

    void wakeAll() {
        if (count.get() != 0) {
            for (Thread thread : waiting) {
                scheduler.unpark(thread);
            }
        }
    }

    /** Waits until {@code done}; an interrupt stays pending. {@code done} may throw to end the wait. */
    void await(BooleanSupplier done) {
        await(done, Long.MAX_VALUE);
    }

    /** As {@link #await(BooleanSupplier)}, but {@code done} is also asked again after each {@code recheckNanos}. */
    void await(BooleanSupplier done, long recheckNanos) {
        Thread self = Thread.currentThread();
        boolean interrupted = false;
        waiting.add(self);
        count.incrementAndGet();
        try {
            while (!done.getAsBoolean()) {
                interrupted |= Thread.interrupted();
                scheduler.park(this, recheckNanos);
            }
        } finally {
            waiting.remove(self);
            count.decrementAndGet();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
