package dev.palimpsest.tx;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A growable array of {@link Cell}s that threads claim and free. A claim tries the claimant's last cell, then a few random ones, and
 * doubles the array if all are taken: so its cost doesn't depend on how many are claimed. Never shrinks.
 *
 * <p>Whoever lists the cells meets each one whose claim came before the listing, in the order of volatile accesses: growth is published
 * before a new cell can be claimed. Thread-safe.
 */
final class CellArray<C extends Cell> {
    /** Makes a cell at a place in its segment. */
    interface Maker<C extends Cell> {
        C make(long[] words, int index);
    }

    private static final int FIRST_CELLS = 64;
    private static final int PROBES = 12;

    private final Maker<C> maker;

    /** A power of two of cells; replaced by CAS when it grows. */
    private final AtomicReference<Object[]> cells;

    /** A racy counter: only spreads probes. No thread's number: the same seed of a simulation has to take the same cells. */
    private long spread;

    CellArray(Maker<C> maker) {
        this.maker = maker;
        this.cells = new AtomicReference<>(grown(new Object[0], FIRST_CELLS));
    }

    /**
     * Claims a cell with a first value, which must not be 0.
     *
     * @param last tried first; may be null
     */
    C claim(C last, long value) {
        return last != null && last.claim(value) ? last : claimAnother(value);
    }

    /** Valid until the next call that sees growth: pass to {@link #at}. */
    Object[] listing() {
        return cells.get();
    }

    @SuppressWarnings("unchecked")
    C at(Object[] listing, int i) {
        return (C) listing[i];
    }

    private C claimAnother(long value) {
        long random = ++spread * 0x9E3779B97F4A7C15L;
        for (; ; ) {
            Object[] current = cells.get();
            for (int i = 0; i < PROBES; i++) {
                C cell = at(current, (int) (random >>> 32) & current.length - 1);
                if (cell.claim(value)) {
                    return cell;
                }
                random = (random + ++spread) * 0xD1342543DE82EF95L + 1;
            }
            cells.compareAndSet(current, grown(current, current.length));
        }
    }

    private Object[] grown(Object[] before, int more) {
        Object[] after = Arrays.copyOf(before, before.length + more);
        // one line of room at both ends: the neighbours of this segment are nobody's business
        long[] words = new long[(more + 2) * Cell.LONGS];
        for (int i = 0; i < more; i++) {
            after[before.length + i] = maker.make(words, (i + 1) * Cell.LONGS);
        }
        return after;
    }
}
