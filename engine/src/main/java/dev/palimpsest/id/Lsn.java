package dev.palimpsest.id;

/**
 * A log sequence number: the byte position in the WAL just after a record. Grows for ever, never reused; 0 means "none".
 * A commit's LSN is its commit sequence number (CSN).
 */
public final class Lsn {
    public static final long NONE = 0;

    /** Larger than every LSN; as a CSN: "not decided yet". */
    public static final long INFINITE = Long.MAX_VALUE;

    private Lsn() {}

    /** PostgreSQL's notation, for example {@code 0/16B3748}. */
    public static String toString(long lsn) {
        return lsn == INFINITE
                ? "infinite"
                : Long.toHexString(lsn >>> 32).toUpperCase() + "/"
                        + Long.toHexString(lsn & 0xFFFF_FFFFL).toUpperCase();
    }
}
