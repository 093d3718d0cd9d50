package dev.palimpsest.api;

import java.util.List;

/**
 * One stored version of a row, whoever can see it, or a line pointer without one.
 *
 * @param ctid where it is, {@code (block,linePointer)}; for an archived version where it was
 * @param linePointer its line pointer's state: NORMAL, REDIRECT (then {@code next} is its target and the rest is empty), DEAD (its version
 *     is kept for its keys only) or ARCHIVED: for a root whose versions are all in the archive, and for versions that are there
 * @param xmin who wrote it
 * @param xmax who ended it, 0 for nobody (an aborted one counts as nobody)
 * @param xminStatus committed, aborted, in progress
 * @param xmaxStatus the same, or none
 * @param xminCsn its commit sequence number, 0 if it is older than every live snapshot, or not committed
 * @param xmaxCsn the same for xmax
 * @param next the next version's place, or null
 * @param heapOnly no index entry points to it (HOT)
 * @param row its columns, null where there are none
 * @param root of an archived version: its chain's root, on the page that it belongs to; else null
 * @param state {@code live} (not ended by a commit), {@code dead} (nobody needs it), {@code pinned} (dead, but needed, and on its page),
 *     {@code archived}; null where there is no version
 * @param pinnedBy the snapshots that need it, oldest first; empty unless it is pinned or archived
 */
public record TupleVersion(
        String ctid,
        String linePointer,
        long xmin,
        long xmax,
        String xminStatus,
        String xmaxStatus,
        long xminCsn,
        long xmaxCsn,
        String next,
        boolean heapOnly,
        Row row,
        String root,
        String state,
        List<LiveSnapshot> pinnedBy) {
    public TupleVersion {
        pinnedBy = List.copyOf(pinnedBy);
    }
}
