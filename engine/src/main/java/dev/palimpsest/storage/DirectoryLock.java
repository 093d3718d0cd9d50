package dev.palimpsest.storage;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The operating system's lock on a lock file that holds its owner's process id. The file stays: deleting it would let
 * two processes lock two files of one name.
 *
 * <p>POSIX drops a process's lock when that process closes <em>any</em> descriptor of the file. So a second open in
 * this process is refused by {@link #HELD} before it opens anything, and one that got past it (loaded by another class
 * loader) leaves its channel open for good.
 *
 * <p>Thread-safe: the sets are concurrent, all else is final.
 */
final class DirectoryLock implements AutoCloseable {
    private static final int LONGEST_PID = 20;

    /** Lock files held by this process, by real path. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    /** Kept reachable, so that no cleaner closes them. */
    private static final Set<FileChannel> LEFT_OPEN = ConcurrentHashMap.newKeySet();

    private final Path key;
    private final FileChannel channel;

    private DirectoryLock(Path key, FileChannel channel) {
        this.key = key;
        this.channel = channel;
    }

    /** An interrupt is set aside; one that comes during the call fails this caller alone. */
    static DirectoryLock acquire(Path directory, Path file) {
        boolean interrupted = Thread.interrupted();
        try {
            Path key = directory.toRealPath().resolve(directory.relativize(file));
            if (!HELD.add(key)) {
                throw inUse(
                        directory,
                        file,
                        "is already open in this process",
                        ProcessHandle.current().pid());
            }
            boolean acquired = false;
            try {
                DirectoryLock lock = new DirectoryLock(key, openAndLock(directory, file));
                acquired = true;
                return lock;
            } finally {
                if (!acquired) {
                    HELD.remove(key);
                }
            }
        } catch (IOException e) {
            throw DiskErrors.failed("lock file", file, e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        try {
            channel.close(); // releases the lock
        } catch (IOException e) {
            // it is released when the process ends
        }
        HELD.remove(key);
    }

    private static FileChannel openAndLock(Path directory, Path file) throws IOException {
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        boolean keep = false;
        try {
            if (channel.tryLock() == null) {
                throw inUse(directory, file, "is in use by another process", readPid(channel));
            }
            writePid(channel);
            keep = true;
            return channel;
        } catch (OverlappingFileLockException e) {
            keep = LEFT_OPEN.add(channel);
            throw inUse(
                    directory,
                    file,
                    "is already open in this process",
                    ProcessHandle.current().pid());
        } finally {
            if (!keep) {
                channel.close();
            }
        }
    }

    private static void writePid(FileChannel channel) throws IOException {
        String pid = ProcessHandle.current().pid() + "\n";
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)), 0);
    }

    /** @return 0 where the file doesn't hold a number */
    private static long readPid(FileChannel channel) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(LONGEST_PID);
        channel.read(bytes, 0);
        String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.US_ASCII).trim();
        return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
    }

    private static UsageException inUse(Path directory, Path file, String what, long pid) {
        return new UsageException(
                SqlState.OBJECT_IN_USE,
                "database directory \"" + directory + "\" " + what,
                "lockFile=" + file + " pid=" + (pid == 0 ? "unknown" : Long.toString(pid)),
                "Close it there first, or open another directory.",
                null);
    }
}
