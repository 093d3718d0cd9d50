package dev.palimpsest.api;

/**
 * One open transaction, for views such as pg_stat_activity.
 *
 * @param id unique while the database is open
 * @param xid 0 while it has written nothing
 * @param snapshotCsn the commit sequence number it reads as of, 0 if it holds no snapshot now
 * @param state {@code active}, {@code waiting} or {@code failed}
 * @param waitingFor for people, null if it doesn't wait
 * @param startMicros when it began, microseconds since 1970
 */
public record SessionInfo(
        long id,
        long xid,
        long snapshotCsn,
        IsolationLevel isolation,
        boolean readOnly,
        String state,
        String waitingFor,
        long startMicros) {}
