package dev.palimpsest.catalog;

import dev.palimpsest.btree.Btree;
import dev.palimpsest.id.Lsn;
import dev.palimpsest.tx.Snapshot;
import dev.palimpsest.tx.Transaction;

/** What all readings of the catalog share of one index. Thread-safe. */
public final class IndexHandle {
    private final Btree btree;

    /** Volatile; written by the transaction that builds the index. */
    private volatile long validFrom;

    /** Null unless it is being built. Volatile; written by that transaction. */
    private volatile Transaction builder;

    /** For the builder's own snapshots. Written before {@link #builder}. */
    private long validForBuilderFrom;

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

    /** Has the index an entry for each row that this snapshot sees? {@link #validFrom}, and the builder may read its own index. */
    public boolean isValidFor(Snapshot snapshot) {
        return snapshot.csn() >= validFrom
                || snapshot.transaction() == builder && snapshot.csn() >= validForBuilderFrom;
    }

    /**
     * It gets entries for the rows as the builder sees them. Nobody else may read through it before {@link #built}, whenever he finds
     * it: the builder's commit is published a moment before its end comes to that, and what the builder itself changed is not in
     * the index as older snapshots see it.
     */
    void building(Transaction by, long published) {
        validFrom = Lsn.INFINITE;
        validForBuilderFrom = published;
        builder = by;
    }

    /** The builder has ended, and this was published by then. */
    void built(long published) {
        validFrom = published;
        builder = null;
    }
}
