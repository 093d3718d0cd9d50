package dev.palimpsest.heap;

/**
 * Told by {@link HeapVacuum#prunePage} what a page holds that is to be dealt with elsewhere. Called on the vacuum's thread without any latch; arrays
 * are copies that the receiver may keep.
 */
public interface VacuumCollector {
    /**
     * A root whose chain is dead altogether: when its index entries are gone, {@link HeapVacuum#free} takes it. It is told of again in each
     * pass until then.
     *
     * @param body one of its versions, header included: its columns give the keys of the index entries, its header says where the row went
     *     on ({@link HeapVacuum#successor})
     */
    void deadRoot(long tid, byte[] body);

    /**
     * A root whose versions were all in the archive, and no snapshot needs one any more; otherwise as {@link #deadRoot}.
     *
     * @param body null if it is not known, since the archive was lost with the last run: then each index has to be searched for the tid
     */
    void archivedRoot(long tid, byte[] body);

    /**
     * A version on this page (or archived from it) has ended and leads to another root. If that root is to be freed, {@link HeapVacuum#relink}
     * goes first for this page. Told for dead roots' bodies, too.
     */
    void link(int block, long target);

    /**
     * A version that ended is kept, since a snapshot s with begin ≤ s &lt; end may need it, or it ended after the capture.
     *
     * @param endCsn {@link dev.palimpsest.id.Lsn#INFINITE} while the end is undecided
     */
    default void kept(long beginCsn, long endCsn) {}
}
