package dev.palimpsest.api;

/**
 * Why a snapshot sees a version or not: one for each case of the truth table. Own is what the snapshot's transaction and its live
 * subtransactions wrote; "later" commits are those with a higher number than the snapshot's.
 */
public enum VisibilityRule {
    // the beginning decides
    OWN_NOT_YET(false, "written by this command of the own transaction, or a later one"),
    XMIN_IN_PROGRESS(false, "written by another transaction that is still in progress"),
    XMIN_ABORTED(false, "written by a transaction that was rolled back"),
    XMIN_LATER(false, "written by a transaction that committed after the snapshot"),
    KILLED(false, "taken back by the transaction that wrote it"),

    // written by an earlier command of the own transaction
    OWN(true, "written by an earlier command of the own transaction"),
    OWN_XMAX_ABORTED(true, "written by an earlier command of the own transaction; who ended it was rolled back"),
    OWN_ENDED_NOT_YET(
            true,
            "written by an earlier command of the own transaction, and ended by this command of it, or a later one"),
    OWN_ENDED(false, "written and ended by earlier commands of the own transaction"),

    // written by a transaction that the snapshot sees
    COMMITTED(true, "committed before the snapshot, and never ended"),
    COMMITTED_XMAX_ABORTED(true, "committed before the snapshot; who ended it was rolled back"),
    COMMITTED_XMAX_IN_PROGRESS(true, "committed before the snapshot; who ends it is still in progress"),
    COMMITTED_XMAX_OWN_NOT_YET(
            true, "committed before the snapshot, and ended by this command of the own transaction, or a later one"),
    COMMITTED_XMAX_LATER(true, "committed before the snapshot; who ended it committed after the snapshot"),
    COMMITTED_XMAX_OWN(false, "committed before the snapshot, and ended by an earlier command of the own transaction"),
    ENDED(false, "committed and ended before the snapshot"),

    // in the archive: beginning and end are committed
    ARCHIVED(true, "in the archive: committed before the snapshot, ended after it"),
    ARCHIVED_LATER(false, "in the archive: committed after the snapshot"),
    ARCHIVED_ENDED(false, "in the archive: ended before the snapshot"),

    // line pointers without a version to be judged
    REDIRECT(false, "leads to another line pointer of its page"),
    DEAD(false, "dead: kept only until its index entries are gone"),
    ARCHIVED_POINTER(false, "its versions are in the archive");

    private final boolean visible;
    private final String text;

    VisibilityRule(boolean visible, String text) {
        this.visible = visible;
        this.text = text;
    }

    /** What it decides. */
    public boolean isVisible() {
        return visible;
    }

    /** For people. */
    public String text() {
        return text;
    }
}
