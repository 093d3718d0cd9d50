package dev.palimpsest.storage;

import java.util.List;

/**
 * A directory tree that files live in. Paths are relative, with {@code /} between names; the empty path is the database
 * directory itself.
 *
 * <p>A file created, renamed or deleted stays so after a power cut only once its directory was forced. All failures are
 * {@code StoppedException}s that name the path: 58030 for I/O errors, 53100 for a full disk, 58P01 for a missing file,
 * 57P01 once it was closed. A file isn't renamed or deleted while somebody may read it. Thread-safe.
 */
public interface Disk extends AutoCloseable {
    /** Opens a file, creating it empty where it is missing and {@code create} is true. */
    DiskFile open(String path, boolean create);

    boolean exists(String path);

    /** Replaces the file {@code to} if it exists, in one step. Not for directories. */
    void rename(String from, String to);

    /** A file or an empty directory; no error if it isn't there. */
    void delete(String path);

    /** The names in a directory, sorted; empty if it doesn't exist. */
    List<String> list(String directory);

    /** No error if it exists; the directory above must. */
    void createDirectory(String directory);

    /** Makes creations, renames and deletions in this directory durable. Engine-owned tasks only. */
    void forceDirectory(String directory);

    /**
     * Takes the lock that keeps a second process (or a second engine in this one) out, by the lock file {@code path}.
     * Nobody else opens that file.
     *
     * @return releases the lock when closed
     * @throws dev.palimpsest.api.UsageException 55006 naming the directory (and the other process, where known) if it is taken
     */
    AutoCloseable lock(String path);

    /** For messages: where this is. */
    String describe();

    /** Closes every file that is still open. Not for callers' threads. */
    @Override
    void close();
}
