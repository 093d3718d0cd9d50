package dev.palimpsest.history;

import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.sim.PowerCutException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/**
 * Real threads that give way at marked steps now and then: with two processors and transactions of microseconds they would hardly ever meet
 * in the middle of one otherwise. Thread-safe.
 */
final class JitteryScheduler implements Scheduler {
    private static final int YIELD_IN = 256;
    private static final int PAUSE_IN = 8;
    private static final long LONGEST_PAUSE_NANOS = 30_000;

    private final Scheduler threads = new ThreadScheduler();

    @Override
    public void step(Step step) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        if (random.nextInt(YIELD_IN) == 0) {
            if (random.nextInt(PAUSE_IN) == 0) {
                LockSupport.parkNanos(random.nextLong(LONGEST_PAUSE_NANOS));
                LockSupport.unpark(
                        Thread.currentThread()); // the permit that it may have taken was meant for somebody else
            } else {
                Thread.yield();
            }
        }
    }

    @Override
    public void park(Object blocker, long nanos) {
        threads.park(blocker, nanos);
    }

    @Override
    public void unpark(Thread task) {
        threads.unpark(task);
    }

    @Override
    public Thread spawn(String name, Runnable body) {
        return threads.spawn(name, () -> {
            try {
                body.run();
            } catch (PowerCutException e) {
                // it died with its machine
            }
        });
    }

    @Override
    public void join(Thread task) {
        threads.join(task);
    }

    @Override
    public boolean onEngineTask() {
        return threads.onEngineTask();
    }

    @Override
    public long nanoTime() {
        return threads.nanoTime();
    }

    @Override
    public long currentTimeMicros() {
        return threads.currentTimeMicros();
    }

    @Override
    public RandomGenerator random() {
        return threads.random();
    }
}
