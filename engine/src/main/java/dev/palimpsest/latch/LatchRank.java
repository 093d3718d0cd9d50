package dev.palimpsest.latch;

/**
 * The order in which latches are acquired: a thread may only acquire a latch of a rank after those it holds, or of the same rank where
 * {@link #nests} says so (the rank's own rule then gives the order within it).
 */
public enum LatchRank {
    /** Index pages: coupled only to the right and upward (btree README). */
    BTREE_PAGE(true),
    /** Heap pages: two at most, by block number. */
    HEAP_PAGE(true),
    /** Big-value, sequence and other single pages. */
    OTHER_PAGE(true),
    /** Free-space-map pages. */
    MAP_PAGE(false),
    /** The length of one relation fork. */
    EXTEND(false),
    /** The clock hand and the free list of frames. */
    CLOCK(false),
    /** Stripes of the row locks: two at most, by number. */
    ROW_LOCKS(true),
    /** The lock table: holders, queues and the graph of waits. */
    LOCK_TABLE(false),
    /** The WAL's insert position and buffer; a commit enters the publisher's queue under it. */
    WAL_INSERT(false),
    /** The publisher's queue of commits in record order. */
    PUBLISH(false),
    /** Status pages and commit numbers. */
    STATUS(false);

    private final boolean nests;

    LatchRank(boolean nests) {
        this.nests = nests;
    }

    /** True where a thread may hold several latches of this rank at once. */
    public boolean nests() {
        return nests;
    }
}
