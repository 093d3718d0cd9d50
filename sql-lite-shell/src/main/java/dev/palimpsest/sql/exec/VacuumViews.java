package dev.palimpsest.sql.exec;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.TableStatistics;
import dev.palimpsest.api.VacuumProgress;
import dev.palimpsest.sql.plan.Relations.Computed;
import dev.palimpsest.sql.plan.Scope.ScopeColumn;
import dev.palimpsest.sql.plan.SqlType;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * {@code pg_stat_progress_vacuum} and {@code pg_stat_user_tables}: PG's columns, as far as we have what they show, and some of ours behind
 * them. A relation is shown by its name, where PostgreSQL has its number: {@code relid = 't'::regclass} works with both.
 */
final class VacuumViews {
    private final Database database;

    VacuumViews(Database database) {
        this.database = database;
    }

    Computed progress() {
        List<ScopeColumn> columns = List.of(
                new ScopeColumn("pid", SqlType.INTEGER),
                new ScopeColumn("relid", SqlType.TEXT),
                new ScopeColumn("phase", SqlType.TEXT),
                new ScopeColumn("heap_blks_total", SqlType.BIGINT),
                new ScopeColumn("heap_blks_scanned", SqlType.BIGINT),
                new ScopeColumn("heap_blks_vacuumed", SqlType.BIGINT),
                new ScopeColumn("index_vacuum_count", SqlType.BIGINT),
                new ScopeColumn("max_dead_tuples", SqlType.BIGINT),
                new ScopeColumn("num_dead_tuples", SqlType.BIGINT),
                new ScopeColumn("autovacuum", SqlType.BOOLEAN));
        return new Computed(
                "pg_stat_progress_vacuum",
                columns,
                () -> database.vacuumProgress().stream().map(VacuumViews::row).iterator());
    }

    private static Object[] row(VacuumProgress p) {
        return new Object[] {
            p.id(),
            p.table(),
            p.phase().toString(),
            (long) p.heapBlocksTotal(),
            (long) p.heapBlocksScanned(),
            (long) p.heapBlocksVacuumed(),
            (long) p.indexVacuumCount(),
            p.maxDeadTuples(),
            p.deadTuples(),
            p.automatic()
        };
    }

    /** @param visible names of the tables that the transaction sees */
    Computed tables(Collection<String> visible) {
        List<ScopeColumn> columns = List.of(
                new ScopeColumn("relid", SqlType.TEXT),
                new ScopeColumn("schemaname", SqlType.TEXT),
                new ScopeColumn("relname", SqlType.TEXT),
                new ScopeColumn("n_tup_ins", SqlType.BIGINT),
                new ScopeColumn("n_tup_upd", SqlType.BIGINT),
                new ScopeColumn("n_tup_del", SqlType.BIGINT),
                new ScopeColumn("n_tup_hot_upd", SqlType.BIGINT),
                new ScopeColumn("n_live_tup", SqlType.BIGINT),
                new ScopeColumn("n_dead_tup", SqlType.BIGINT),
                new ScopeColumn("n_ins_since_vacuum", SqlType.BIGINT),
                new ScopeColumn("last_vacuum", SqlType.TIMESTAMPTZ),
                new ScopeColumn("last_autovacuum", SqlType.TIMESTAMPTZ),
                new ScopeColumn("vacuum_count", SqlType.BIGINT),
                new ScopeColumn("autovacuum_count", SqlType.BIGINT),
                new ScopeColumn("hot_upd_share", SqlType.DOUBLE),
                new ScopeColumn("n_pinned_tup", SqlType.BIGINT),
                new ScopeColumn("n_archived_tup", SqlType.BIGINT));
        return new Computed("pg_stat_user_tables", columns, () -> {
            Set<String> names = new HashSet<>(visible);
            return database.tableStatistics().stream()
                    .filter(statistics -> names.contains(statistics.table()))
                    .map(VacuumViews::row)
                    .iterator();
        });
    }

    private static Object[] row(TableStatistics s) {
        return new Object[] {
            s.table(),
            "public",
            s.table(),
            s.rowsInserted(),
            s.rowsUpdated(),
            s.rowsDeleted(),
            s.rowsHotUpdated(),
            s.liveRows(),
            s.deadVersions(),
            s.insertedSinceVacuum(),
            time(s.lastVacuumMicros()),
            time(s.lastAutovacuumMicros()),
            s.vacuumCount(),
            s.autovacuumCount(),
            s.rowsUpdated() == 0 ? null : (Object) (Math.rint(1000.0 * s.rowsHotUpdated() / s.rowsUpdated()) / 1000),
            s.pinnedVersions(),
            s.archivedVersions()
        };
    }

    private static Object time(long micros) {
        return micros == 0 ? null : Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }
}
