package dev.palimpsest.tx;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One more holder of a registered snapshot: a cursor, a stream, an importer. May outlive the statement and the transaction, and may be
 * closed on another thread.
 */
public final class SnapshotHandle implements AutoCloseable {
    private static final VarHandle SLOT;

    static {
        try {
            SLOT = MethodHandles.lookup().findVarHandle(SnapshotHandle.class, "slot", SnapshotSlot.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Snapshot snapshot;

    /** Null once closed. CAS. */
    private volatile SnapshotSlot slot;

    /** Takes over one reference of the caller. */
    SnapshotHandle(Snapshot snapshot, SnapshotSlot slot) {
        this.snapshot = snapshot;
        this.slot = slot;
    }

    /** Valid until this is closed. */
    public Snapshot snapshot() {
        return snapshot;
    }

    /** Another holder of the same snapshot, in the same slot: a number is never copied to another one, reclaim could miss both. */
    public SnapshotHandle retain() {
        SnapshotSlot shared = slot;
        if (shared == null) {
            throw new IllegalStateException("snapshot handle is closed");
        }
        shared.retain();
        return new SnapshotHandle(snapshot, shared);
    }

    /** Null once closed. */
    SnapshotSlot slot() {
        return slot;
    }

    @Override
    public void close() {
        SnapshotSlot held = (SnapshotSlot) SLOT.getAndSet(this, (SnapshotSlot) null);
        if (held != null) {
            held.release();
        }
    }
}
