package dev.palimpsest.tx;

/**
 * What was live at one moment: says whether a version may still be needed. Immutable; stays valid for ever and may be shared, an old one
 * only keeps more.
 */
public final class Horizon {
    private final long published;

    /** The lowest of {@link #published} and the pending slots' numbers: what ended after it is kept. */
    private final long limit;

    /** Numbers of the point snapshots, ascending, distinct. */
    private final long[] points;

    /** Numbers of all snapshots, ascending, distinct. */
    private final long[] live;

    /** The lowest number of an open snapshot of all relations, else infinite. */
    private final long openAll;

    private final int[] openRelations;

    /** The lowest number of an open snapshot of the relation at the same index. */
    private final long[] openCsns;

    Horizon(
            long published,
            long limit,
            long[] points,
            long[] live,
            long openAll,
            int[] openRelations,
            long[] openCsns) {
        this.published = published;
        this.limit = limit;
        this.points = points;
        this.live = live;
        this.openAll = openAll;
        this.openRelations = openRelations;
        this.openCsns = openCsns;
    }

    /** The published number at the capture. */
    public long published() {
        return published;
    }

    /**
     * May a live or coming snapshot need a version?
     *
     * @param beginCsn when it began to be visible; 0 if before every snapshot
     * @param endCsn when it ceased to be
     * @param relation its relation's file number
     */
    public boolean needed(long beginCsn, long endCsn, int relation) {
        return mayBeFollowed(endCsn, relation) || points.length != 0 && hasOne(points, beginCsn, endCsn);
    }

    /**
     * May somebody who follows update chains come to a version? One that is {@link #needed} and can't be come to is for point snapshots only,
     * which are content to find it in the archive.
     */
    public boolean mayBeFollowed(long endCsn, int relation) {
        if (endCsn > limit || openAll < endCsn) {
            return true;
        }
        for (int i = 0; i < openRelations.length; i++) {
            if (openRelations[i] == relation && openCsns[i] < endCsn) {
                return true;
            }
        }
        return false;
    }

    /** No live snapshot, and none to come, is older than this number: what committed at it or before looks the same to all. */
    public long oldest() {
        return live.length == 0 ? limit : Math.min(limit, live[0]);
    }

    /** Is there a live snapshot s, of either kind, with from ≤ s &lt; to? Pending ones don't count: see {@link #limit}. */
    boolean separates(long from, long to) {
        return hasOne(live, from, to);
    }

    long limit() {
        return limit;
    }

    private static boolean hasOne(long[] ascending, long from, long to) {
        int low = 0;
        int high = ascending.length;
        while (low < high) {
            int middle = low + high >>> 1;
            if (ascending[middle] < from) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low < ascending.length && ascending[low] < to;
    }
}
