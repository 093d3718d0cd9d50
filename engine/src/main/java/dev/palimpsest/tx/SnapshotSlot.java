package dev.palimpsest.tx;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Where one live snapshot stands for reclaim to see. The word is 0 if free, else {@code csn << 2 | tag}, to which {@link OldSnapshots} adds what
 * becomes of it; for an open snapshot the companion is its relation's file number, 0 for all.
 *
 * <p>Shared by reference count; the last one clears it. Thread-safe as each member says.
 */
final class SnapshotSlot extends Cell {
    static final int TAG_BITS = 2;
    static final int TAG_MASK = (1 << TAG_BITS) - 1;
    static final int PENDING = 1;
    static final int POINT = 2;
    static final int OPEN = 3;

    /** Held too long: its holder's next use fails. The sign, so that one test tells. */
    static final long TOO_OLD = 1L << 63;

    /** Held too long, and its holder can't be using it: reclaim no longer waits. Only with {@link #TOO_OLD}. */
    static final long GIVEN_UP = 1L << 62;

    /** Somebody was warned of it. */
    static final long WARNED = 1L << 61;

    /** Tells this life of the slot from the next one, while its age is looked at. */
    static final long LOOKED_AT = 1L << 60;

    private static final long CSN_MASK = ~(TOO_OLD | GIVEN_UP | WARNED | LOOKED_AT);

    private static final VarHandle REFERENCES;

    static {
        try {
            REFERENCES = MethodHandles.lookup().findVarHandle(SnapshotSlot.class, "references", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Set to 1 by the claimant; then CAS. Only who holds a reference adds one. */
    private volatile int references;

    /** For views; whoever claimed it last. Opaque is enough: nothing follows from it. */
    private Transaction holder;

    /** As {@link #holder}: when it was taken, microseconds since 1970, about. */
    private long openedMicros;

    /** As {@link #holder}: see {@link Transaction#origin}. */
    private Object origin;

    SnapshotSlot(long[] words, int index) {
        super(words, index);
    }

    /** The number in a word that isn't 0. */
    static long csnOf(long word) {
        return (word & CSN_MASK) >>> TAG_BITS;
    }

    static int tagOf(long word) {
        return (int) word & TAG_MASK;
    }

    static long pending(long csn) {
        return csn << TAG_BITS | PENDING;
    }

    /** Claimant only, between pending and its number. */
    void describe(Transaction newHolder, long micros, SnapshotKind kind, int relation) {
        holder = newHolder;
        openedMicros = micros;
        origin = newHolder == null ? null : newHolder.origin();
        REFERENCES.setOpaque(this, 1);
        if (kind == SnapshotKind.OPEN) {
            setCompanion(relation);
        }
    }

    void publish(long csn, SnapshotKind kind) {
        setRelease(csn << TAG_BITS | (kind == SnapshotKind.OPEN ? OPEN : POINT));
    }

    /** Caller holds a reference. */
    void retain() {
        int before = (int) REFERENCES.getAndAdd(this, 1);
        assert before > 0 : "retained after the last release";
    }

    /** Caller gives its reference up. If it is the only one nobody else can add one, so no CAS is needed. */
    void release() {
        if (references == 1 || (int) REFERENCES.getAndAdd(this, -1) == 1) {
            origin = null;
            setRelease(0);
        }
    }

    /** Holder's thread: was it held too long? */
    boolean isTooOld() {
        return value() < 0;
    }

    Transaction holder() {
        return holder;
    }

    long openedMicros() {
        return openedMicros;
    }

    Object origin() {
        return origin;
    }
}
