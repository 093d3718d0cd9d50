package dev.palimpsest.wal;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.storage.DiskFile;
import dev.palimpsest.storage.ForwardingDisk;
import dev.palimpsest.storage.MemoryDisk;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A disk in memory that counts forces, can hold them up and can fail. */
final class TestDisk extends ForwardingDisk {
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

    TestDisk() {
        super(new MemoryDisk());
    }

    @Override
    public DiskFile open(String path, boolean create) {
        return new File(super.open(path, create));
    }

    private final class File extends ForwardingFile {
        private volatile boolean newBlocks;

        File(DiskFile file) {
            super(file);
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
    }
}
