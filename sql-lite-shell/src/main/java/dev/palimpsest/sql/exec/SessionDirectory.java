package dev.palimpsest.sql.exec;

import dev.palimpsest.api.Database;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** The SQL sessions of a database, for {@code pg_stat_activity} and for functions that concern other sessions. Thread-safe. */
final class SessionDirectory {
    private static final Map<Database, SessionDirectory> ALL = Collections.synchronizedMap(new WeakHashMap<>());

    private final Map<Long, SqlSession> sessions = new ConcurrentSkipListMap<>();

    private SessionDirectory() {}

    static SessionDirectory of(Database database) {
        return ALL.computeIfAbsent(database, d -> new SessionDirectory());
    }

    void add(SqlSession session) {
        sessions.put(session.id(), session);
    }

    void remove(SqlSession session) {
        sessions.remove(session.id());
    }

    /** The session with this id, or null. */
    SqlSession find(long id) {
        return sessions.get(id);
    }

    /** Those that are open now, by id. */
    List<SqlSession> all() {
        return List.copyOf(sessions.values());
    }
}
