package dev.palimpsest.tx;

import java.util.Arrays;

/** Collects what a capture of the slots found. Not thread-safe. */
final class HorizonBuilder {
    private static final long[] NO_LONGS = {};
    private static final int[] NO_INTS = {};

    private final long published;
    private long limit;
    private long openAll = Long.MAX_VALUE;
    private long[] points = NO_LONGS;
    private int pointCount;
    private int[] openRelations = NO_INTS;
    private long[] openCsns = NO_LONGS;
    private int openCount;

    /** Numbers of all open snapshots, in no order. */
    private long[] opens = NO_LONGS;

    private int opensCount;

    HorizonBuilder(long published) {
        this.published = published;
        this.limit = published;
    }

    void pending(long csn) {
        limit = Math.min(limit, csn);
    }

    void point(long csn) {
        points = withRoom(points, pointCount);
        points[pointCount++] = csn;
    }

    /** @param relation 0 for all */
    void open(long csn, int relation) {
        opens = withRoom(opens, opensCount);
        opens[opensCount++] = csn;
        if (relation == 0) {
            openAll = Math.min(openAll, csn);
            return;
        }
        for (int i = 0; i < openCount; i++) {
            if (openRelations[i] == relation) {
                openCsns[i] = Math.min(openCsns[i], csn);
                return;
            }
        }
        openCsns = withRoom(openCsns, openCount);
        openRelations =
                openRelations.length == openCsns.length ? openRelations : Arrays.copyOf(openRelations, openCsns.length);
        openRelations[openCount] = relation;
        openCsns[openCount++] = csn;
    }

    Horizon build() {
        long[] sortedPoints = sortedDistinct(points, pointCount);
        long[] live = sortedPoints;
        if (opensCount != 0) {
            long[] all = Arrays.copyOf(opens, opensCount + sortedPoints.length);
            System.arraycopy(sortedPoints, 0, all, opensCount, sortedPoints.length);
            live = sortedDistinct(all, all.length);
        }
        return new Horizon(
                published,
                limit,
                sortedPoints,
                live,
                openAll,
                Arrays.copyOf(openRelations, openCount),
                Arrays.copyOf(openCsns, openCount));
    }

    private static long[] withRoom(long[] array, int used) {
        return used < array.length ? array : Arrays.copyOf(array, Math.max(8, used * 2));
    }

    private static long[] sortedDistinct(long[] array, int count) {
        if (count == 0) {
            return NO_LONGS;
        }
        Arrays.sort(array, 0, count);
        int distinct = 1;
        for (int i = 1; i < count; i++) {
            if (array[i] != array[distinct - 1]) {
                array[distinct++] = array[i];
            }
        }
        return Arrays.copyOf(array, distinct);
    }
}
