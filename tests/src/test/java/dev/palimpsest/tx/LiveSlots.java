package dev.palimpsest.tx;

import java.util.List;

/** The live snapshots at a moment at which nobody else runs. */
public final class LiveSlots {
    private final List<LiveSnapshots.Entry> snapshots;
    private final long published;
    private final long limit;

    private LiveSlots(List<LiveSnapshots.Entry> snapshots, long published, long limit) {
        this.snapshots = snapshots;
        this.published = published;
        this.limit = limit;
    }

    public static LiveSlots now(TransactionManager transactions) {
        long published = transactions.published();
        return new LiveSlots(
                transactions.liveSnapshots().entries().stream()
                        .filter(snapshot -> !snapshot.pending())
                        .toList(),
                published,
                transactions.captureHorizon().limit());
    }

    /** Those that have their number. */
    public List<LiveSnapshots.Entry> snapshots() {
        return snapshots;
    }

    public long published() {
        return published;
    }

    /** The lowest number that one without its number may get, or {@link #published}. */
    public long limit() {
        return limit;
    }
}
