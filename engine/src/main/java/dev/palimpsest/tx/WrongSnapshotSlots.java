package dev.palimpsest.tx;

import dev.palimpsest.scheduler.Fault;
import dev.palimpsest.scheduler.Scheduler;

/** Takes wrong numbers: two of the bugs by which the tests show that they would notice them. Thread-safe. */
final class WrongSnapshotSlots extends SnapshotSlots {
    private final boolean beforeSlot;

    WrongSnapshotSlots(Scheduler scheduler, PublishedCsn published) {
        super(scheduler, published);
        beforeSlot = scheduler.isSeeded(Fault.SNAPSHOT_BEFORE_SLOT);
    }

    @Override
    long number(long before) {
        return beforeSlot ? before : super.number(before) - 1;
    }
}
