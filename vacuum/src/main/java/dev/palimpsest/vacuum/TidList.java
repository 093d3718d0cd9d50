package dev.palimpsest.vacuum;

import java.util.Arrays;

/** Places of rows, in order of place after {@link #sort}. Not thread-safe. */
final class TidList {
    private long[] tids = new long[64];
    private int size;
    private boolean sorted = true;

    void add(long tid) {
        if (size == tids.length) {
            tids = Arrays.copyOf(tids, 2 * size);
        }
        sorted &= size == 0 || tids[size - 1] < tid;
        tids[size++] = tid;
    }

    int size() {
        return size;
    }

    long get(int index) {
        return tids[index];
    }

    void sort() {
        if (!sorted) {
            Arrays.sort(tids, 0, size);
            sorted = true;
        }
    }

    /** After {@link #sort}. */
    boolean contains(long tid) {
        return Arrays.binarySearch(tids, 0, size, tid) >= 0;
    }

    void clear() {
        size = 0;
        sorted = true;
    }
}
