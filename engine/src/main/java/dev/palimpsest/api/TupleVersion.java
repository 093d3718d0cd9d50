package dev.palimpsest.api;

/**
 * One stored version of a row, whoever can see it.
 *
 * @param ctid where it is, {@code (block,linePointer)}
 * @param linePointer its line pointer's state: NORMAL, REDIRECT (then {@code next} is its target and the rest is empty) or DEAD
 * @param xmin who wrote it
 * @param xmax who ended it, 0 for nobody (an aborted one counts as nobody)
 * @param xminStatus committed, aborted, in progress
 * @param xmaxStatus the same, or none
 * @param xminCsn its commit sequence number, 0 if it is older than every live snapshot, or not committed
 * @param xmaxCsn the same for xmax
 * @param next the next version's place, or null
 * @param heapOnly no index entry points to it (HOT)
 * @param row its columns, null where there are none
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
        Row row) {}
