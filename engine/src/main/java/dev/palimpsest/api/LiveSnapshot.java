package dev.palimpsest.api;

/**
 * A snapshot that somebody holds now, as reclaim sees it: what it keeps can't be removed. A transaction's cursors and streams that read as of the same
 * number share one.
 *
 * @param sessionId the session that holds it, as in {@link SessionInfo#id}
 * @param csn the commit sequence number that it reads as of
 * @param kind what it keeps
 * @param table the only table in which an {@link Kind#OPEN} one keeps more than a point one would; null for all, or for one dropped meanwhile
 * @param openedMicros when it was taken, microseconds since 1970, to some ten milliseconds
 * @param ageMicros how long ago that is
 * @param openedAt where: the statement's text, the user's code, or what is known of it; null for nothing
 */
public record LiveSnapshot(
        long sessionId, long csn, Kind kind, String table, long openedMicros, long ageMicros, String openedAt) {
    /** What a snapshot keeps. */
    public enum Kind {
        /** Versions that it sees. */
        POINT,
        /** All that ended after it: it follows update chains. */
        OPEN,
        /** Being taken at this moment: all that ended after {@link LiveSnapshot#csn}. */
        PENDING
    }
}
