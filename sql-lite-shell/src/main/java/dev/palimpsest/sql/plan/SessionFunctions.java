package dev.palimpsest.sql.plan;

import static dev.palimpsest.sql.plan.SqlType.BIGINT;
import static dev.palimpsest.sql.plan.SqlType.BOOLEAN;
import static dev.palimpsest.sql.plan.SqlType.INTEGER;
import static dev.palimpsest.sql.plan.SqlType.TEXT;
import static dev.palimpsest.sql.plan.SqlType.VOID;
import static dev.palimpsest.sql.plan.SqlType.XID;

import dev.palimpsest.api.AdvisoryKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The functions that ask about the session or change it. All are volatile: computed for each row, where they stand, never used to bound
 * an index range. Immutable after loading.
 */
final class SessionFunctions {
    /** A value of type void: prints as nothing, and isn't NULL. */
    static final String NOTHING = "";

    private static final Map<String, List<Signature>> ALL = new HashMap<>();

    static {
        addAdvisoryLocks();
        addTransaction();
        addSettings();
        addSequences();
    }

    private SessionFunctions() {}

    private interface Body {
        Object call(SessionCalls session, Object[] arguments);
    }

    private record Signature(List<SqlType> parameters, SqlType result, Body body) {}

    /** The overloads of a name for one session. */
    static List<Functions.Overload> overloads(String name, SessionCalls session) {
        List<Functions.Overload> overloads = new ArrayList<>(2);
        for (Signature signature : ALL.getOrDefault(name, List.of())) {
            overloads.add(new Functions.Overload(
                    signature.parameters(),
                    signature.result(),
                    arguments -> signature.body().call(session, arguments)));
        }
        return overloads;
    }

    static boolean isName(String name) {
        return ALL.containsKey(name);
    }

    private static void add(String name, SqlType result, Body body, SqlType... parameters) {
        ALL.computeIfAbsent(name, n -> new ArrayList<>()).add(new Signature(List.of(parameters), result, body));
    }

    // ---- advisory locks

    private static void addAdvisoryLocks() {
        for (boolean shared : new boolean[] {false, true}) {
            String suffix = shared ? "_shared" : "";
            for (boolean lasting : new boolean[] {false, true}) {
                String kind = lasting ? "lock" : "xact_lock";
                addKeyed("pg_advisory_" + kind + suffix, VOID, (session, key) -> {
                    session.advisoryLock(key, shared, lasting, true);
                    return NOTHING;
                });
                addKeyed(
                        "pg_try_advisory_" + kind + suffix,
                        BOOLEAN,
                        (session, key) -> session.advisoryLock(key, shared, lasting, false));
            }
            addKeyed("pg_advisory_unlock" + suffix, BOOLEAN, (session, key) -> session.advisoryUnlock(key, shared));
        }
        add("pg_advisory_unlock_all", VOID, (session, a) -> {
            session.advisoryUnlockAll();
            return NOTHING;
        });
    }

    private interface KeyedBody {
        Object call(SessionCalls session, AdvisoryKey key);
    }

    /** With one bigint, or two ints: two spaces of keys. */
    private static void addKeyed(String name, SqlType result, KeyedBody body) {
        add(name, result, (session, a) -> body.call(session, AdvisoryKey.of((Long) a[0])), BIGINT);
        add(
                name,
                result,
                (session, a) -> body.call(session, AdvisoryKey.of(((Long) a[0]).intValue(), ((Long) a[1]).intValue())),
                INTEGER,
                INTEGER);
    }

    // ---- transactions and sessions

    private static void addTransaction() {
        add("pg_backend_pid", INTEGER, (session, a) -> session.backendPid());
        for (String name : List.of("pg_current_xact_id_if_assigned", "txid_current_if_assigned")) {
            add(name, name.startsWith("txid") ? BIGINT : XID, (session, a) -> {
                long xid = session.xidIfAssigned();
                return xid == 0 ? null : (Object) xid;
            });
        }
        add("pg_current_xact_id", XID, (session, a) -> session.assignedXid());
        add("txid_current", BIGINT, (session, a) -> session.assignedXid());
        add("pg_current_snapshot", TEXT, (session, a) -> session.currentSnapshot());
        add("txid_current_snapshot", TEXT, (session, a) -> session.currentSnapshot());
        add("pg_blocking_pids", TEXT, (session, a) -> session.blockingPids((Long) a[0]), INTEGER);
        add("pg_cancel_backend", BOOLEAN, (session, a) -> session.cancelBackend((Long) a[0]), INTEGER);
    }

    private static void addSettings() {
        add("current_setting", TEXT, (session, a) -> session.setting((String) a[0], false), TEXT);
        add("current_setting", TEXT, (session, a) -> session.setting((String) a[0], (Boolean) a[1]), TEXT, BOOLEAN);
        add(
                "set_config",
                TEXT,
                (session, a) -> session.changeSetting((String) a[0], (String) a[1], (Boolean) a[2]),
                TEXT,
                TEXT,
                BOOLEAN);
    }

    private static void addSequences() {
        add("nextval", BIGINT, (session, a) -> session.nextValue(relation(a)), TEXT);
        add("currval", BIGINT, (session, a) -> session.currentValue(relation(a)), TEXT);
        add("lastval", BIGINT, (session, a) -> session.lastValue());
        add("setval", BIGINT, (session, a) -> session.setValue(relation(a), (Long) a[1], true), TEXT, BIGINT);
        add(
                "setval",
                BIGINT,
                (session, a) -> session.setValue(relation(a), (Long) a[1], (Boolean) a[2]),
                TEXT,
                BIGINT,
                BOOLEAN);
    }

    /** The name in the first argument, which is folded as in SQL unless quoted. */
    private static String relation(Object[] arguments) {
        return RelationText.name((String) arguments[0]);
    }
}
