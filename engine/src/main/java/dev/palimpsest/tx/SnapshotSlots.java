package dev.palimpsest.tx;

import dev.palimpsest.scheduler.Fault;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * All live snapshots. {@link #take} and {@link #capture} don't wait for each other: README.md, "Taking a snapshot against reclaim".
 * Thread-safe.
 */
class SnapshotSlots {
    /** So late the time of a snapshot is at most while transactions begin. */
    private static final long COARSE_MICROS = 10_000;

    private final Scheduler scheduler;
    private final PublishedCsn published;
    private final CellArray<SnapshotSlot> slots = new CellArray<>(SnapshotSlot::new);

    /** The time of day, late by as much as {@link #noteTime} allows: taking a snapshot looks at no clock. Racy on purpose. */
    private volatile long coarseMicros;

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
        slot.describe(holder, holder == null ? 0 : Math.max(holder.startMicros(), coarseMicros), kind, relation);
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

    /**
     * Its number. Holder of a reference only, inside the engine: from here to where it comes out reclaim keeps what the snapshot needs
     * ({@link OldSnapshots}).
     *
     * @throws dev.palimpsest.api.CanceledException 72000 if it was held too long
     */
    static long csn(SnapshotSlot slot) {
        long word = slot.value();
        if (word < 0) {
            throw OldSnapshots.tooOld(slot);
        }
        return SnapshotSlot.csnOf(word);
    }

    /** Somebody has looked at the clock: what is taken from now on is at least that young. */
    void noteTime(long micros) {
        if (micros - coarseMicros >= COARSE_MICROS) { // seldom: others read it all the time
            coarseMicros = micros;
        }
    }

    /** What is live now: the published number first, then the slots. */
    Horizon capture() {
        HorizonBuilder horizon = new HorizonBuilder(published.get());
        scheduler.step(Step.HORIZON_CAPTURED);
        Object[] listing = slots.listing();
        for (int i = 0; i < listing.length; i++) {
            SnapshotSlot slot = slots.at(listing, i);
            long word = slot.value();
            if ((word & SnapshotSlot.GIVEN_UP) != 0) {
                continue;
            }
            long csn = SnapshotSlot.csnOf(word);
            switch (SnapshotSlot.tagOf(word)) {
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

    /** What is live now, as {@link #capture}, with what is known of each, for views. */
    LiveSnapshots list() {
        long before = published.get();
        List<LiveSnapshots.Entry> live = new ArrayList<>();
        forEach((slot, word) -> {
            int tag = SnapshotSlot.tagOf(word);
            SnapshotKind kind = tag == SnapshotSlot.POINT ? SnapshotKind.POINT : SnapshotKind.OPEN;
            boolean pending = tag == SnapshotSlot.PENDING;
            int relation = tag == SnapshotSlot.OPEN ? (int) slot.companion() : 0;
            if ((word & SnapshotSlot.GIVEN_UP) == 0) {
                long csn = SnapshotSlot.csnOf(word);
                Transaction holder = slot.holder();
                live.add(new LiveSnapshots.Entry(
                        csn,
                        kind,
                        pending,
                        relation,
                        holder,
                        holder == null ? 0 : holder.processId(),
                        slot.openedMicros(),
                        slot.origin()));
            }
        });
        return new LiveSnapshots(before, live);
    }

    /** Sees slots that were claimed. */
    interface Visitor {
        void visit(SnapshotSlot slot, long word);
    }

    void forEach(Visitor visitor) {
        Object[] listing = slots.listing();
        for (int i = 0; i < listing.length; i++) {
            SnapshotSlot slot = slots.at(listing, i);
            long word = slot.value();
            if (word != 0) {
                visitor.visit(slot, word);
            }
        }
    }
}
