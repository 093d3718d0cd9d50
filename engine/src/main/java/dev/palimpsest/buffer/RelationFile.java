package dev.palimpsest.buffer;

import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.DiskFile;
import dev.palimpsest.storage.RelationFiles;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * A relation fork's file: opened at the first use, created at the first write. Reads on any thread; writes and forces on engine tasks.
 * Thread-safe.
 */
final class RelationFile {
    private static final VarHandle HANDLE;

    static {
        try {
            HANDLE = MethodHandles.lookup().findVarHandle(RelationFile.class, "handle", DiskFile.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Disk disk;
    private final int fileNumber;
    private final int fork;
    private final String path;

    /** CAS from null; a second opener closes its own. */
    private volatile DiskFile handle;

    /**
     * Set <em>after</em> a write, cleared <em>before</em> a force. The other way round, a force between the setting and the write
     * would clear it, and the write would never be forced.
     */
    private volatile boolean writtenSinceForce;

    RelationFile(Disk disk, int fileNumber, int fork) {
        this.disk = disk;
        this.fileNumber = fileNumber;
        this.fork = fork;
        path = RelationFiles.path(fileNumber, fork);
    }

    int fileNumber() {
        return fileNumber;
    }

    int fork() {
        return fork;
    }

    String path() {
        return path;
    }

    long sizeBytes() {
        DiskFile open = openIfExists();
        return open == null ? 0 : open.size();
    }

    /** As {@link DiskFile#read}; 0 if there is no file. */
    int read(ByteBuffer dst, long position) {
        DiskFile open = openIfExists();
        return open == null ? 0 : open.read(dst, position);
    }

    /**
     * Writes, creating the file if need be.
     *
     * @return true if the file was created (or may have been): its directory needs a force
     */
    boolean write(ByteBuffer src, long position) {
        boolean mayCreate = openIfExists() == null;
        DiskFile open = mayCreate ? install(disk.open(path, true)) : handle;
        open.write(src, position);
        writtenSinceForce = true;
        return mayCreate;
    }

    /** Cuts it, if there is one and it is longer. */
    void truncate(long sizeBytes) {
        DiskFile open = openIfExists();
        if (open != null && open.size() > sizeBytes) {
            open.truncate(sizeBytes);
            writtenSinceForce = true;
        }
    }

    /** @return the bytes that the file has at least, durably; -1 if there was nothing to force */
    long forceIfWritten() {
        if (!writtenSinceForce) {
            return -1;
        }
        writtenSinceForce = false;
        long size = handle.size(); // first: a write that comes after may not be in the force
        handle.force();
        return size;
    }

    /** Nobody uses it any more, except perhaps a checkpoint that forces it. */
    void delete() {
        writtenSinceForce = false;
        close();
        disk.delete(path);
    }

    void close() {
        DiskFile open = handle;
        if (open != null) {
            open.close();
        }
    }

    private DiskFile openIfExists() {
        DiskFile open = handle;
        if (open == null && disk.exists(path)) {
            open = install(disk.open(path, false));
        }
        return open;
    }

    private DiskFile install(DiskFile opened) {
        if (!HANDLE.compareAndSet(this, null, opened)) {
            opened.close();
        }
        return handle;
    }
}
