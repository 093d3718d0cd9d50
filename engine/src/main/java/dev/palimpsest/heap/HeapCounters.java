package dev.palimpsest.heap;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What the heaps of a database count; thread-safe. */
public final class HeapCounters {
    public final LongAdder updates = new LongAdder();
    public final LongAdder hotUpdates = new LongAdder();
    public final LongAdder prunes = new LongAdder();

    /** Vacuums of one table each. */
    public final LongAdder vacuums = new LongAdder();

    /** Versions that vacuum removed, from pages and from the archive. */
    public final LongAdder versionsReclaimed = new LongAdder();

    public final LongAdder versionsArchived = new LongAdder();
    public final LongAdder pagesMadeAllVisible = new LongAdder();

    /** Versions removed on write, by file number. */
    private final ConcurrentHashMap<Integer, LongAdder> pruned = new ConcurrentHashMap<>();

    /** Of heaps that are gone. */
    private final LongAdder prunedBefore = new LongAdder();

    /** A heap's own counter of versions removed on write. */
    LongAdder pruned(int fileNumber) {
        return pruned.computeIfAbsent(fileNumber, none -> new LongAdder());
    }

    /** Versions removed on write from one heap. */
    public long prunedFrom(int fileNumber) {
        LongAdder counter = pruned.get(fileNumber);
        return counter == null ? 0 : counter.sum();
    }

    /** Versions removed on write. */
    public long versionsPruned() {
        return prunedBefore.sum()
                + pruned.values().stream().mapToLong(LongAdder::sum).sum();
    }

    /** A heap is gone for good. */
    public void forget(int fileNumber) {
        LongAdder counter = pruned.remove(fileNumber);
        if (counter != null) {
            prunedBefore.add(counter.sum());
        }
    }
}
