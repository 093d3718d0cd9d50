package dev.palimpsest.tx;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Where one live snapshot stands for reclaim to see. The word is 0 if free, else {@code csn << 2 | tag}; for an open snapshot the
 * companion is its relation's file number, 0 for all.
 *
 * <p>Shared by reference count; the last one clears it. Thread-safe as each member says.
 */
final class SnapshotSlot extends Cell {
    static final int TAG_BITS = 2;
    static final int TAG_MASK = (1 << TAG_BITS) - 1;
    static final int PENDING = 1;
    static final int POINT = 2;
    static final int OPEN = 3;

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

    SnapshotSlot(long[] words, int index) {
        super(words, index);
    }

    static long pending(long csn) {
        return csn << TAG_BITS | PENDING;
    }

    /** Claimant only, between pending and its number. */
    void describe(Transaction newHolder, SnapshotKind kind, int relation) {
        holder = newHolder;
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
            setRelease(0);
        }
    }

    Transaction holder() {
        return holder;
    }
}
