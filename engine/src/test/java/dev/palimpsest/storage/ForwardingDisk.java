package dev.palimpsest.storage;

import java.nio.ByteBuffer;
import java.util.List;

/** A disk that hands everything on to another one: for tests that watch or spoil some of it. */
public class ForwardingDisk implements Disk {
    protected final Disk disk;

    public ForwardingDisk(Disk disk) {
        this.disk = disk;
    }

    @Override
    public DiskFile open(String path, boolean create) {
        return disk.open(path, create);
    }

    @Override
    public boolean exists(String path) {
        return disk.exists(path);
    }

    @Override
    public void rename(String from, String to) {
        disk.rename(from, to);
    }

    @Override
    public void delete(String path) {
        disk.delete(path);
    }

    @Override
    public List<String> list(String directory) {
        return disk.list(directory);
    }

    @Override
    public void createDirectory(String directory) {
        disk.createDirectory(directory);
    }

    @Override
    public void forceDirectory(String directory) {
        disk.forceDirectory(directory);
    }

    @Override
    public AutoCloseable lock(String path) {
        return disk.lock(path);
    }

    @Override
    public String describe() {
        return disk.describe();
    }

    @Override
    public void close() {
        disk.close();
    }

    /** A file of such a disk. */
    public static class ForwardingFile implements DiskFile {
        protected final DiskFile file;

        public ForwardingFile(DiskFile file) {
            this.file = file;
        }

        @Override
        public int read(ByteBuffer dst, long position) {
            return file.read(dst, position);
        }

        @Override
        public void write(ByteBuffer src, long position) {
            file.write(src, position);
        }

        @Override
        public void force() {
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
