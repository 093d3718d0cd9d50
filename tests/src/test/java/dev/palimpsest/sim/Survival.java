package dev.palimpsest.sim;

import java.util.SplittableRandom;

/**
 * Which unforced changes outlive a power cut, drawn from a seed. Each cut has its own character, from "nothing" over
 * "some files whole, some not at all" to "every sector by its own coin", so that extremes turn up as often as mixtures.
 * Not thread-safe.
 */
final class Survival {
    private static final double[] SHARES = {0, 0.1, 0.5, 0.9, 1};

    private final SplittableRandom random;
    private final double nameShare;
    private final double tornShare;
    private final boolean byFile;
    private double writeShare;

    Survival(long seed) {
        random = new SplittableRandom(seed);
        nameShare = SHARES[random.nextInt(SHARES.length)];
        writeShare = SHARES[random.nextInt(SHARES.length)];
        tornShare = random.nextBoolean() ? 0.5 : random.nextInt(2);
        byFile = random.nextInt(4) == 0;
    }

    /** Before the changes of each file. */
    void nextFile() {
        if (byFile) {
            writeShare = random.nextInt(2);
        }
    }

    boolean keepsName() {
        return random.nextDouble() < nameShare;
    }

    /** For each sector of one write: whether it survives. */
    boolean[] sectors(int count) {
        boolean torn = random.nextDouble() < tornShare;
        boolean whole = random.nextDouble() < writeShare;
        boolean[] kept = new boolean[count];
        for (int i = 0; i < count; i++) {
            kept[i] = torn && writeShare > 0 && writeShare < 1 ? random.nextDouble() < writeShare : whole;
        }
        return kept;
    }

    /**
     * How many of a file's changes of length survive: the first ones, as a file system's journal keeps them in order.
     */
    int lengths(int count) {
        int choice = random.nextInt(4);
        return choice == 0 ? 0 : choice == 1 ? random.nextInt(count + 1) : count;
    }
}
