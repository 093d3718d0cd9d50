package dev.palimpsest.retention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.crash.ManySeeds;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The reclaim rule, exact in both directions, at random moments among writers, readers of every kind, vacuum cycles and power cuts; and every reader
 * finds its truth, wherever the versions are.
 */
class RetentionTest {
    private static final int SEEDS = 40;
    private static final int LIVES = 4;

    @Test
    @Tag("scaled")
    void shouldKeepWhatIsNeededAndNothingElse() {
        RetentionLives.Counts counts = new RetentionLives.Counts();
        int seeds = SEEDS * ManySeeds.scale();
        ManySeeds.forEach(ManySeeds.scale() == 1 ? 0 : 1_000_000, seeds, seed -> {
            RetentionLives lives = new RetentionLives(seed).live(LIVES);
            synchronized (counts) {
                counts.add(lives.counts);
            }
        });
        System.out.println("RetentionTest: " + counts);
        if (Long.getLong("palimpsest.seed") != null) {
            return;
        }
        assertTrue(counts.oracle.looks > 10 * seeds, counts::toString);
        assertTrue(counts.oracle.cycles > seeds, counts::toString);
        assertTrue(counts.oracle.neededOnlyByPoints > seeds, counts::toString);
        assertTrue(counts.oracle.inArchive > seeds, counts::toString);
        assertTrue(counts.oracle.doomedInArchive > seeds, counts::toString);
        assertTrue(counts.cutsInVacuum > seeds / 10, counts::toString);
        assertTrue(counts.compared > 1_000L * seeds && counts.transactions > 20L * seeds, counts::toString);
        assertTrue(
                counts.removed > seeds && counts.archived > seeds && counts.archivedRemoved > seeds, counts::toString);
        assertTrue(counts.entries > seeds && counts.freed > seeds, counts::toString);
        assertTrue(counts.pagesCut > 0 && counts.indexPages > 0 && counts.indexScans > 0, counts::toString);
    }

    @Test
    void shouldDoTheSameForTheSameSeed() {
        ManySeeds.forEach(
                0,
                6,
                seed -> assertEquals(
                        new RetentionLives(seed).live(2).traceHash(),
                        new RetentionLives(seed).live(2).traceHash()));
    }
}
