package dev.palimpsest.vacuum;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Which versions could go is told exactly from the counts of ranges. */
class KeptVersionsTest {
    @Test
    void shouldTellWhatCouldGo() {
        KeptVersions kept = new KeptVersions(new long[] {30, 10, 20, 20});
        kept.add(0, 15); // needed by 10
        kept.add(12, 40); // by 20 and 30
        kept.add(31, 40); // by none of these: it ended after the capture
        assertEquals(0, kept.reclaimable(Set.of(10L, 20L, 30L)::contains));
        assertEquals(1, kept.reclaimable(Set.of(20L, 30L)::contains));
        assertEquals(0, kept.reclaimable(Set.of(10L, 30L)::contains));
        assertEquals(1, kept.reclaimable(Set.of(10L)::contains));
        assertEquals(2, kept.reclaimable(Set.of(15L, 31L)::contains), "others don't count");
    }

    @Test
    void shouldAgreeWithALookAtEachVersion() {
        SplittableRandom random = new SplittableRandom(7);
        for (int run = 0; run < 200; run++) {
            long[] snapshots = random.longs(random.nextInt(1, 12), 0, 40).toArray();
            KeptVersions kept = new KeptVersions(snapshots);
            List<long[]> versions = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                long begin = random.nextLong(40);
                long end = begin + random.nextLong(1, 20);
                kept.add(begin, end);
                versions.add(new long[] {begin, end});
            }
            Set<Long> live = new HashSet<>();
            for (long snapshot : snapshots) {
                if (random.nextBoolean()) {
                    live.add(snapshot);
                }
            }
            long expected = versions.stream()
                    .filter(version -> isNeeded(version, snapshots) && !isNeeded(version, live))
                    .count();
            assertEquals(expected, kept.reclaimable(live::contains));
        }
    }

    private static boolean isNeeded(long[] version, long[] snapshots) {
        Set<Long> all = new HashSet<>();
        for (long snapshot : snapshots) {
            all.add(snapshot);
        }
        return isNeeded(version, all);
    }

    private static boolean isNeeded(long[] version, Set<Long> snapshots) {
        return snapshots.stream().anyMatch(s -> version[0] <= s && s < version[1]);
    }
}
