package dev.palimpsest.vacuum;

import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.table.TableEngine;
import dev.palimpsest.tx.TransactionManager.EndedBoundary;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/**
 * Step 8 of README.md: how far back the status log is needed, by what each table's last vacuum found. In memory: after a restart each table is
 * vacuumed once more before the log is cut. Thread-safe.
 */
public final class StatusTruncation {
    /**
     * @param point below it, nothing in the table needs to be known any more
     * @param doneCsn the published number at its end: snapshots up to this may belong to readers with copies of pages of before it
     */
    private record Pass(EndedBoundary ended, long point, long doneCsn) {}

    private final TableEngine tables;
    private final Map<Integer, Pass> passes = new ConcurrentHashMap<>();

    /** When the database was opened. */
    private final long firstXid;

    /** CAS: one at a time. */
    private final AtomicBoolean busy = new AtomicBoolean();

    public StatusTruncation(TableEngine tables) {
        this.tables = tables;
        this.firstXid = tables.transactions().nextXid();
    }

    void vacuumed(TableInfo table, VacuumResult result) {
        long done = tables.transactions().published();
        passes.put(table.oid(), new Pass(result.ended(), result.statusPoint(), done));
    }

    /** How many transactions have begun since the table's last vacuum, or since the database was opened. */
    public long age(int oid) {
        Pass pass = passes.get(oid);
        return tables.transactions().nextXid() - (pass == null ? firstXid : pass.ended.xid());
    }

    /** Cuts the status log off as far as it can be. Waits for the log. */
    public void truncate() {
        if (busy.compareAndSet(false, true)) {
            try {
                truncateNow();
            } finally {
                busy.set(false);
            }
        }
    }

    /**
     * Every table that the catalog shows has a pass. One that it doesn't show yet was made by a transaction that was open at each of those passes,
     * or is younger: its xids are above all their boundaries.
     */
    private void truncateNow() {
        Set<Integer> oids =
                tables.currentCatalog().tables().stream().map(TableInfo::oid).collect(Collectors.toSet());
        passes.keySet().retainAll(oids);
        if (passes.size() < oids.size()) {
            return;
        }
        EndedBoundary ended = null;
        long point = Long.MAX_VALUE;
        long done = 0;
        for (Pass pass : passes.values()) {
            ended = ended == null || pass.ended.xid() < ended.xid() ? pass.ended : ended;
            point = Math.min(point, pass.point);
            done = Math.max(done, pass.doneCsn);
        }
        if (ended != null) {
            tables.transactions().truncateStatus(Math.min(point, ended.xid()), ended, done);
        }
    }
}
