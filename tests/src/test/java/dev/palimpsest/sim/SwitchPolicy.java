package dev.palimpsest.sim;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Who runs next: by a coin at each step (with a chance of 1/2, 1/8 or 1/32 a run), or by random priorities that the
 * running task loses at random moments. Which one is drawn from the seed.
 *
 * <p>Priorities find bugs that need one task to stay behind for long: Burckhardt, Kothari, Musuvathi, Nagarakatte, "A
 * Randomized Scheduler with Probabilistic Guarantees of Finding Bugs" (PCT), ASPLOS 2010. Theirs places a fixed number
 * of changes over a known length; ours draws each, since the length isn't known. Guarded by the turn.
 */
final class SwitchPolicy {
    private static final int[] COINS = {2, 8, 32};
    private static final int[] CHANGES = {8, 64, 512};

    /** A task that spins on steps until another has done something must not run for ever. */
    private static final int LONGEST_RUN = 2_000;

    private final SplittableRandom random;
    private final boolean byPriority;
    private final int oneIn;
    private int run;
    private long lowest;

    SwitchPolicy(SplittableRandom random) {
        this.random = random;
        byPriority = random.nextInt(4) == 0;
        oneIn = (byPriority ? CHANGES : COINS)[random.nextInt(3)];
    }

    void created(SimulatedTask task) {
        task.priority = random.nextInt(1 << 20);
    }

    /** At a step: whether to ask {@link #choose}. */
    boolean wantsChoice(SimulatedTask self) {
        run++;
        boolean drawn = random.nextInt(oneIn) == 0 || run > LONGEST_RUN;
        if (byPriority && drawn) {
            self.priority = --lowest;
            run = 0;
        }
        return byPriority || drawn;
    }

    /** @param leaving the task that a coin told to give way, or null */
    SimulatedTask choose(List<SimulatedTask> candidates, SimulatedTask leaving) {
        if (!byPriority) {
            run = 0;
            if (leaving != null && candidates.size() > 1) {
                candidates.remove(leaving);
            }
            return candidates.get(random.nextInt(candidates.size()));
        }
        SimulatedTask best = candidates.get(0);
        for (SimulatedTask task : candidates) {
            if (task.priority > best.priority) {
                best = task;
            }
        }
        return best;
    }

    @Override
    public String toString() {
        return (byPriority ? "priorities, a change in " : "coins, a choice in ") + oneIn + " steps";
    }
}
