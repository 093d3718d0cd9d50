package dev.palimpsest.catalog;

import dev.palimpsest.btree.Btree;

/** What all readings of the catalog share of one index. Thread-safe. */
public final class IndexHandle {
    private final Btree btree;

    /** Volatile; written by the transaction that builds the index, before others can find it. */
    private volatile long validFrom;

    IndexHandle(Btree btree) {
        this.btree = btree;
    }

    public Btree btree() {
        return btree;
    }

    /** A snapshot older than this CSN may see rows that the index has no entry for: it has to scan the table instead. */
    public long validFrom() {
        return validFrom;
    }

    public void validFrom(long csn) {
        validFrom = csn;
    }
}
