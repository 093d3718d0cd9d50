package dev.palimpsest.tuple;

import java.io.IOException;
import java.io.InputStream;

/** Where form puts values that are too big for their row; implemented above, where pages are. */
public interface BigValueWriter {
    /** Reports a stored value: its first block and its length. */
    record Stored(int firstBlock, long lengthBytes) {}

    /**
     * Stores the bytes of a stream; reads it to the end, doesn't close it.
     *
     * @throws IOException only what the stream itself throws; a disk that fails is a {@code StoppedException}
     */
    Stored write(InputStream bytes) throws IOException;
}
