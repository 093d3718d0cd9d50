package dev.palimpsest.storage;

import dev.palimpsest.scheduler.Scheduler;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;

/**
 * An open file of {@link FileDisk}: one channel to read, shared by all callers, and one to write, used by engine tasks
 * only.
 *
 * <p>An interrupt of any reader closes the read channel under all of them. Whoever meets a closed channel sets its own
 * interrupt aside, opens a new channel (the first one wins, by CAS) and goes on reading where it was. The write channel
 * is never reopened: a new one might not be told of an earlier write error. A reopening goes by path: don't rename or
 * delete a file that is being read.
 *
 * <p>Thread-safe, no locks.
 */
final class ChannelFile implements DiskFile {
    /** The JDK copies a heap buffer through a direct one of the same size and keeps that per thread: so in pieces. */
    private static final int HEAP_PIECE_BYTES = 128 * 1024;

    private static final VarHandle READ_CHANNEL;
    private static final VarHandle WRITE_CHANNEL;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            READ_CHANNEL = lookup.findVarHandle(ChannelFile.class, "readChannel", FileChannel.class);
            WRITE_CHANNEL = lookup.findVarHandle(ChannelFile.class, "writeChannel", FileChannel.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final String path;
    private final Path file;
    private final Scheduler scheduler;
    private final Consumer<ChannelFile> onClose;

    /** CAS, from a closed one to its successor. */
    private volatile FileChannel readChannel;

    /** CAS from null, at the first write. */
    private volatile FileChannel writeChannel;

    /** Set before the channels are closed; never cleared. */
    private volatile boolean closed;

    ChannelFile(String path, Path file, boolean create, Scheduler scheduler, Consumer<ChannelFile> onClose)
            throws IOException {
        this.path = path;
        this.file = file;
        this.scheduler = scheduler;
        this.onClose = onClose;
        if (create) {
            writeChannel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        }
        try {
            readChannel = FileChannel.open(file, StandardOpenOption.READ);
        } catch (IOException e) {
            closeQuietly(writeChannel);
            throw e;
        }
    }

    @Override
    public int read(ByteBuffer dst, long position) {
        int start = dst.position();
        boolean interrupted = Thread.interrupted();
        try {
            boolean atEnd = false;
            while (dst.hasRemaining() && !atEnd) {
                FileChannel channel = readChannel;
                try {
                    // by dst's position: a read that an interrupt ended may have advanced it
                    atEnd = readPiece(channel, dst, position + (dst.position() - start)) < 0;
                } catch (ClosedChannelException e) {
                    interrupted |= Thread.interrupted();
                    reopen(channel, "read file");
                }
            }
            return dst.position() - start;
        } catch (IOException e) {
            throw DiskErrors.failed("read file", file, e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public long size() {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                FileChannel channel = readChannel;
                try {
                    return channel.size();
                } catch (ClosedChannelException e) {
                    interrupted |= Thread.interrupted();
                    reopen(channel, "ask the size of file");
                }
            }
        } catch (IOException e) {
            throw DiskErrors.failed("ask the size of file", file, e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void write(ByteBuffer src, long position) {
        assert scheduler.onEngineTask() : "a write outside an engine task, file=" + path;
        int start = src.position();
        try {
            FileChannel channel = writeChannel("write to file");
            while (src.hasRemaining()) {
                writePiece(channel, src, position + (src.position() - start));
            }
        } catch (IOException e) {
            throw DiskErrors.failed("write to file", file, e);
        }
    }

    @Override
    public void force() {
        assert scheduler.onEngineTask() : "a force outside an engine task, file=" + path;
        try {
            writeChannel("fsync file")
                    .force(false); // fdatasync: the length is part of what it makes durable, times aren't
        } catch (IOException e) {
            throw DiskErrors.failed("fsync file", file, e);
        }
    }

    @Override
    public void truncate(long sizeBytes) {
        assert scheduler.onEngineTask() : "a truncation outside an engine task, file=" + path;
        try {
            writeChannel("truncate file").truncate(sizeBytes);
        } catch (IOException e) {
            throw DiskErrors.failed("truncate file", file, e);
        }
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public void close() {
        closed = true;
        onClose.accept(this);
        closeQuietly(readChannel);
        closeQuietly(writeChannel);
    }

    private static int readPiece(FileChannel channel, ByteBuffer dst, long position) throws IOException {
        int limit = dst.limit();
        if (!dst.isDirect()) {
            dst.limit(Math.min(limit, dst.position() + HEAP_PIECE_BYTES));
        }
        try {
            return channel.read(dst, position);
        } finally {
            dst.limit(limit);
        }
    }

    private static void writePiece(FileChannel channel, ByteBuffer src, long position) throws IOException {
        int limit = src.limit();
        if (!src.isDirect()) {
            src.limit(Math.min(limit, src.position() + HEAP_PIECE_BYTES));
        }
        try {
            channel.write(src, position);
        } finally {
            src.limit(limit);
        }
    }

    private void reopen(FileChannel old, String operation) throws IOException {
        if (closed) {
            throw DiskErrors.closed(operation, file.toString());
        }
        if (readChannel == old) {
            FileChannel fresh = FileChannel.open(file, StandardOpenOption.READ);
            if (!READ_CHANNEL.compareAndSet(this, old, fresh) || closed) {
                closeQuietly(fresh);
            }
        }
    }

    private FileChannel writeChannel(String operation) throws IOException {
        FileChannel channel = writeChannel;
        if (channel == null && !closed) {
            FileChannel fresh = FileChannel.open(file, StandardOpenOption.WRITE);
            if (!WRITE_CHANNEL.compareAndSet(this, null, fresh) || closed) {
                closeQuietly(fresh);
            }
            channel = writeChannel;
        }
        if (closed) {
            throw DiskErrors.closed(operation, file.toString());
        }
        return channel;
    }

    private static void closeQuietly(FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // nothing hangs on it: what counts was forced before
            }
        }
    }
}
