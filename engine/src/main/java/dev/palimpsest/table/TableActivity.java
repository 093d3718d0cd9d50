package dev.palimpsest.table;

import dev.palimpsest.api.TableStatistics;
import dev.palimpsest.catalog.Catalog;
import dev.palimpsest.catalog.TableInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What has happened to each table since the database was opened: sums over the sessions' own counts, and what vacuums found. Estimates, never
 * waited for by who changes rows. Thread-safe.
 */
public final class TableActivity {
    /**
     * What the last vacuum of a table left. Immutable.
     *
     * @param liveBase rows then, less what the counts said then; {@link #UNKNOWN} before the first vacuum that saw all
     * @param deadBase the same for dead versions
     * @param insertedBase rows inserted by then
     */
    private record Vacuumed(
            long liveBase,
            long deadBase,
            long insertedBase,
            long pinned,
            long archived,
            long lastMicros,
            long lastAutomaticMicros,
            long count,
            long automaticCount) {
        static final Vacuumed NEVER = new Vacuumed(UNKNOWN, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    private static final long UNKNOWN = Long.MIN_VALUE;

    private final Sessions sessions;
    private final Catalog catalog;

    /** Of sessions that are gone. Guarded by this. */
    private final Map<Integer, long[]> retired = new HashMap<>();

    private final Map<Integer, Vacuumed> vacuumed = new ConcurrentHashMap<>();

    TableActivity(Sessions sessions, Catalog catalog) {
        this.sessions = sessions;
        this.catalog = catalog;
    }

    /** @param forget takes them away from where they were, so that they aren't counted twice */
    synchronized void add(RowCounts[] counts, Runnable forget) {
        for (RowCounts table : counts) {
            table.addTo(retired.computeIfAbsent(table.oid, none -> new long[RowCounts.FIELDS]));
        }
        forget.run();
    }

    private synchronized Map<Integer, long[]> sums() {
        Map<Integer, long[]> sums = new HashMap<>();
        retired.forEach((oid, values) -> sums.put(oid, values.clone()));
        sessions.forEachSession(session -> session.counts().addTo(sums));
        return sums;
    }

    /** In the order given. */
    public List<TableStatistics> list(Collection<TableInfo> tables) {
        Map<Integer, long[]> sums = sums();
        List<TableStatistics> list = new ArrayList<>();
        for (TableInfo table : tables) {
            list.add(statistics(table, of(table, sums)));
        }
        return list;
    }

    public TableStatistics of(TableInfo table) {
        return list(List.of(table)).get(0);
    }

    private TableStatistics statistics(TableInfo table, long[] sums) {
        Vacuumed last = vacuumed.getOrDefault(table.oid(), Vacuumed.NEVER);
        long live = sums[RowCounts.LIVE] + (last.liveBase == UNKNOWN ? 0 : last.liveBase);
        return new TableStatistics(
                table.name(),
                table.oid(),
                sums[RowCounts.INSERTED],
                sums[RowCounts.UPDATED],
                sums[RowCounts.HOT_UPDATED],
                sums[RowCounts.DELETED],
                Math.max(0, live),
                Math.max(0, last.deadBase + rawDead(table, sums)),
                last.pinned,
                last.archived,
                Math.max(0, sums[RowCounts.INSERTED] - last.insertedBase),
                last.lastMicros,
                last.lastAutomaticMicros,
                last.count,
                last.automaticCount);
    }

    private long[] of(TableInfo table, Map<Integer, long[]> sums) {
        long[] values = sums.getOrDefault(table.oid(), new long[RowCounts.FIELDS]);
        if (table.isSystem()) { // no session counts them
            values[RowCounts.INSERTED] = catalog.insertedSystemRows(table.oid());
            values[RowCounts.DELETED] = catalog.deletedSystemRows(table.oid());
            values[RowCounts.LIVE] = values[RowCounts.INSERTED] - values[RowCounts.DELETED];
            values[RowCounts.DEAD] = values[RowCounts.DELETED];
        }
        return values;
    }

    /** Versions that died, less those that prunes have removed. */
    private long rawDead(TableInfo table, long[] sums) {
        return sums[RowCounts.DEAD] - catalog.context().counters().prunedFrom(table.oid());
    }

    /** What {@link TableStatistics#deadVersions} grew by so far, for {@link #vacuumed}. */
    public long deadMark(TableInfo table) {
        return rawDead(table, of(table, sums()));
    }

    /**
     * A vacuum has ended.
     *
     * @param allRows how many rows there are, -1 if not every page was seen
     * @param removed versions that it removed
     * @param pinned versions that stay in pages because of snapshots
     * @param deadBefore {@link #deadMark} at its beginning: what died since then may have escaped it
     */
    public void vacuumed(
            TableInfo table,
            boolean automatic,
            long allRows,
            long removed,
            long pinned,
            long archived,
            long deadBefore,
            long nowMicros) {
        long[] sums = of(table, sums());
        vacuumed.compute(table.oid(), (oid, before) -> {
            Vacuumed last = before == null ? Vacuumed.NEVER : before;
            long liveBase = allRows >= 0 ? allRows - sums[RowCounts.LIVE] : last.liveBase;
            return new Vacuumed(
                    liveBase,
                    pinned + removed - deadBefore,
                    sums[RowCounts.INSERTED],
                    pinned,
                    archived,
                    automatic ? last.lastMicros : nowMicros,
                    automatic ? nowMicros : last.lastAutomaticMicros,
                    last.count + (automatic ? 0 : 1),
                    last.automaticCount + (automatic ? 1 : 0));
        });
    }

    /** Tables other than these are gone. */
    public synchronized void retain(Collection<Integer> oids) {
        retired.keySet().retainAll(oids);
        vacuumed.keySet().retainAll(oids);
    }
}
