package dev.palimpsest.vacuum;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongPredicate;

/**
 * Ended versions that one vacuum left because of snapshots, counted by the snapshots that may need them: so that it can be told, when some of
 * those have ended, how many can go now, without looking at a page. One pass fills it; then immutable.
 */
public final class KeptVersions {
    /** Nothing was kept. */
    public static final KeptVersions NONE = new KeptVersions(new long[0]);

    /** Ascending, distinct. */
    private final long[] snapshots;

    /** How many versions are needed by the snapshots from index {@code key >>> 32} to before {@code (int) key}, and by no others. */
    private final Map<Long, Integer> counts = new HashMap<>();

    /** @param snapshots numbers of those that live */
    KeptVersions(long[] snapshots) {
        this.snapshots = Arrays.stream(snapshots).sorted().distinct().toArray();
    }

    void add(long beginCsn, long endCsn) {
        int from = firstFrom(beginCsn);
        int to = firstFrom(endCsn);
        // else it is kept for another reason, such as an end after the capture: that one goes next time anyway
        if (from < to) {
            counts.merge((long) from << 32 | to, 1, Integer::sum);
        }
    }

    private int firstFrom(long csn) {
        int at = Arrays.binarySearch(snapshots, csn);
        return at >= 0 ? at : -at - 1;
    }

    /** How many of them no snapshot needs any more. */
    public long reclaimable(LongPredicate isLive) {
        if (counts.isEmpty()) {
            return 0;
        }
        int[] liveBefore = new int[snapshots.length + 1];
        for (int i = 0; i < snapshots.length; i++) {
            liveBefore[i + 1] = liveBefore[i] + (isLive.test(snapshots[i]) ? 1 : 0);
        }
        long reclaimable = 0;
        for (Map.Entry<Long, Integer> entry : counts.entrySet()) {
            int from = (int) (entry.getKey() >>> 32);
            int to = entry.getKey().intValue();
            reclaimable += liveBefore[to] == liveBefore[from] ? entry.getValue() : 0;
        }
        return reclaimable;
    }
}
