package dev.palimpsest.heap;

import java.util.concurrent.atomic.LongAdder;

/** What the heaps of a database count; thread-safe. */
public final class HeapCounters {
    public final LongAdder updates = new LongAdder();
    public final LongAdder hotUpdates = new LongAdder();
    public final LongAdder prunes = new LongAdder();
    public final LongAdder versionsPruned = new LongAdder();
}
