package dev.palimpsest.table;

import dev.palimpsest.heap.Heap;
import dev.palimpsest.tx.Transaction;
import java.util.Arrays;

/** Formed rows collected for one visit to the heap: of bounded size, growing as rows come so that few rows cost little. Not thread-safe. */
final class RowBatch {
    private static final int MAX_ROWS = 1024;
    private static final int MAX_BYTES = 256 << 10;

    private byte[] packed = new byte[1 << 10];

    /** The i-th row lies from {@code offsets[i]} to {@code offsets[i + 1]}. */
    private int[] offsets = new int[17];

    private long[] tids = new long[16];
    private int size;

    int size() {
        return size;
    }

    void clear() {
        size = 0;
    }

    /** Copies a row. */
    void add(byte[] tuple, int length) {
        int end = offsets[size] + length;
        if (end > packed.length) {
            packed = Arrays.copyOf(packed, Math.max(end, 2 * packed.length));
        }
        if (size == tids.length) {
            offsets = Arrays.copyOf(offsets, 2 * size + 1);
            tids = Arrays.copyOf(tids, 2 * size);
        }
        System.arraycopy(tuple, 0, packed, offsets[size], length);
        offsets[++size] = end;
    }

    /** No more rows: what is collected is to be inserted. */
    boolean isFull() {
        return size == MAX_ROWS || offsets[size] >= MAX_BYTES;
    }

    /** Inserts all rows into the heap; from then on each has its place. */
    void insertInto(Heap heap, Transaction tx) {
        heap.insertAll(tx, packed, offsets, size, tids);
    }

    byte[] bytes() {
        return packed;
    }

    int start(int row) {
        return offsets[row];
    }

    int end(int row) {
        return offsets[row + 1];
    }

    /** A copy of all places. */
    long[] tids() {
        return Arrays.copyOf(tids, size);
    }

    long tid(int row) {
        return tids[row];
    }
}
