package dev.palimpsest.storage;

import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;

/**
 * A handle on a {@link MemoryFile}, which lives on after its name was deleted until the last handle goes. Thread-safe.
 */
final class OpenMemoryFile implements DiskFile {
    private final String path;
    private final MemoryFile file;
    private final BooleanSupplier diskClosed;

    /** Single-writer: {@link #close}; never cleared. */
    private volatile boolean closed;

    OpenMemoryFile(String path, MemoryFile file, BooleanSupplier diskClosed) {
        this.path = path;
        this.file = file;
        this.diskClosed = diskClosed;
    }

    @Override
    public int read(ByteBuffer dst, long position) {
        requireOpen("read file");
        return file.read(dst, position);
    }

    @Override
    public void write(ByteBuffer src, long position) {
        requireOpen("write to file");
        file.write(src, position);
    }

    @Override
    public void force() {
        requireOpen("fsync file");
    }

    @Override
    public void truncate(long sizeBytes) {
        requireOpen("truncate file");
        file.truncate(sizeBytes);
    }

    @Override
    public long size() {
        requireOpen("ask the size of file");
        return file.size();
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public void close() {
        closed = true;
    }

    private void requireOpen(String operation) {
        if (closed || diskClosed.getAsBoolean()) {
            throw DiskErrors.closed(operation, path);
        }
    }
}
