package dev.palimpsest.heap;

import dev.palimpsest.tx.Horizon;

/**
 * What vacuum does to one heap, a page at a time: each operation holds the latch of one page (and shortly that of a map page) and
 * logs one record. The order of a vacuum, and why it is safe: README.md, "Vacuum".
 *
 * <p>Thread-safe towards everybody else; of one heap only one vacuum may run (SHARE UPDATE EXCLUSIVE on the table).
 */
public final class HeapVacuum {
    /** Says where links to roots that are to be freed shall lead. Asked under a latch: looks up, waits for nothing. */
    public interface Links {
        /** @return the root that a link to this one leads to from now on: itself if it stays, {@link dev.palimpsest.id.Tid#NONE} for nowhere */
        long follow(long target);

        /** Did a key change, or was the row deleted, between that root and the one it is replaced by? True where it leads nowhere. */
        boolean isKeyEnded(long target);
    }

    HeapVacuum() {}

    /** The first page from a block on whose bit in the visibility map isn't set; the number of blocks if there is none. */
    public int nextNotAllVisible(int fromBlock) {
        throw new UnsupportedOperationException();
    }

    /** Is a page's bit in the visibility map set? */
    public boolean isAllVisible(int block) {
        throw new UnsupportedOperationException();
    }

    /** How many pages' bits are set, about. */
    public int allVisibleCount() {
        throw new UnsupportedOperationException();
    }

    /**
     * Removes and archives what it can, marks roots as dead, and tells of what is left to do. A page past the end (cut meanwhile) is an empty one.
     *
     * @param horizon captured before this call, at any time
     */
    public PageOutcome prunePage(int block, Horizon horizon, VacuumCollector collector) {
        throw new UnsupportedOperationException();
    }

    /**
     * Makes links of the page's versions, on the page and in the archive, lead past roots that are to be freed. Before any of those is freed.
     *
     * @return false if the archive refused: then none of the targets that this page links to may be freed now
     */
    public boolean relink(int block, Links links) {
        throw new UnsupportedOperationException();
    }

    /**
     * Gives line pointers of dead roots, and of archived ones without need, back. Their index entries are gone, nothing links to them. Others among the
     * line pointers are left alone.
     *
     * @param lines of the page
     * @param horizon for whether the page has become visible to all
     */
    public PageOutcome free(int block, int[] lines, int count, Horizon horizon) {
        throw new UnsupportedOperationException();
    }

    /** True if no line pointer of the page is in use, or there is no such page. */
    public boolean isEmpty(int block) {
        throw new UnsupportedOperationException();
    }

    /** One more than the last block that isn't {@link #isEmpty}: what follows may be cut off. */
    public int usedBlockCount() {
        throw new UnsupportedOperationException();
    }

    /** Sees the archived versions of a page: for the sweep of big values, and for views. */
    public interface ArchiveVisitor {
        /**
         * @param rootTid whose chain it belongs to
         * @param tid where it was
         * @param needed false if it is kept for its keys only
         */
        void visit(long rootTid, long tid, long beginCsn, long endCsn, byte[] tuple, boolean needed);
    }

    /** Visits the archived versions of a page. */
    public void forEachArchived(int block, ArchiveVisitor visitor) {
        throw new UnsupportedOperationException();
    }

    /** Where a dead root's row went on: another root, or {@link dev.palimpsest.id.Tid#NONE} if it was deleted there. */
    public static long successor(long tid, byte[] body) {
        throw new UnsupportedOperationException();
    }

    /** Did a key change when this version ended, or was the row deleted? */
    public static boolean isKeyEnded(byte[] body) {
        throw new UnsupportedOperationException();
    }
}
