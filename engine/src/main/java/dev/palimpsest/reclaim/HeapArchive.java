package dev.palimpsest.reclaim;

import dev.palimpsest.heap.MapArchive;

/** A {@link MapArchive} with an end. Thread-safe. */
final class HeapArchive implements ArchiveFactory.OpenArchive {
    private final MapArchive map;

    HeapArchive(long maxBytes) {
        map = new MapArchive(maxBytes);
    }

    @Override
    public byte[] get(int relation, int block) {
        return map.get(relation, block);
    }

    @Override
    public boolean put(int relation, int block, byte[] blob) {
        return map.put(relation, block, blob);
    }

    @Override
    public void remove(int relation, int block) {
        map.remove(relation, block);
    }

    @Override
    public void clear(int relation) {
        map.clear(relation);
    }

    @Override
    public ArchiveFactory.Fill fill() {
        return new ArchiveFactory.Fill(map.size(), map.bytes(), map.bytes());
    }

    @Override
    public void close() {}
}
