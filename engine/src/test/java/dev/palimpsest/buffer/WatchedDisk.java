package dev.palimpsest.buffer;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.storage.DiskFile;
import dev.palimpsest.storage.ForwardingDisk;
import dev.palimpsest.storage.MemoryDisk;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * A disk in memory that checks the WAL rule at each write of a page, knows which files were written since their last force, and fails
 * on demand. Thread-safe.
 */
final class WatchedDisk extends ForwardingDisk {
    private final LongSupplier durableLsn;
    final Set<String> unforced = ConcurrentHashMap.newKeySet();
    final Set<String> unforcedDirectories = ConcurrentHashMap.newKeySet();
    final Map<String, Integer> openFiles = new ConcurrentHashMap<>();

    /** The first write that broke the WAL rule: checked at the end, for the engine turns it into a poisoning. */
    volatile String brokenRule;

    /** Reads of this file fail this many times. */
    volatile String failingPath;

    final AtomicInteger failuresLeft = new AtomicInteger();
    volatile boolean failWrites;
    volatile boolean failForces;

    WatchedDisk(LongSupplier durableLsn) {
        super(new MemoryDisk());
        this.durableLsn = durableLsn;
    }

    @Override
    public DiskFile open(String path, boolean create) {
        if (create && !disk.exists(path)) {
            unforcedDirectories.add(path.substring(0, Math.max(0, path.lastIndexOf('/'))));
        }
        openFiles.merge(path, 1, Integer::sum);
        return new WatchedFile(disk.open(path, create));
    }

    @Override
    public void delete(String path) {
        if (disk.exists(path)) {
            unforcedDirectories.add(path.substring(0, Math.max(0, path.lastIndexOf('/'))));
        }
        disk.delete(path);
    }

    @Override
    public void createDirectory(String directory) {
        if (!disk.exists(directory)) {
            unforcedDirectories.add("");
        }
        disk.createDirectory(directory);
    }

    @Override
    public void forceDirectory(String directory) {
        unforcedDirectories.remove(directory);
        disk.forceDirectory(directory);
    }

    private static StoppedException failure(String what, String path) {
        return new StoppedException(SqlState.IO_ERROR, "could not " + what + " file \"" + path + "\": as asked for");
    }

    private final class WatchedFile extends ForwardingFile {
        WatchedFile(DiskFile file) {
            super(file);
        }

        @Override
        public int read(ByteBuffer dst, long position) {
            if (path().equals(failingPath) && failuresLeft.getAndDecrement() > 0) {
                throw failure("read", path());
            }
            return file.read(dst, position);
        }

        @Override
        public void write(ByteBuffer src, long position) {
            if (failWrites) {
                throw failure("write", path());
            }
            assertTrue(src.remaining() % PageLayout.SIZE == 0 && position % PageLayout.SIZE == 0);
            ByteBuffer pages = src.duplicate().order(ByteOrder.LITTLE_ENDIAN);
            for (int at = pages.position(); at < pages.limit(); at += PageLayout.SIZE) {
                long lsn = pages.getLong(at + PageLayout.LSN_OFFSET);
                if (lsn > durableLsn.getAsLong()) {
                    brokenRule = "page written with lsn=" + lsn + " durable=" + durableLsn.getAsLong();
                }
            }
            file.write(src, position);
            unforced.add(path());
        }

        @Override
        public void force() {
            if (failForces) {
                throw failure("fsync", path());
            }
            unforced.remove(path());
            file.force();
        }

        @Override
        public void close() {
            openFiles.merge(path(), -1, Integer::sum);
            file.close();
        }
    }
}
