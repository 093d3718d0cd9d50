package dev.palimpsest.scheduler;

import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/**
 * The seam through which every wait, background task, clock reading and random number of the engine goes.
 *
 * <p>A task is a thread. {@link #park} and {@link #unpark} have the meaning of {@link java.util.concurrent.locks.LockSupport}: a permit
 * per thread, spurious returns allowed, so every caller loops over its own condition. The seeded scheduler of the tests runs one task
 * at a time and picks the next at each {@code park} and {@link #step}; nobody calls either while holding a Java monitor.
 *
 * <p>Thread-safe.
 */
public interface Scheduler {
    /** A marked step; nothing in production. May be called while holding latches, never while holding a monitor. */
    void step(Step step);

    /**
     * Waits for a permit, an interrupt or for no reason at all.
     *
     * @param blocker what is waited for, shown in thread dumps
     * @param nanos at most this long; {@link Long#MAX_VALUE} for no limit
     */
    void park(Object blocker, long nanos);

    /** Gives the thread a permit. */
    void unpark(Thread task);

    /** Starts an engine-owned daemon task. Only such tasks write to or force files. */
    Thread spawn(String name, Runnable body);

    /** Waits for a task's end, keeping an interrupt for later. */
    void join(Thread task);

    /** True on a task started by {@link #spawn}. */
    boolean onEngineTask();

    /** A clock for durations, in nanoseconds. */
    long nanoTime();

    /** The time of day, in microseconds since 1970-01-01 UTC. */
    long currentTimeMicros();

    /** Randomness for back-off and sampling; thread-safe. */
    RandomGenerator random();

    /** Is this bug to be in? Always the same answer; true only in the tests. */
    default boolean isSeeded(Fault fault) {
        return false;
    }

    /**
     * Parks until {@code done} holds, whatever interrupts come; an interrupt is kept and is pending again on return. Whoever makes
     * {@code done} true unparks this thread afterwards.
     */
    default void awaitUninterruptibly(Object blocker, BooleanSupplier done) {
        boolean interrupted = false;
        while (!done.getAsBoolean()) {
            interrupted |= Thread.interrupted();
            park(blocker, Long.MAX_VALUE);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
