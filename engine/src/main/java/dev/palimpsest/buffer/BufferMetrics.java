package dev.palimpsest.buffer;

import java.util.concurrent.atomic.LongAdder;

/** Counters of one pool, since it was made. Hits aren't counted: an optimistic read writes nothing. Thread-safe. */
public final class BufferMetrics {
    final LongAdder loads = new LongAdder();
    final LongAdder evictions = new LongAdder();
    final LongAdder pagesWritten = new LongAdder();
    final LongAdder writes = new LongAdder();
    final LongAdder victimWaits = new LongAdder();

    BufferMetrics() {}

    /** Pages read from their files. */
    public long loads() {
        return loads.sum();
    }

    /** Pages that made room for another. */
    public long evictions() {
        return evictions.sum();
    }

    public long pagesWritten() {
        return pagesWritten.sum();
    }

    /** Calls to the disk that wrote pages; neighbours go in one. */
    public long writes() {
        return writes.sum();
    }

    /** How often a caller found no clean frame at once and waited. */
    public long victimWaits() {
        return victimWaits.sum();
    }
}
