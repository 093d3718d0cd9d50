package dev.palimpsest.storage;

import java.nio.ByteBuffer;

/**
 * An open file. Reads may come from any thread and survive an interrupt of their caller (the interrupt stays pending,
 * nobody else notices). Writes, forces and truncation come only from engine-owned tasks: an interrupt closes a channel
 * for everybody, and a reopened one could miss an earlier write error. Thread-safe.
 */
public interface DiskFile extends AutoCloseable {
    /**
     * Reads until {@code dst} is full or the file ends, and advances {@code dst}'s position.
     *
     * @return bytes read, 0 at or past the end
     */
    int read(ByteBuffer dst, long position);

    /** Writes all of {@code src}, extending the file (with zeroes in a gap), and advances {@code src}'s position. */
    void write(ByteBuffer src, long position);

    /**
     * Makes all that was written before, and the file's length, durable. After a failure the file's content is unknown:
     * stop.
     */
    void force();

    /** Cuts the file; no effect on a shorter one. */
    void truncate(long sizeBytes);

    long size();

    String path();

    @Override
    void close();
}
