package dev.palimpsest.tx;

import dev.palimpsest.api.SnapshotInfo;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A snapshot's number in PostgreSQL's words. Exact about what it sees: a xid below xmax that isn't listed has committed at the number or
 * before, or was rolled back (before or after the snapshot was taken: that is not kept). As in PostgreSQL, xids of open transactions'
 * subtransactions aren't listed; those of transactions that committed since can't be told from others, and are. Stateless.
 */
final class SnapshotDescription {
    private SnapshotDescription() {}

    /**
     * @param csn held by the caller in a slot, so that no number above it is forgotten
     * @param firstXid older ones have ended, and no commit of theirs is above the number
     * @param nextXid read after the snapshot was taken
     */
    static SnapshotInfo of(
            long csn,
            long firstXid,
            long nextXid,
            ActiveTransactions active,
            CommitLog statuses,
            CommitNumbers numbers) {
        Set<Long> subXids = new HashSet<>();
        active.forEach(transaction -> transaction.addSubXids(subXids));
        List<Long> unseen = new ArrayList<>();
        long lastSeen = firstXid - 1;
        for (long xid = firstXid; xid < nextXid; xid++) {
            if (xid % CommitNumbers.CHUNK_XIDS == 0
                    && xid + CommitNumbers.CHUNK_XIDS <= nextXid
                    && numbers.isSeen(xid, csn)
                    && statuses.allEnded(xid, CommitNumbers.CHUNK_XIDS)) {
                xid += CommitNumbers.CHUNK_XIDS - 1;
                lastSeen = xid;
                continue;
            }
            int status = statuses.status(xid); // status first, number second
            boolean seen = status == CommitLog.ABORTED || status == CommitLog.COMMITTED && numbers.number(xid) <= csn;
            if (seen) {
                lastSeen = xid;
            } else if (!subXids.contains(xid)) {
                unseen.add(xid);
            }
        }
        long xmax = lastSeen + 1;
        unseen.removeIf(xid -> xid >= xmax);
        return new SnapshotInfo(unseen.isEmpty() ? xmax : unseen.get(0), xmax, unseen);
    }
}
