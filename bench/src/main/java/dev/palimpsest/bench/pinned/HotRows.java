package dev.palimpsest.bench.pinned;

import dev.palimpsest.bench.XorShift;

/**
 * Which rows are changed: some of many, each as likely as the others.
 *
 * <p>Used by one thread.
 *
 * @see Layout
 */
final class HotRows {
    /** Where the hot rows are. */
    enum Layout {
        /** The last ones: their pages have nothing else. */
        TOGETHER,
        /** One in so many: each page has a few. */
        SPREAD
    }

    private final int rows;
    private final int hot;
    private final Layout layout;
    private final XorShift random;

    HotRows(int rows, int hot, Layout layout, long seed) {
        if (hot > rows) {
            throw new IllegalArgumentException("more hot rows than rows: " + hot + " > " + rows);
        }
        this.rows = rows;
        this.hot = hot;
        this.layout = layout;
        this.random = new XorShift(seed);
    }

    /** The next key. */
    long next() {
        long number = random.below(hot);
        return layout == Layout.TOGETHER ? rows - hot + number : number * (rows / hot);
    }
}
