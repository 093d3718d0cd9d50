package dev.palimpsest.vacuum.archive;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The archive's files in a database's directory: their names, their removal, and that their blocks exist.
 *
 * <p>Not through {@code storage.Disk}: they need no recovery and are mapped into memory. Stateless.
 */
final class ArchiveFiles {
    private static final System.Logger LOG = System.getLogger(ArchiveFiles.class.getName());
    private static final String PREFIX = "archive-";
    private static final String SUFFIX = ".tmp";
    private static final int STEP_BYTES = 1 << 20;

    private ArchiveFiles() {}

    static Path file(Path directory, int number) {
        return directory.resolve(PREFIX + number + SUFFIX);
    }

    /** What a killed process or a failed attempt left; nothing where there is no directory. A file that can't be removed is logged. */
    static void removeAll(Path directory) {
        if (directory == null || !Files.isDirectory(directory)) {
            return;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, PREFIX + "*" + SUFFIX)) {
            files.forEach(ArchiveFiles::remove);
        } catch (IOException | UncheckedIOException e) {
            LOG.log(Level.WARNING, "could not look for old archive files in \"" + directory + "\"", e);
        }
    }

    static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "could not remove the archive's file \"" + file + "\"", e);
        }
    }

    /**
     * Makes every block of a new file exist, by writing what is there already. Without it a full disk would show in a store to mapped memory, as
     * a fault of the process, and not here as an exception.
     */
    static void reserveBlocks(Path file) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(STEP_BYTES);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long size = channel.size();
            for (long position = 0; position < size; position += STEP_BYTES) {
                buffer.clear();
                while (buffer.hasRemaining() && channel.read(buffer, position + buffer.position()) > 0) {}
                buffer.flip();
                while (buffer.hasRemaining()) {
                    channel.write(buffer, position + buffer.position());
                }
            }
        }
    }
}
