package dev.palimpsest.sql.exec;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.LiveSnapshot;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.SnapshotPin;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TupleVersion;
import dev.palimpsest.sql.plan.Relations.Computed;
import dev.palimpsest.sql.plan.RowTuple;
import dev.palimpsest.sql.plan.Scope.ScopeColumn;
import dev.palimpsest.sql.plan.SqlType;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** {@code mvcc_versions} and {@code mvcc_pins}: what is stored, and which snapshots keep it. */
final class SnapshotViews {
    private final Database database;
    private final Transaction transaction;

    SnapshotViews(Database database, Transaction transaction) {
        this.database = database;
        this.transaction = transaction;
    }

    Computed versions(TableSchema table) {
        List<ScopeColumn> columns = new ArrayList<>(List.of(
                new ScopeColumn("ctid", SqlType.TID),
                new ScopeColumn("line_pointer", SqlType.TEXT),
                new ScopeColumn("xmin", SqlType.XID),
                new ScopeColumn("xmin_status", SqlType.TEXT),
                new ScopeColumn("xmin_csn", SqlType.BIGINT),
                new ScopeColumn("xmax", SqlType.XID),
                new ScopeColumn("xmax_status", SqlType.TEXT),
                new ScopeColumn("xmax_csn", SqlType.BIGINT),
                new ScopeColumn("next", SqlType.TID),
                new ScopeColumn("heap_only", SqlType.BOOLEAN),
                new ScopeColumn("root", SqlType.TID),
                new ScopeColumn("state", SqlType.TEXT),
                new ScopeColumn("pinned_by", SqlType.TEXT)));
        int own = columns.size();
        table.columns().forEach(c -> columns.add(new ScopeColumn(c.name(), SqlType.of(c.type()))));
        return new Computed(
                "mvcc_versions",
                columns,
                () -> database.versions(transaction, table.name()).stream()
                        .map(version -> values(version, own, columns.size()))
                        .iterator());
    }

    private static Object[] values(TupleVersion v, int own, int count) {
        Object[] values = new Object[count];
        Object[] header = {
            v.ctid(),
            v.linePointer(),
            v.xminStatus() == null ? null : (Object) v.xmin(),
            v.xminStatus(),
            orNull(v.xminCsn()),
            v.xmaxStatus() == null ? null : (Object) v.xmax(),
            v.xmaxStatus(),
            orNull(v.xmaxCsn()),
            v.next(),
            v.heapOnly(),
            v.root(),
            v.state(),
            v.pinnedBy().isEmpty() ? null : sessions(v.pinnedBy())
        };
        System.arraycopy(header, 0, values, 0, own);
        Row row = v.row();
        for (int i = own; row != null && i < count; i++) {
            values[i] = new RowTuple(row).get(i - own);
        }
        return values;
    }

    static Object orNull(long value) {
        return value == 0 ? null : (Object) value;
    }

    /** As an array of PostgreSQL's prints. */
    private static String sessions(List<LiveSnapshot> snapshots) {
        return snapshots.stream()
                .map(snapshot -> String.valueOf(snapshot.sessionId()))
                .collect(Collectors.joining(",", "{", "}"));
    }

    Computed pins() {
        List<ScopeColumn> columns = List.of(
                new ScopeColumn("pids", SqlType.TEXT),
                new ScopeColumn("kind", SqlType.TEXT),
                new ScopeColumn("snapshot_csn", SqlType.BIGINT),
                new ScopeColumn("relation", SqlType.TEXT),
                new ScopeColumn("opened", SqlType.TIMESTAMPTZ),
                new ScopeColumn("age_ms", SqlType.BIGINT),
                new ScopeColumn("opened_at", SqlType.TEXT),
                new ScopeColumn("versions", SqlType.BIGINT),
                new ScopeColumn("bytes", SqlType.BIGINT),
                new ScopeColumn("archived_versions", SqlType.BIGINT),
                new ScopeColumn("archived_bytes", SqlType.BIGINT));
        return new Computed(
                "mvcc_pins",
                columns,
                () -> database.pins().stream().map(SnapshotViews::row).iterator());
    }

    /** What only one snapshot has is null where it isn't one. */
    private static Object[] row(SnapshotPin pin) {
        LiveSnapshot one = pin.snapshots().size() == 1 ? pin.snapshots().get(0) : null;
        return new Object[] {
            sessions(pin.snapshots()),
            one != null ? one.kind().name().toLowerCase(Locale.ROOT) : pin.isShared() ? "shared" : "reclaimable",
            one == null ? null : (Object) one.csn(),
            one == null ? null : one.table(),
            one == null ? null : Instant.EPOCH.plus(one.openedMicros(), ChronoUnit.MICROS),
            one == null ? null : (Object) (one.ageMicros() / 1000),
            one == null ? null : one.openedAt(),
            pin.versions(),
            pin.bytes(),
            pin.archivedVersions(),
            pin.archivedBytes()
        };
    }
}
