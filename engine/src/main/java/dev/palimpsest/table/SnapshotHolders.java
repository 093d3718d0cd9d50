package dev.palimpsest.table;

import dev.palimpsest.tx.OldSnapshots;
import dev.palimpsest.tx.Transaction;

/**
 * Says of snapshots' holders whether anybody is at work with them. A transaction's object belongs to one session for ever, so the answer stays
 * true of the holder even if its transaction ended meanwhile. Thread-safe.
 */
public final class SnapshotHolders implements OldSnapshots.Holders {
    private final Sessions sessions;

    public SnapshotHolders(TableEngine engine) {
        this.sessions = engine.sessions();
    }

    @Override
    public boolean isOutside(Transaction holder) {
        boolean[] outside = new boolean[1];
        sessions.forEachOpen(open -> {
            if (open.tx() == holder) {
                outside[0] = open.isOutside();
            }
        });
        return outside[0];
    }
}
