package dev.palimpsest.id;

/** A 64-bit transaction id: assigned at a transaction's first write, never reused, so there is no wraparound and no freezing. */
public final class Xid {
    /** No transaction: a tuple's xmax that was never set, a transaction that has written nothing. */
    public static final long NONE = 0;

    /** Wrote the catalog's first rows; always committed, before every snapshot. */
    public static final long BOOTSTRAP = 1;

    /** The first one a transaction can get. */
    public static final long FIRST_NORMAL = 3;

    private Xid() {}
}
