package dev.palimpsest.history;

import dev.palimpsest.scheduler.Step;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.sim.ForwardingScheduler;
import dev.palimpsest.sim.PowerCutException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * Real threads that give way at marked steps now and then: with two processors and transactions of microseconds they would hardly ever meet
 * in the middle of one otherwise. Thread-safe.
 */
final class JitteryScheduler extends ForwardingScheduler {
    private static final int YIELD_IN = 256;
    private static final int PAUSE_IN = 8;
    private static final long LONGEST_PAUSE_NANOS = 30_000;

    JitteryScheduler() {
        super(new ThreadScheduler());
    }

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
    public Thread spawn(String name, Runnable body) {
        return super.spawn(name, () -> {
            try {
                body.run();
            } catch (PowerCutException e) {
                // it died with its machine
            }
        });
    }
}
