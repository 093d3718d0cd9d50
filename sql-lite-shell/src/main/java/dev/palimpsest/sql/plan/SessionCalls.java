package dev.palimpsest.sql.plan;

import dev.palimpsest.api.AdvisoryKey;

/** What functions ask of the session and the transaction that they run in, and do to it. Used by the session's thread. */
public interface SessionCalls {
    /** What pg_backend_pid() says. */
    long backendPid();

    /** The transaction's id, 0 while it has none. */
    long xidIfAssigned();

    /** The transaction's id, which it gets now if it has none. */
    long assignedXid();

    /** As pg_current_snapshot() shows it. */
    String currentSnapshot();

    /**
     * @param lasting to the session's end, else to the transaction's
     * @param waits false gives up at once
     * @return whether it was taken
     */
    boolean advisoryLock(AdvisoryKey key, boolean shared, boolean lasting, boolean waits);

    /** Gives a session's lock back; warns and returns false if it isn't held. */
    boolean advisoryUnlock(AdvisoryKey key, boolean shared);

    void advisoryUnlockAll();

    /** Whom a session waits for, as an array's text; null if there is no such session. */
    String blockingPids(long pid);

    /** Cancels what another session does; warns and returns false if there is no such session. */
    boolean cancelBackend(long pid);

    /** @return null if there is no such setting and {@code missingOk} */
    String setting(String name, boolean missingOk);

    /** @param value null for the default; returns the new value as SHOW prints it */
    String changeSetting(String name, String value, boolean local);

    long nextValue(String sequence);

    long currentValue(String sequence);

    long lastValue();

    long setValue(String sequence, long value, boolean called);
}
