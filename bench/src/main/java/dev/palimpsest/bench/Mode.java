package dev.palimpsest.bench;

/** What a committed {@link Store.Worker#add} may lose. A store is opened in one mode and keeps it. */
public enum Mode {
    /** A crash may lose the newest commits; nothing waits for the disk. */
    NO_SYNC,
    /** A commit is forced to the disk before {@code add} returns. */
    DURABLE
}
