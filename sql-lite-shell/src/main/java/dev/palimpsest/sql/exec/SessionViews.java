package dev.palimpsest.sql.exec;

import dev.palimpsest.api.AdvisoryKey;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.LockInfo;
import dev.palimpsest.api.SessionInfo;
import dev.palimpsest.sql.plan.Relations.Computed;
import dev.palimpsest.sql.plan.Scope.ScopeColumn;
import dev.palimpsest.sql.plan.SqlType;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code pg_stat_activity} and {@code pg_locks}: PG's columns, as far as we have what they show, and some of ours behind them. Sessions are
 * those of SQL, idle ones too, and what runs through the Java API. Each row is true at some moment of the query.
 */
final class SessionViews {
    private final Database database;

    SessionViews(Database database) {
        this.database = database;
    }

    Computed activity() {
        List<ScopeColumn> columns = List.of(
                new ScopeColumn("pid", SqlType.INTEGER),
                new ScopeColumn("application_name", SqlType.TEXT),
                new ScopeColumn("xact_start", SqlType.TIMESTAMPTZ),
                new ScopeColumn("query_start", SqlType.TIMESTAMPTZ),
                new ScopeColumn("wait_event_type", SqlType.TEXT),
                new ScopeColumn("wait_event", SqlType.TEXT),
                new ScopeColumn("state", SqlType.TEXT),
                new ScopeColumn("backend_xid", SqlType.XID),
                new ScopeColumn("query", SqlType.TEXT),
                new ScopeColumn("isolation", SqlType.TEXT),
                new ScopeColumn("read_only", SqlType.BOOLEAN),
                new ScopeColumn("snapshot_csn", SqlType.BIGINT),
                new ScopeColumn("waiting_for", SqlType.TEXT));
        return new Computed("pg_stat_activity", columns, () -> activityRows().iterator());
    }

    private List<Object[]> activityRows() {
        Map<Long, SessionInfo> transactions = new HashMap<>();
        database.sessions().forEach(info -> transactions.put(info.id(), info));
        boolean waits = transactions.values().stream().anyMatch(info -> info.waitingFor() != null);
        Map<Long, String> waiting = waits ? waitEvents() : Map.of();
        List<Object[]> rows = new ArrayList<>();
        for (SqlSession session : SessionDirectory.of(database).all()) {
            SessionInfo transaction = transactions.remove(session.id());
            rows.add(row(session, session.id(), transaction, waiting));
        }
        transactions.forEach((id, transaction) -> rows.add(row(null, id, transaction, waiting)));
        return rows;
    }

    /** By session, what kind of lock it waits for. */
    private Map<Long, String> waitEvents() {
        Map<Long, String> events = new HashMap<>();
        for (LockInfo lock : database.locks()) {
            if (!lock.granted()) {
                events.put(lock.sessionId(), lock.type());
            }
        }
        return events;
    }

    private static Object[] row(SqlSession session, long id, SessionInfo transaction, Map<Long, String> waiting) {
        boolean waits = transaction != null && transaction.waitingFor() != null;
        return new Object[] {
            id,
            session == null ? "" : session.setting("application_name"),
            transaction == null ? null : Instant.EPOCH.plus(transaction.startMicros(), ChronoUnit.MICROS),
            session == null ? null : session.queryStart(),
            waits ? "Lock" : null,
            waits ? waiting.get(id) : null,
            session == null
                    ? transaction.state().equals("failed") ? "idle in transaction (aborted)" : "active"
                    : session.activity(),
            transaction == null || transaction.xid() == 0 ? null : (Object) transaction.xid(),
            session == null ? "" : session.query(),
            transaction == null ? null : transaction.isolation().sqlName(),
            transaction == null ? null : (Object) transaction.readOnly(),
            transaction == null || transaction.snapshotCsn() == 0 ? null : (Object) transaction.snapshotCsn(),
            transaction == null ? null : transaction.waitingFor()
        };
    }

    /**
     * A relation is shown by its name, where PostgreSQL has its number: {@code relation = 't'::regclass} works with both. An advisory key's
     * halves are in classid and objid, with objsubid 1 for one bigint and 2 for two ints.
     */
    Computed locks() {
        List<ScopeColumn> columns = List.of(
                new ScopeColumn("locktype", SqlType.TEXT),
                new ScopeColumn("relation", SqlType.TEXT),
                new ScopeColumn("page", SqlType.INTEGER),
                new ScopeColumn("tuple", SqlType.SMALLINT),
                new ScopeColumn("transactionid", SqlType.XID),
                new ScopeColumn("classid", SqlType.BIGINT),
                new ScopeColumn("objid", SqlType.BIGINT),
                new ScopeColumn("objsubid", SqlType.SMALLINT),
                new ScopeColumn("virtualtransaction", SqlType.TEXT),
                new ScopeColumn("pid", SqlType.INTEGER),
                new ScopeColumn("mode", SqlType.TEXT),
                new ScopeColumn("granted", SqlType.BOOLEAN),
                new ScopeColumn("fastpath", SqlType.BOOLEAN));
        return new Computed(
                "pg_locks",
                columns,
                () -> database.locks().stream().map(SessionViews::row).iterator());
    }

    private static Object[] row(LockInfo lock) {
        AdvisoryKey key = lock.key();
        String[] place = lock.row() == null
                ? null
                : lock.row().substring(1, lock.row().length() - 1).split(",");
        return new Object[] {
            lock.type(),
            lock.relation(),
            place == null ? null : (Object) Long.valueOf(place[0]),
            place == null ? null : (Object) Long.valueOf(place[1]),
            lock.xid() == 0 ? null : (Object) lock.xid(),
            key == null ? null : (Object) (key.value() >>> 32),
            key == null ? null : (Object) (key.value() & 0xFFFF_FFFFL),
            key == null ? null : (Object) (key.pair() ? 2L : 1L),
            String.valueOf(lock.sessionId()),
            lock.sessionId(),
            lock.mode(),
            lock.granted(),
            lock.fastPath()
        };
    }
}
