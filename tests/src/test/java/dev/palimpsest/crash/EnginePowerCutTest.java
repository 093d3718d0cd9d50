package dev.palimpsest.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The whole engine on a disk whose power goes at every kind of bad moment. After each opening: every acknowledged synchronous commit is
 * there, no transaction is half there, asynchronous ones are missing from the end only, the checker finds nothing, and work goes on.
 */
class EnginePowerCutTest {
    private static final int LIVES = 8;
    private static final int SEEDS = 280;
    private static final int SEEDS_WITH_VACUUM = 50;
    private static final int LEAST_CUTS_OF_A_KIND = 100;

    @Test
    @Tag("scaled")
    void shouldLoseNothingAcknowledgedAndLeaveNothingHalfDone() {
        EngineLives.Counts counts = new EngineLives.Counts();
        int seeds = SEEDS * ManySeeds.scale();
        ManySeeds.forEach(ManySeeds.scale() == 1 ? 0 : 1_000_000, seeds, seed -> {
            EngineLives lives = new EngineLives(seed).live(LIVES);
            synchronized (counts) {
                counts.add(lives.counts);
            }
        });
        System.out.println("EnginePowerCutTest: " + counts);
        if (Long.getLong("palimpsest.seed") != null) {
            return;
        }
        assertTrue(counts.allCuts >= seeds * (LIVES - 2), counts::toString);
        assertTrue(counts.cutsWhileOpening * 4 >= counts.allCuts, counts::toString);
        for (CutKind kind : CutKind.values()) {
            assertTrue(
                    kind == CutKind.VACUUM
                            || counts.cuts.getOrDefault(kind, 0) >= LEAST_CUTS_OF_A_KIND * ManySeeds.scale(),
                    () -> "too few of " + kind + ": " + counts);
        }
    }

    /** With autovacuum all the time and an archive; the sessions' reads, and what is there after each opening, are the same matter. */
    @Test
    @Tag("scaled")
    void shouldLoseNothingWithVacuum() {
        EngineLives.Counts counts = new EngineLives.Counts();
        int seeds = SEEDS_WITH_VACUUM * ManySeeds.scale();
        ManySeeds.forEach(ManySeeds.scale() == 1 ? 10_000 : 2_000_000, seeds, seed -> {
            EngineLives lives = new EngineLives(seed)
                    .with(SimulatedEngine.Settings.small().withVacuum(seed % 4 == 0 ? 0 : Long.MAX_VALUE))
                    .live(LIVES);
            synchronized (counts) {
                counts.add(lives.counts);
            }
        });
        System.out.println("EnginePowerCutTest: with vacuum " + counts);
        if (Long.getLong("palimpsest.seed") == null) {
            assertTrue(counts.cuts.getOrDefault(CutKind.VACUUM, 0) >= seeds / 4, counts::toString);
        }
    }

    @Test
    void shouldDoTheSameForTheSameSeed() {
        ManySeeds.forEach(
                0,
                50,
                seed -> assertEquals(
                        new EngineLives(seed).live(2).traceHash(),
                        new EngineLives(seed).live(2).traceHash()));
    }
}
