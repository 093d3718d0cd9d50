package dev.palimpsest.tx;

import dev.palimpsest.scheduler.Fault;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;

/**
 * All live snapshots. {@link #take} and {@link #capture} don't wait for each other: README.md, "Taking a snapshot against reclaim".
 * Thread-safe.
 */
class SnapshotSlots {
    private final Scheduler scheduler;
    private final PublishedCsn published;
    private final CellArray<SnapshotSlot> slots = new CellArray<>(SnapshotSlot::new);

    /** The tests' bugs. */
    private final boolean forgetsPoints;

    private final boolean forgetsOpenEnds;

    SnapshotSlots(Scheduler scheduler, PublishedCsn published) {
        this.scheduler = scheduler;
        this.published = published;
        forgetsPoints = scheduler.isSeeded(Fault.NEEDED_VERSION_PRUNED);
        forgetsOpenEnds = scheduler.isSeeded(Fault.RECHECK_STOPS_AT_REMOVED);
    }

    /**
     * Takes a snapshot, with one reference. Its number is then {@link #csn}.
     *
     * @param last the claimant's last slot, tried first; may be null
     * @param relation for an open one: a file number, or 0 for all
     */
    SnapshotSlot take(SnapshotSlot last, Transaction holder, SnapshotKind kind, int relation) {
        long before = published.get();
        scheduler.step(Step.SNAPSHOT_PENDING);
        SnapshotSlot slot = slots.claim(last, SnapshotSlot.pending(before)); // a CAS: the full fence
        scheduler.step(Step.SNAPSHOT_PENDING);
        slot.describe(holder, kind, relation);
        long csn = number(before);
        scheduler.step(Step.SNAPSHOT_TAKEN); // reclaim still sees it pending
        slot.publish(csn, kind);
        return slot;
    }

    /**
     * The snapshot's number, while its slot is pending. Apart only for {@link WrongSnapshotSlots}, which production never loads, so that the
     * call costs nothing.
     *
     * @param before the published number before the slot was claimed
     */
    long number(long before) {
        return published.get();
    }

    /** Holder of a reference only. */
    static long csn(SnapshotSlot slot) {
        return slot.value() >>> SnapshotSlot.TAG_BITS;
    }

    /** What is live now: the published number first, then the slots. */
    Horizon capture() {
        HorizonBuilder horizon = new HorizonBuilder(published.get());
        scheduler.step(Step.HORIZON_CAPTURED);
        Object[] listing = slots.listing();
        for (int i = 0; i < listing.length; i++) {
            SnapshotSlot slot = slots.at(listing, i);
            long word = slot.value();
            long csn = word >>> SnapshotSlot.TAG_BITS;
            switch ((int) word & SnapshotSlot.TAG_MASK) {
                case SnapshotSlot.PENDING -> horizon.pending(csn);
                case SnapshotSlot.POINT -> {
                    if (!forgetsPoints) {
                        horizon.point(csn);
                    }
                }
                case SnapshotSlot.OPEN -> {
                    if (forgetsOpenEnds) {
                        horizon.point(csn);
                    } else {
                        horizon.open(csn, (int) slot.companion());
                    }
                }
                default -> {
                    assert word == 0 : "slot word=" + word;
                }
            }
        }
        return horizon.build();
    }

    /** For views. */
    interface Visitor {
        void snapshot(long csn, SnapshotKind kind, int relation, Transaction holder);
    }

    void forEach(Visitor visitor) {
        Object[] listing = slots.listing();
        for (int i = 0; i < listing.length; i++) {
            SnapshotSlot slot = slots.at(listing, i);
            long word = slot.value();
            int tag = (int) word & SnapshotSlot.TAG_MASK;
            if (tag == SnapshotSlot.POINT || tag == SnapshotSlot.OPEN) {
                SnapshotKind kind = tag == SnapshotSlot.OPEN ? SnapshotKind.OPEN : SnapshotKind.POINT;
                int relation = kind == SnapshotKind.OPEN ? (int) slot.companion() : 0;
                visitor.snapshot(word >>> SnapshotSlot.TAG_BITS, kind, relation, slot.holder());
            }
        }
    }
}
