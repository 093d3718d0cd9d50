package dev.palimpsest.api;

/**
 * One line pointer or version that a statement meets, and why its snapshot sees it or not.
 *
 * @param ctid where it is, {@code (block,linePointer)}; for an archived version where it was
 * @param linePointer NORMAL, REDIRECT, DEAD or ARCHIVED (as a version's, it is the archive's)
 * @param root the root line pointer of its chain, where the statement came from an index or the archive; else null
 * @param xmin who wrote it, 0 where there is no version
 * @param xminStatus committed, aborted, in progress or own; null where there is no version
 * @param xminCsn its commit sequence number, 0 if it is older than every live snapshot, or not committed
 * @param xmax who ended it, 0 for nobody
 * @param xmaxStatus the same as for xmin, or none
 * @param xmaxCsn the same for xmax
 * @param snapshotCsn the number that the statement reads as of
 * @param rule what decided
 * @param row its columns, null where there is no version
 */
public record VisibilityVerdict(
        String ctid,
        String linePointer,
        String root,
        long xmin,
        String xminStatus,
        long xminCsn,
        long xmax,
        String xmaxStatus,
        long xmaxCsn,
        long snapshotCsn,
        VisibilityRule rule,
        Row row) {
    /** True if the statement's snapshot sees this version. */
    public boolean isVisible() {
        return rule.isVisible();
    }
}
