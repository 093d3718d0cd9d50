package dev.palimpsest.heap;

import dev.palimpsest.id.PageId;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** An archive in the Java heap, up to a number of bytes: for tests and simulations. Thread-safe. */
public class MapArchive implements VersionArchive {
    private final Map<Long, byte[]> blobs = new ConcurrentHashMap<>();
    private final AtomicLong bytes = new AtomicLong();
    private volatile long maxBytes;

    public MapArchive(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** For tests of a full archive. */
    public void setMaxBytes(long newMaxBytes) {
        maxBytes = newMaxBytes;
    }

    public long bytes() {
        return bytes.get();
    }

    public int size() {
        return blobs.size();
    }

    @Override
    public byte[] get(int relation, int block) {
        return blobs.get(key(relation, block));
    }

    @Override
    public boolean put(int relation, int block, byte[] blob) {
        byte[] before = blobs.get(key(relation, block)); // one vacuum a relation: nobody else puts here
        int more = blob.length - (before == null ? 0 : before.length);
        if (more > 0 && bytes.get() + more > maxBytes) {
            return false;
        }
        blobs.put(key(relation, block), blob);
        bytes.addAndGet(more);
        return true;
    }

    @Override
    public void remove(int relation, int block) {
        forget(key(relation, block));
    }

    private void forget(long key) {
        byte[] before = blobs.remove(key);
        bytes.addAndGet(before == null ? 0 : -before.length);
    }

    @Override
    public void clear(int relation) {
        for (long key : blobs.keySet()) {
            if (PageId.fileNumber(key) == relation) {
                forget(key);
            }
        }
    }

    private static long key(int relation, int block) {
        return PageId.of(relation, PageId.MAIN, block);
    }
}
