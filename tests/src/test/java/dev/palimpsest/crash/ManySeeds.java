package dev.palimpsest.crash;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;

/**
 * Runs a simulated test over many seeds on two threads, since each simulation keeps one processor busy. Stops at the first failure, which
 * names its seed; {@code -Dpalimpsest.seed=N} runs that one alone.
 */
public final class ManySeeds {
    private static final int THREADS = 2;

    private ManySeeds() {}

    /** How much larger this run is than the default one. */
    public static int scale() {
        return Integer.getInteger("palimpsest.scale", 1);
    }

    public static void forEach(long first, long count, LongConsumer body) {
        Long only = Long.getLong("palimpsest.seed");
        AtomicLong next = new AtomicLong(only == null ? first : only);
        long end = only == null ? first + count : only + 1;
        AtomicReference<AssertionError> failure = new AtomicReference<>();
        Thread[] threads = new Thread[THREADS];
        for (int i = 0; i < THREADS; i++) {
            threads[i] = new Thread(() -> work(next, end, failure, body), "seeds-" + i);
            threads[i].start();
        }
        for (Thread thread : threads) {
            join(thread);
        }
        if (failure.get() != null) {
            throw failure.get();
        }
    }

    private static void work(AtomicLong next, long end, AtomicReference<AssertionError> failure, LongConsumer body) {
        for (long seed = next.getAndIncrement(); seed < end && failure.get() == null; seed = next.getAndIncrement()) {
            try {
                body.accept(seed);
            } catch (RuntimeException | Error e) {
                failure.compareAndSet(
                        null,
                        new AssertionError("seed=" + seed + " (replay with -Dpalimpsest.seed=" + seed + "): " + e, e));
            }
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted", e);
        }
    }
}
