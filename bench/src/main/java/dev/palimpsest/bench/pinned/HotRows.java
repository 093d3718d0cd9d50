package dev.palimpsest.bench.pinned;

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
    private long state;

    HotRows(int rows, int hot, Layout layout, long seed) {
        if (hot > rows) {
            throw new IllegalArgumentException("more hot rows than rows: " + hot + " > " + rows);
        }
        this.rows = rows;
        this.hot = hot;
        this.layout = layout;
        this.state = 0x9E3779B97F4A7C15L * (seed + 1);
    }

    /** The next key. Marsaglia's xorshift64. */
    long next() {
        state ^= state << 13;
        state ^= state >>> 7;
        state ^= state << 17;
        long number = ((state >>> 32) * hot) >>> 32;
        return layout == Layout.TOGETHER ? rows - hot + number : number * (rows / hot);
    }

    /** What an update of this key adds. */
    static long delta(long key) {
        return 1 + (key & 7);
    }
}
