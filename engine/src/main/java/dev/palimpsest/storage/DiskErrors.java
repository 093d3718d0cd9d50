package dev.palimpsest.storage;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/**
 * Turns an {@link IOException} into the {@link StoppedException} that names the operation and the path.
 *
 * <p>Texts and codes follow PostgreSQL's {@code errcode_for_file_access} and its "could not ... file" messages.
 */
final class DiskErrors {
    private static final long ALMOST_FULL_BYTES = 64 * 1024;

    private DiskErrors() {}

    /** @param operation completes "could not ...", for example {@code write to file} */
    static StoppedException failed(String operation, Path path, IOException cause) {
        String message = message(operation, path.toString(), reason(cause));
        if (cause instanceof ClosedChannelException) {
            return new StoppedException(SqlState.ADMIN_SHUTDOWN, message, null, null, cause);
        }
        if (cause instanceof NoSuchFileException) {
            return new StoppedException(SqlState.UNDEFINED_FILE, message, null, null, cause);
        }
        if (isDiskFull(cause, path)) {
            String hint = "Free some space on this disk, then open the database again.";
            return new StoppedException(SqlState.DISK_FULL, message, null, hint, cause);
        }
        String hint = isReadOnly(cause)
                ? "A database is opened for reading and writing: give this user the right to write in its directory, on a disk that"
                        + " isn't mounted read-only."
                : null;
        return new StoppedException(SqlState.IO_ERROR, message, null, hint, cause);
    }

    private static boolean isReadOnly(IOException cause) {
        return cause instanceof AccessDeniedException
                || String.valueOf(cause.getMessage()).contains("Read-only file system");
    }

    static StoppedException closed(String operation, String path) {
        return new StoppedException(SqlState.ADMIN_SHUTDOWN, message(operation, path, "the file is closed"));
    }

    static StoppedException missing(String operation, String path) {
        return new StoppedException(SqlState.UNDEFINED_FILE, message(operation, path, "No such file or directory"));
    }

    static StoppedException io(String operation, String path, String reason) {
        return new StoppedException(SqlState.IO_ERROR, message(operation, path, reason));
    }

    private static String message(String operation, String path, String reason) {
        return "could not " + operation + " \"" + path + "\": " + reason;
    }

    private static String reason(IOException cause) {
        if (cause instanceof ClosedChannelException) {
            return "the file is closed";
        }
        if (cause instanceof NoSuchFileException) {
            return "No such file or directory";
        }
        if (cause instanceof AccessDeniedException) {
            return "Permission denied";
        }
        if (cause instanceof NotDirectoryException) {
            return "Not a directory";
        }
        if (cause instanceof FileAlreadyExistsException) {
            return "a file of this name is in the way";
        }
        String reason = cause instanceof FileSystemException file ? file.getReason() : cause.getMessage();
        return reason == null ? cause.getClass().getSimpleName() : reason;
    }

    /** By the system's text, and where that is in another language by asking how much room is left. */
    private static boolean isDiskFull(IOException cause, Path path) {
        String text = String.valueOf(cause.getMessage());
        if (text.contains("No space left") || text.contains("quota exceeded") || text.contains("not enough space")) {
            return true;
        }
        try {
            return Files.getFileStore(path).getUsableSpace() < ALMOST_FULL_BYTES && Files.isWritable(path);
        } catch (IOException e) {
            return false;
        }
    }
}
