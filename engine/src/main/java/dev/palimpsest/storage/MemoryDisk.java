package dev.palimpsest.storage;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * A disk in memory, for databases that live as long as their process. Uses what is written, in pieces of {@link
 * MemoryFile#PIECE_BYTES}; truncating and deleting give memory back. Forces do nothing.
 *
 * <p>Thread-safe: names are guarded by this object's monitor, which is never held over a wait; contents by {@link
 * MemoryFile}.
 */
public final class MemoryDisk implements Disk {
    /** Guarded by this. Every path that exists; a directory's value is null. */
    private final NavigableMap<String, MemoryFile> entries = new TreeMap<>();

    /** Guarded by this. */
    private final Set<String> locks = new HashSet<>();

    /** Single-writer: {@link #close}; never cleared. */
    private volatile boolean closed;

    public MemoryDisk() {
        entries.put("", null);
    }

    @Override
    public synchronized DiskFile open(String path, boolean create) {
        if (closed) {
            throw DiskErrors.closed("open file", path);
        }
        if (!entries.containsKey(path)) {
            if (!create) {
                throw DiskErrors.missing("open file", path);
            }
            requireDirectory(parent(path), "create file", path);
            entries.put(path, new MemoryFile());
        }
        MemoryFile file = entries.get(path);
        if (file == null) {
            throw DiskErrors.io("open file", path, "Is a directory");
        }
        return new OpenMemoryFile(path, file, () -> closed);
    }

    @Override
    public synchronized boolean exists(String path) {
        return entries.containsKey(path);
    }

    @Override
    public synchronized void rename(String from, String to) {
        if (!entries.containsKey(from)) {
            throw DiskErrors.missing("rename to \"" + to + "\" the file", from);
        }
        if (isDirectory(from) || isDirectory(to)) {
            throw DiskErrors.io("rename to \"" + to + "\" the file", from, "Is a directory");
        }
        requireDirectory(parent(to), "rename to \"" + to + "\" the file", from);
        entries.put(to, entries.remove(from));
    }

    @Override
    public synchronized void delete(String path) {
        if (isDirectory(path) && !list(path).isEmpty()) {
            throw DiskErrors.io("remove file", path, "Directory not empty");
        }
        entries.remove(path);
    }

    @Override
    public synchronized List<String> list(String directory) {
        String prefix = directory.isEmpty() ? "" : directory + "/";
        List<String> names = new ArrayList<>();
        for (String path : entries.tailMap(prefix, false).keySet()) {
            if (!path.startsWith(prefix)) {
                break;
            }
            if (path.indexOf('/', prefix.length()) < 0) {
                names.add(path.substring(prefix.length()));
            }
        }
        return names;
    }

    @Override
    public synchronized void createDirectory(String directory) {
        if (!isDirectory(directory)) {
            if (entries.containsKey(directory)) {
                throw DiskErrors.io("create directory", directory, "a file of this name is in the way");
            }
            requireDirectory(parent(directory), "create directory", directory);
            entries.put(directory, null);
        }
    }

    @Override
    public synchronized void forceDirectory(String directory) {
        requireDirectory(directory, "fsync directory", directory);
    }

    @Override
    public synchronized AutoCloseable lock(String path) {
        if (!locks.add(path)) {
            throw new UsageException(
                    SqlState.OBJECT_IN_USE,
                    "database directory \"" + describe() + "\" is already open in this process",
                    "lockFile=" + path + " pid=" + ProcessHandle.current().pid());
        }
        return () -> unlock(path);
    }

    @Override
    public String describe() {
        return "memory";
    }

    @Override
    public void close() {
        closed = true;
    }

    private synchronized void unlock(String path) {
        locks.remove(path);
    }

    /** Caller holds this. */
    private boolean isDirectory(String path) {
        return entries.containsKey(path) && entries.get(path) == null;
    }

    /** Caller holds this. */
    private void requireDirectory(String directory, String operation, String path) {
        if (!isDirectory(directory)) {
            throw DiskErrors.missing(operation, path);
        }
    }

    private static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }
}
