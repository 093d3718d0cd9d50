package dev.palimpsest.wal;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.DiskFile;
import dev.palimpsest.storage.MemoryDisk;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/** A disk in memory that counts forces, can hold them up and can fail. */
final class TestDisk implements Disk {
    private final Disk memory = new MemoryDisk();
    final AtomicInteger forces = new AtomicInteger();
    final AtomicInteger writes = new AtomicInteger();

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
