package dev.palimpsest.wal;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.DiskFile;
import dev.palimpsest.storage.MemoryDisk;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A disk in memory that counts forces, can hold them up and can fail. */
final class TestDisk implements Disk {
    private final Disk memory = new MemoryDisk();
    final AtomicInteger forces = new AtomicInteger();
    final AtomicInteger writes = new AtomicInteger();
    final AtomicLong bytesWritten = new AtomicLong();

    /** Forces of segments that wrote where nothing had been written before: a file system has to record the new blocks then. */
    final AtomicInteger forcesOfNewBlocks = new AtomicInteger();

    private final Set<String> blocks = ConcurrentHashMap.newKeySet();

    /** While not null, a force of a segment takes a permit. */
    volatile Semaphore forcePermits;

    volatile boolean failForces;
    volatile boolean failWrites;

    @Override
    public DiskFile open(String path, boolean create) {
        return new File(memory.open(path, create));
    }

    @Override
    public boolean exists(String path) {
        return memory.exists(path);
    }

    @Override
    public void rename(String from, String to) {
        memory.rename(from, to);
    }

    @Override
    public void delete(String path) {
        memory.delete(path);
    }

    @Override
    public List<String> list(String directory) {
        return memory.list(directory);
    }

    @Override
    public void createDirectory(String directory) {
        memory.createDirectory(directory);
    }

    @Override
    public void forceDirectory(String directory) {
        memory.forceDirectory(directory);
    }

    @Override
    public AutoCloseable lock(String path) {
        return memory.lock(path);
    }

    @Override
    public String describe() {
        return memory.describe();
    }

    @Override
    public void close() {
        memory.close();
    }

    private final class File implements DiskFile {
        private final DiskFile file;
        private volatile boolean newBlocks;

        File(DiskFile file) {
            this.file = file;
        }

        @Override
        public int read(ByteBuffer dst, long position) {
            return file.read(dst, position);
        }

        @Override
        public void write(ByteBuffer src, long position) {
            if (failWrites) {
                throw new StoppedException(SqlState.DISK_FULL, "could not write to file \"" + path() + "\": test");
            }
            writes.incrementAndGet();
            bytesWritten.addAndGet(src.remaining());
            for (long block = position >> 9; block <= position + src.remaining() - 1 >> 9; block++) {
                newBlocks |= blocks.add(path().replace(WalSegmentLayout.TEMPORARY_SUFFIX, "") + " " + block);
            }
            file.write(src, position);
        }

        @Override
        public void force() {
            if (path().endsWith(WalSegmentLayout.TEMPORARY_SUFFIX)) {
                file.force();
                return;
            }
            Semaphore permits = forcePermits;
            if (permits != null) {
                permits.acquireUninterruptibly();
            }
            forces.incrementAndGet();
            forcesOfNewBlocks.addAndGet(newBlocks ? 1 : 0);
            newBlocks = false;
            if (failForces) {
                throw new StoppedException(SqlState.IO_ERROR, "could not fsync file \"" + path() + "\": test");
            }
            file.force();
        }

        @Override
        public void truncate(long sizeBytes) {
            file.truncate(sizeBytes);
        }

        @Override
        public long size() {
            return file.size();
        }

        @Override
        public String path() {
            return file.path();
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
