package dev.palimpsest.tx;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A claimable word in a cache line of its own, shared with one more word of its claimant. 0 is free. See {@link CellArray}.
 *
 * <p>Thread-safe: claimed by CAS, then written by its claimant only.
 */
class Cell {
    /** One cache line for each cell. */
    static final int LONGS = 8;

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] words;
    private final int index;

    Cell(long[] words, int index) {
        this.words = words;
        this.index = index;
    }

    /** Volatile. */
    final long value() {
        return (long) WORD.getVolatile(words, index);
    }

    /** Claims a free cell: a CAS, so a full fence. */
    final boolean claim(long value) {
        return (long) WORD.getOpaque(words, index) == 0 && WORD.compareAndSet(words, index, 0L, value);
    }

    /** Changes a claimed cell, unless its claimant has freed it or written it meanwhile. Any thread. */
    final boolean replace(long expected, long value) {
        return WORD.compareAndSet(words, index, expected, value);
    }

    /** Claimant only: what it read before stays before this store. Pairs with {@link #value}. */
    final void setRelease(long value) {
        WORD.setRelease(words, index, value);
    }

    /** The second word, no order. */
    final long companion() {
        return (long) WORD.getOpaque(words, index + 1);
    }

    /** Claimant only; ordered before its next {@link #setRelease}. */
    final void setCompanion(long value) {
        WORD.setOpaque(words, index + 1, value);
    }
}
