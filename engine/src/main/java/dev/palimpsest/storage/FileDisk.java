package dev.palimpsest.storage;

import dev.palimpsest.scheduler.Scheduler;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A directory of the operating system. Creates it, and forces that, where it is missing.
 *
 * <p>An open file is a {@link ChannelFile}; the lock is a {@link DirectoryLock}. Thread-safe: the set of open files is
 * concurrent, all else is final or volatile.
 */
public final class FileDisk implements Disk {
    private static final boolean FORCES_DIRECTORIES = File.separatorChar == '/';

    private final Path directory;
    private final Scheduler scheduler;

    /** Files not yet closed; each removes itself. */
    private final Set<ChannelFile> openFiles = ConcurrentHashMap.newKeySet();

    /** Single-writer: {@link #close}. */
    private volatile boolean closed;

    public FileDisk(Path directory, Scheduler scheduler) {
        this.directory = directory.toAbsolutePath().normalize();
        this.scheduler = scheduler;
        createWithParents(this.directory);
    }

    @Override
    public DiskFile open(String path, boolean create) {
        ChannelFile file;
        try {
            file = new ChannelFile(path, directory.resolve(path), create, scheduler, openFiles::remove);
        } catch (IOException e) {
            throw DiskErrors.failed(create ? "create file" : "open file", directory.resolve(path), e);
        }
        openFiles.add(file);
        if (closed) { // close() may have passed this file by
            file.close();
            throw DiskErrors.closed("open file", path);
        }
        return file;
    }

    @Override
    public boolean exists(String path) {
        return Files.exists(directory.resolve(path));
    }

    @Override
    public void rename(String from, String to) {
        try {
            Files.move(
                    directory.resolve(from),
                    directory.resolve(to),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw DiskErrors.failed("rename to \"" + to + "\" the file", directory.resolve(from), e);
        }
    }

    @Override
    public void delete(String path) {
        try {
            Files.deleteIfExists(directory.resolve(path));
        } catch (IOException e) {
            throw DiskErrors.failed("remove file", directory.resolve(path), e);
        }
    }

    @Override
    public List<String> list(String path) {
        Path listed = directory.resolve(path);
        try (Stream<Path> entries = Files.list(listed)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().collect(Collectors.toList());
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (IOException e) {
            throw DiskErrors.failed("read directory", listed, e);
        }
    }

    @Override
    public void createDirectory(String path) {
        Path created = directory.resolve(path);
        if (!Files.isDirectory(created)) {
            try {
                Files.createDirectory(created);
            } catch (IOException e) {
                throw DiskErrors.failed("create directory", created, e);
            }
        }
    }

    @Override
    public void forceDirectory(String path) {
        assert scheduler.onEngineTask() : "a force outside an engine task, directory=" + path;
        force(directory.resolve(path));
    }

    @Override
    public AutoCloseable lock(String path) {
        return DirectoryLock.acquire(directory, directory.resolve(path));
    }

    @Override
    public String describe() {
        return directory.toString();
    }

    @Override
    public void close() {
        closed = true;
        for (ChannelFile file : openFiles) {
            file.close();
        }
    }

    /**
     * On the opener's own thread, where an interrupt closes nobody else's channel: it is set aside and pending again
     * afterwards.
     */
    private static void createWithParents(Path directory) {
        if (Files.isDirectory(directory)) {
            return;
        }
        boolean interrupted = Thread.interrupted();
        try {
            Path parent = directory.getParent();
            if (parent != null) {
                createWithParents(parent);
            }
            Files.createDirectory(directory);
            if (parent != null) {
                force(parent);
            }
        } catch (IOException e) {
            if (!Files.isDirectory(directory)) { // else somebody else made it just now
                throw DiskErrors.failed("create directory", directory, e);
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void force(Path directory) {
        if (FORCES_DIRECTORIES) { // Windows can't open one, and keeps its own order
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            } catch (IOException e) {
                throw DiskErrors.failed("fsync directory", directory, e);
            }
        }
    }
}
