package dev.palimpsest.heap;

import dev.palimpsest.api.VisibilityRule;
import dev.palimpsest.id.Lsn;
import dev.palimpsest.id.Xid;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tx.Snapshot;
import dev.palimpsest.tx.TransactionManager;

/**
 * Which version a snapshot sees: DESIGN's truth table, in one place. Stateless but for the transactions it asks; thread-safe.
 *
 * <p>A transaction's fate is one number here: {@link #ABORTED}, its CSN when committed (0 if it is older than every live snapshot),
 * or {@link Lsn#INFINITE} while undecided. The log reads status first and number second, so a number is never missed for a commit
 * that a live snapshot separates.
 *
 * <p>Source of the shape: PostgreSQL, {@code heapam_visibility.c}.
 */
public final class Visibility {
    public static final long ABORTED = TransactionManager.ABORTED;

    private final TransactionManager transactions;

    public Visibility(TransactionManager transactions) {
        this.transactions = transactions;
    }

    /** True if the snapshot sees the version with this header. The marks in {@code flags} spare look-ups. */
    public boolean isVisible(Snapshot snapshot, long xmin, long xmax, int flags, int cmin, int cmax) {
        if (!began(snapshot, xmin, flags, cmin)) {
            return false;
        }
        return !ended(snapshot, xmax, flags, cmax);
    }

    /** As {@link #isVisible}, but says why: the case of the truth table. For people; asks the logs about everything. */
    public VisibilityRule explain(Snapshot snapshot, long xmin, long xmax, int flags, int cmin, int cmax) {
        boolean own = (flags & TupleLayout.XMIN_COMMITTED) == 0
                && snapshot.transaction().isOwn(xmin);
        if ((flags & TupleLayout.XMIN_ABORTED) != 0) {
            return own ? VisibilityRule.KILLED : VisibilityRule.XMIN_ABORTED;
        }
        if (own) {
            return Integer.compareUnsigned(cmin, snapshot.commandId()) < 0
                    ? explainEnd(snapshot, xmax, flags, cmax, true)
                    : VisibilityRule.OWN_NOT_YET;
        }
        long csn = beginCsn(xmin, flags);
        if (csn == ABORTED) {
            return VisibilityRule.XMIN_ABORTED;
        }
        if (csn > snapshot.csn()) {
            return csn == Lsn.INFINITE ? VisibilityRule.XMIN_IN_PROGRESS : VisibilityRule.XMIN_LATER;
        }
        return explainEnd(snapshot, xmax, flags, cmax, false);
    }

    /** The beginning is visible. @param own by an earlier command, else committed: others end an own version only after its commit */
    private VisibilityRule explainEnd(Snapshot snapshot, long xmax, int flags, int cmax, boolean own) {
        if (xmax == Xid.NONE) {
            return own ? VisibilityRule.OWN : VisibilityRule.COMMITTED;
        }
        if ((flags & (TupleLayout.XMAX_COMMITTED | TupleLayout.XMAX_ABORTED)) == 0
                && snapshot.transaction().isOwn(xmax)) {
            if (Integer.compareUnsigned(cmax, snapshot.commandId()) < 0) {
                return own ? VisibilityRule.OWN_ENDED : VisibilityRule.COMMITTED_XMAX_OWN;
            }
            return own ? VisibilityRule.OWN_ENDED_NOT_YET : VisibilityRule.COMMITTED_XMAX_OWN_NOT_YET;
        }
        long csn = endCsn(xmax, flags);
        if (csn == ABORTED) {
            return own ? VisibilityRule.OWN_XMAX_ABORTED : VisibilityRule.COMMITTED_XMAX_ABORTED;
        }
        if (csn <= snapshot.csn()) {
            return VisibilityRule.ENDED;
        }
        return csn == Lsn.INFINITE ? VisibilityRule.COMMITTED_XMAX_IN_PROGRESS : VisibilityRule.COMMITTED_XMAX_LATER;
    }

    private boolean began(Snapshot snapshot, long xmin, int flags, int cmin) {
        if ((flags & TupleLayout.XMIN_ABORTED) != 0) {
            return false;
        }
        if ((flags & TupleLayout.XMIN_COMMITTED) == 0 && snapshot.transaction().isOwn(xmin)) {
            return Integer.compareUnsigned(cmin, snapshot.commandId()) < 0;
        }
        long csn = beginCsn(xmin, flags);
        return csn != ABORTED && csn <= snapshot.csn();
    }

    private boolean ended(Snapshot snapshot, long xmax, int flags, int cmax) {
        if (xmax == Xid.NONE || (flags & TupleLayout.XMAX_ABORTED) != 0) {
            return false;
        }
        if ((flags & TupleLayout.XMAX_COMMITTED) == 0 && snapshot.transaction().isOwn(xmax)) {
            return Integer.compareUnsigned(cmax, snapshot.commandId()) < 0;
        }
        long csn = endCsn(xmax, flags);
        return csn != ABORTED && csn <= snapshot.csn();
    }

    /** The fate of a version's writer. */
    public long beginCsn(long xmin, int flags) {
        if ((flags & TupleLayout.XMIN_ABORTED) != 0) {
            return ABORTED;
        }
        return (flags & TupleLayout.XMIN_COMMITTED) != 0
                ? transactions.commitNumbers().number(xmin)
                : transactions.commitCsn(xmin);
    }

    /** The fate of who ended a version; {@link #ABORTED} if nobody did. */
    public long endCsn(long xmax, int flags) {
        if (xmax == Xid.NONE || (flags & TupleLayout.XMAX_ABORTED) != 0) {
            return ABORTED;
        }
        return (flags & TupleLayout.XMAX_COMMITTED) != 0
                ? transactions.commitNumbers().number(xmax)
                : transactions.commitCsn(xmax);
    }
}
