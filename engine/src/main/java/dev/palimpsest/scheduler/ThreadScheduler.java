package dev.palimpsest.scheduler;

import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/** Production's scheduler: the operating system's threads, its clocks, and nothing at a marked step. Thread-safe, stateless. */
public final class ThreadScheduler implements Scheduler {
    /** An engine-owned thread; the type is the mark that {@link #onEngineTask} looks for. */
    private static final class EngineThread extends Thread {
        EngineThread(String name, Runnable body) {
            super(null, body, name, 0, false);
            setDaemon(true);
        }
    }

    @Override
    public void step(Step step) {
        // costs nothing: the JIT sees one implementation and an empty body
    }

    @Override
    public void park(Object blocker, long nanos) {
        if (nanos == Long.MAX_VALUE) {
            LockSupport.park(blocker);
        } else {
            LockSupport.parkNanos(blocker, nanos);
        }
    }

    @Override
    public void unpark(Thread task) {
        LockSupport.unpark(task);
    }

    @Override
    public Thread spawn(String name, Runnable body) {
        Thread task = new EngineThread(name, body);
        task.start();
        return task;
    }

    @Override
    public void join(Thread task) {
        boolean interrupted = false;
        while (task.isAlive()) {
            try {
                task.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean onEngineTask() {
        return Thread.currentThread() instanceof EngineThread;
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public long currentTimeMicros() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000L + now.getNano() / 1_000;
    }

    @Override
    public RandomGenerator random() {
        return ThreadLocalRandom.current();
    }
}
