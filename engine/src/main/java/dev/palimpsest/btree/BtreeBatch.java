package dev.palimpsest.btree;

import java.util.Arrays;

/**
 * Keys and tids collected for one index, then sorted and inserted together by {@link BtreeWriter#insertBatch}.
 *
 * <p>Not thread-safe; reusable.
 */
public final class BtreeBatch {
    private byte[] bytes = new byte[8192];

    /** Where entry i ends in {@link #bytes}; it starts where the one before ended, until {@link #order} says otherwise. */
    private int[] ends = new int[256];

    /** Entry numbers in key order. */
    private int[] order = new int[256];

    private int size;
    private boolean sorted = true;

    public void clear() {
        size = 0;
        sorted = true;
    }

    public int size() {
        return size;
    }

    /** Bytes of all keys and tids so far: who collects many looks at this too, since keys may be long. */
    public int lengthBytes() {
        return size == 0 ? 0 : ends[size - 1];
    }

    /** Copies the key. */
    public void add(byte[] key, int length, long tid) {
        int start = size == 0 ? 0 : ends[size - 1];
        int end = start + length + BtreeLayout.TID_SIZE;
        if (end > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(end, bytes.length * 2));
        }
        if (size == ends.length) {
            ends = Arrays.copyOf(ends, size * 2);
            order = Arrays.copyOf(order, size * 2);
        }
        System.arraycopy(key, 0, bytes, start, length);
        KeyEncoder.putTid(bytes, start + length, tid);
        ends[size] = end;
        order[size] = size;
        if (size > 0 && sorted) {
            sorted = compare(size - 1, size) <= 0;
        }
        size++;
    }

    /** Sorts by key, then tid; costs nothing if the entries came in order. */
    public void sort() {
        if (!sorted) {
            mergeSort(new int[size], 0, size);
            sorted = true;
        }
    }

    /** Which {@link #add} since {@link #clear}, from 0, the index-th entry in key order came from. */
    public int entry(int index) {
        return order[index];
    }

    /** The tid of the index-th entry in key order. */
    public long tid(int index) {
        return KeyEncoder.tid(bytes, ends[order[index]] - BtreeLayout.TID_SIZE);
    }

    boolean isSorted() {
        return sorted;
    }

    byte[] bytes() {
        return bytes;
    }

    int start(int index) {
        int entry = order[index];
        return entry == 0 ? 0 : ends[entry - 1];
    }

    int length(int index) {
        return ends[order[index]] - start(index);
    }

    /** True if an entry has the same key as the one before it, in key order. */
    boolean repeatsKey(int index) {
        int before = start(index - 1);
        int at = start(index);
        return Arrays.equals(
                bytes,
                before,
                before + length(index - 1) - BtreeLayout.TID_SIZE,
                bytes,
                at,
                at + length(index) - BtreeLayout.TID_SIZE);
    }

    private int compare(int a, int b) {
        int fromA = a == 0 ? 0 : ends[a - 1];
        int fromB = b == 0 ? 0 : ends[b - 1];
        return Arrays.compareUnsigned(bytes, fromA, ends[a], bytes, fromB, ends[b]);
    }

    private void mergeSort(int[] spare, int from, int to) {
        if (to - from < 2) {
            return;
        }
        int middle = (from + to) >>> 1;
        mergeSort(spare, from, middle);
        mergeSort(spare, middle, to);
        if (compare(order[middle - 1], order[middle]) <= 0) {
            return;
        }
        System.arraycopy(order, from, spare, from, to - from);
        int left = from;
        int right = middle;
        for (int i = from; i < to; i++) {
            boolean takeLeft = right == to || left < middle && compare(spare[left], spare[right]) <= 0;
            order[i] = takeLeft ? spare[left++] : spare[right++];
        }
    }
}
