package dev.palimpsest.lock;

import dev.palimpsest.api.RowLockMode;
import java.util.Arrays;

/**
 * One subtransaction's row locks of one mode on one page: a bit for each line pointer. Guarded by its stripe's latch, but for what is
 * final and {@link #olderOfOwner}.
 */
final class RowLockEntry {
    /** What one takes, its place in the stripe's array included: 56 and 8 bytes, measured in {@code RowLockMemoryTest}. */
    static final int BYTES = 64;

    /** Of the array for line pointers above 64. */
    private static final int ARRAY_HEADER_BYTES = 16;

    final LockOwner owner;
    final RowLockMode mode;

    /** The subtransaction that took it. */
    final int sub;

    final int relation;
    final int block;

    /** The next entry with the same place in the stripe's array. */
    RowLockEntry nextInBucket;

    /** Links of the owner's lists: see {@link HeldRowLocks}. */
    RowLockEntry olderOfOwner;

    /** Line pointers 1 to 64, the first in the lowest bit. */
    private long low;

    /** Those from 65 on; null while there are none. */
    private long[] high;

    RowLockEntry(LockOwner owner, int sub, RowLockMode mode, int relation, int block) {
        this.owner = owner;
        this.sub = sub;
        this.mode = mode;
        this.relation = relation;
        this.block = block;
    }

    boolean isOn(int otherRelation, int otherBlock) {
        return block == otherBlock && relation == otherRelation;
    }

    boolean has(int line) {
        int index = line - 1;
        if (index < Long.SIZE) {
            return (low & 1L << index) != 0;
        }
        int word = (index >>> 6) - 1;
        return high != null && word < high.length && (high[word] & 1L << index) != 0;
    }

    /** What {@link #set} would add to the memory in use. */
    int growth(int line) {
        int words = (line - 1) >>> 6;
        if (words == 0) {
            return 0;
        }
        int present = high == null ? 0 : high.length;
        return words <= present ? 0 : Long.BYTES * (words - present) + (high == null ? ARRAY_HEADER_BYTES : 0);
    }

    void set(int line) {
        int index = line - 1;
        if (index < Long.SIZE) {
            low |= 1L << index;
            return;
        }
        int words = index >>> 6;
        if (high == null) {
            high = new long[words];
        } else if (high.length < words) {
            high = Arrays.copyOf(high, words);
        }
        high[words - 1] |= 1L << index;
    }

    void clear(int line) {
        int index = line - 1;
        if (index < Long.SIZE) {
            low &= ~(1L << index);
        } else if (has(line)) {
            high[(index >>> 6) - 1] &= ~(1L << index);
        }
    }

    /** How many rows. */
    int count() {
        int rows = Long.bitCount(low);
        for (int i = 0; high != null && i < high.length; i++) {
            rows += Long.bitCount(high[i]);
        }
        return rows;
    }

    int bytes() {
        return BYTES + (high == null ? 0 : ARRAY_HEADER_BYTES + Long.BYTES * high.length);
    }
}
