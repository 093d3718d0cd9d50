package dev.palimpsest.btree;

/**
 * A unique index's question to the table: does the row that this entry points to still stand in the way?
 *
 * <p>Asked under an exclusive index latch, so it may latch heap pages and read the commit log, and must not wait for a transaction.
 */
@FunctionalInterface
public interface LiveTupleCheck {
    /** No live row behind the entry: dead, aborted, or deleted by a transaction that counts. */
    long NO_CONFLICT = 0;

    /** A live row has this key. */
    long CONFLICT = -1;

    /**
     * @param tid the root line pointer of the row's HOT chain
     * @return {@link #NO_CONFLICT}, {@link #CONFLICT}, or the xid (positive) whose end decides: release everything, wait, try again
     */
    long check(long tid);
}
