package dev.palimpsest.vacuum;

import dev.palimpsest.api.VacuumProgress;
import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.catalog.CatalogSnapshot;
import dev.palimpsest.catalog.StorageParameters;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.lock.LockMode;
import dev.palimpsest.table.TableActivity;
import dev.palimpsest.table.TableEngine;
import dev.palimpsest.table.UserSession;
import dev.palimpsest.tx.Transaction;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Vacuums tables, each in a transaction of its own with the lock that keeps other vacuums and changes of the table's definition out; and tells
 * the statistics. Thread-safe.
 */
public final class TableVacuum {
    private final TableEngine tables;
    private final ArchiveOpener archive;
    private final StatusTruncation status;
    private final BooleanSupplier stopping;
    private final Set<VacuumState> running = ConcurrentHashMap.newKeySet();

    /** What each table's last vacuum left because of snapshots, by oid. */
    private final Map<Integer, KeptVersions> kept = new ConcurrentHashMap<>();

    /** Oids of the tables of which the last vacuum left versions in their pages that were to go to the archive, since that was still being made. */
    private final Set<Integer> awaitingArchive = ConcurrentHashMap.newKeySet();

    /** @param stopping the database is being closed */
    public TableVacuum(TableEngine tables, ArchiveOpener archive, StatusTruncation status, BooleanSupplier stopping) {
        this.tables = tables;
        this.archive = archive;
        this.status = status;
        this.stopping = stopping;
    }

    /** What runs now, in order of tables. */
    public List<VacuumProgress> progress() {
        return running.stream()
                .map(VacuumState::progress)
                .sorted(Comparator.comparing(VacuumProgress::oid))
                .toList();
    }

    /** What the table's last vacuum left because of snapshots. */
    public KeptVersions kept(int oid) {
        return kept.getOrDefault(oid, KeptVersions.NONE);
    }

    /** The table's last vacuum couldn't archive what is to go there, and the next one can. */
    public boolean canArchiveMore(int oid) {
        return awaitingArchive.contains(oid) && archive.isThere();
    }

    /** Other tables are gone. */
    public void retain(Set<Integer> oids) {
        kept.keySet().retainAll(oids);
        awaitingArchive.retainAll(oids);
        tables.activity().retain(oids);
    }

    /**
     * Vacuums one table.
     *
     * @param wait SKIP_LOCKED: if the lock isn't free at once, the report says so
     * @param session whose limits and cancel count, or null
     * @param startNanos when the statement began that this is part of
     * @param goal by the table's storage parameters
     */
    public VacuumReport run(
            String name,
            WaitPolicy wait,
            UserSession session,
            long startNanos,
            Function<StorageParameters, VacuumGoal> goal) {
        return tables.inTransaction(session, startNanos, tx -> {
            while (true) { // looked up, locked, looked up again
                CatalogSnapshot catalog = tables.catalog().current(tx);
                TableInfo table = catalog.table(name);
                if (table == null) {
                    return skipped(
                            name,
                            catalog.isTaken(name)
                                    ? "cannot vacuum non-tables or special system tables"
                                    : "relation no longer exists");
                }
                boolean locked = tables.transactions()
                        .locks()
                        .lockRelation(tx, table.oid(), LockMode.SHARE_UPDATE_EXCLUSIVE, wait, name);
                if (!locked) {
                    return skipped(name, "lock not available");
                }
                if (tables.catalog().current(tx) == catalog) {
                    return vacuum(tx, table, goal.apply(table.storageParameters()));
                }
            }
        });
    }

    private VacuumReport vacuum(Transaction tx, TableInfo table, VacuumGoal goal) {
        TableActivity activity = tables.activity();
        long deadBefore = activity.deadMark(table);
        VacuumState state = new VacuumState(tx.processId(), table.name(), table.oid(), goal.automatic());
        Pace pace = new Pace(
                tables.heapContext().scheduler(), tables.transactions().locks(), tx, goal, stopping, archive::tend);
        running.add(state);
        VacuumResult result;
        try {
            result = new RelationVacuum(tables.heapContext(), table, goal, state, pace, archive).run();
        } finally {
            running.remove(state);
        }
        VacuumReport report = result.report();
        kept.put(table.oid(), result.kept());
        if (report.awaitsArchive()) {
            awaitingArchive.add(table.oid());
        } else {
            awaitingArchive.remove(table.oid());
        }
        status.vacuumed(table, result);
        activity.vacuumed(
                table,
                goal.automatic(),
                result.allRows(),
                report.versionsRemoved(),
                report.versionsPinned(),
                report.versionsInArchive(),
                deadBefore,
                tables.heapContext().scheduler().currentTimeMicros());
        return report;
    }

    private static VacuumReport skipped(String name, String why) {
        return new VacuumReport(
                name,
                false,
                why,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                false,
                0,
                0,
                0,
                List.of(),
                0,
                0,
                0,
                VacuumReport.Usage.NONE);
    }
}
