package dev.palimpsest.sim;

import java.util.function.LongConsumer;

/** Runs a simulated test over many seeds; {@code -Dpalimpsest.seed=N} runs it for that one alone. */
public final class Seeds {
    private Seeds() {}

    /** Seeds from 0 to {@code count}; stops at the first that fails, and names it. */
    public static void forEach(int count, LongConsumer body) {
        Long only = Long.getLong("palimpsest.seed");
        if (only != null) {
            runOne(only, body);
            return;
        }
        for (long seed = 0; seed < count; seed++) {
            runOne(seed, body);
        }
    }

    private static void runOne(long seed, LongConsumer body) {
        try {
            body.accept(seed);
        } catch (RuntimeException | Error e) {
            throw new AssertionError("seed=" + seed + " (replay with -Dpalimpsest.seed=" + seed + "): " + e, e);
        }
    }
}
