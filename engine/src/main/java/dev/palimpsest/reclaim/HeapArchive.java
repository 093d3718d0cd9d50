package dev.palimpsest.reclaim;

import dev.palimpsest.heap.MapArchive;

/** A {@link MapArchive} with an end. Thread-safe. */
final class HeapArchive extends MapArchive implements ArchiveFactory.OpenArchive {
    HeapArchive(long maxBytes) {
        super(maxBytes);
    }

    @Override
    public ArchiveFactory.Fill fill() {
        return new ArchiveFactory.Fill(size(), bytes(), bytes());
    }

    @Override
    public void close() {}
}
