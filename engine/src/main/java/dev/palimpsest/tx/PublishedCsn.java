package dev.palimpsest.tx;

/**
 * The commit number of the newest published commit, alone in its cache lines: every snapshot reads it, every publication writes it.
 *
 * <p>Volatile accesses only; written by the publisher under PUBLISH and never goes back. Thread-safe.
 */
final class PublishedCsn extends PublishedCsnValue {
    /** Keeps what the heap places after this object out of the line. */
    @SuppressWarnings("unused")
    private long a8, a9, a10, a11, a12, a13, a14, a15;

    PublishedCsn(long initial) {
        value = initial;
    }

    long get() {
        return value;
    }

    void advance(long csn) {
        assert csn >= value : "published goes back, from=" + value + " to=" + csn;
        value = csn;
    }
}

/** The value, with the padding before it; fields of a superclass come first. */
class PublishedCsnValue extends PublishedCsnPadding {
    volatile long value;
}

/** Keeps what the heap places before this object out of the line. */
@SuppressWarnings("unused")
class PublishedCsnPadding {
    private long a0, a1, a2, a3, a4, a5, a6, a7;
}
