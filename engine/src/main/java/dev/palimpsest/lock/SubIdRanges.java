package dev.palimpsest.lock;

import java.util.Arrays;

/**
 * The subtransactions of one owner that were rolled back, as ranges of ids. A rollback takes all from the savepoint's on, so a range is
 * only ever added at the end, where it swallows those that it covers; neighbours grow together. Guarded by LOCK_TABLE.
 */
final class SubIdRanges {
    /** Pairs of first and last, ascending. */
    private int[] bounds = new int[8];

    private int length;

    /** @param last not below any id that is in here */
    void addFrom(int first, int last) {
        int start = first;
        while (length > 0 && bounds[length - 1] >= start - 1) {
            start = Math.min(start, bounds[length - 2]);
            length -= 2;
        }
        if (length == bounds.length) {
            bounds = Arrays.copyOf(bounds, 2 * length);
        }
        bounds[length++] = start;
        bounds[length++] = last;
    }

    boolean contains(int id) {
        int at = Arrays.binarySearch(bounds, 0, length, id);
        // on a bound, or between a first one (odd insertion point) and its last one
        return at >= 0 || (-at - 1 & 1) == 1;
    }
}
