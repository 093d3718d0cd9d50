package dev.palimpsest.vacuum.archive;

import java.io.IOException;
import java.nio.file.Path;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;

/**
 * One Chronicle Map: a fixed number of slots of {@link Slot#VALUE_BYTES}, found by relation, block and part. In a file of its own, or outside
 * the Java heap without one.
 *
 * <p>Its owner sees to it that no more than {@link #slots} are in use, that a slot isn't read and written at once, and that nobody is inside
 * when it is closed: the map itself is damaged by one entry too many, and the process by an access after the unmapping.
 */
final class Shelf {
    /** What a slot takes beside its bytes, at most: its place in the hash table (a power of two of them) and in the free list. */
    private static final int OVERHEAD_BYTES = 32;

    /** The map's own header and roundings, generously. */
    private static final int HEADER_BYTES = 128 << 10;

    final int slots;

    /** What the map takes of memory or its file, from its creation on. */
    final long bytes;

    /** Slots promised or used. Guarded by {@link ChronicleArchive}'s room. */
    int used;

    private final ChronicleMap<byte[], byte[]> map;
    private final Path file;

    private Shelf(int slots, ChronicleMap<byte[], byte[]> map, Path file) {
        this.slots = slots;
        this.bytes = map.offHeapMemoryUsed();
        this.map = map;
        this.file = file;
    }

    /** How many slots a shelf of at most so many bytes has. */
    static int slotsIn(long bytes) {
        long slots = (bytes - HEADER_BYTES) / (Slot.CHUNK_BYTES + OVERHEAD_BYTES);
        return (int) Math.min(slots, 1 << 28);
    }

    /** @param file null for none */
    static Shelf create(int slots, Path file) throws IOException {
        // Entries of one size in one segment, so that "full" is a count that we can keep: it is never for the map to
        // find out.
        ChronicleMapBuilder<byte[], byte[]> builder = ChronicleMapBuilder.of(byte[].class, byte[].class)
                .constantKeySizeBySample(new byte[Slot.KEY_BYTES])
                .averageValueSize(Slot.VALUE_BYTES)
                .actualChunkSize(Slot.CHUNK_BYTES)
                .maxChunksPerEntry(1)
                .entries(slots)
                .actualSegments(1)
                .entriesPerSegment(slots)
                .actualChunksPerSegmentTier(slots)
                .maxBloatFactor(1)
                .putReturnsNull(true)
                .removeReturnsNull(true)
                .checksumEntries(false)
                .sparseFile(true) // ArchiveFiles.reserveBlocks does it without a native library
                .skipCloseOnExitHook(true);
        if (file == null) {
            return new Shelf(slots, builder.create(), null);
        }
        ArchiveFiles.remove(file);
        ChronicleMap<byte[], byte[]> map = null;
        try {
            map = builder.createPersistedTo(file.toFile());
            ArchiveFiles.reserveBlocks(file);
            return new Shelf(slots, map, file);
        } catch (IOException | RuntimeException | Error e) {
            if (map != null) {
                map.close();
            }
            ArchiveFiles.remove(file);
            throw e;
        }
    }

    boolean get(Slot slot) {
        byte[] found = map.getUsing(slot.key, slot.value);
        if (found != null && found != slot.value) {
            throw new IllegalStateException("a slot of another size, length=" + found.length);
        }
        return found != null;
    }

    void put(Slot slot) {
        map.put(slot.key, slot.value);
    }

    void remove(Slot slot) {
        map.remove(slot.key);
    }

    void close() {
        try {
            map.close();
        } finally {
            if (file != null) {
                ArchiveFiles.remove(file);
            }
        }
    }
}
