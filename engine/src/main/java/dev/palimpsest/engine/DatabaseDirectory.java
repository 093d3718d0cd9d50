package dev.palimpsest.engine;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.recovery.ControlFile;
import dev.palimpsest.recovery.FileLengths;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.RelationFiles;
import java.util.ArrayList;
import java.util.List;

/** What a directory holds before it is opened: a database, half of one, nothing, or something else. Used by the opening task. */
final class DatabaseDirectory {
    static final String LOCK_PATH = "lock";

    private static final List<String> DIRECTORIES = List.of(RelationFiles.DIRECTORY, "wal", "status");

    private final Disk disk;
    private final ControlFile controlFile;

    DatabaseDirectory(Disk disk, ControlFile controlFile) {
        this.disk = disk;
        this.controlFile = controlFile;
    }

    /**
     * Before the lock file is made.
     *
     * @throws UsageException 55000 if there is no database and none may be made, or something else is there
     */
    void check(boolean createIfMissing) {
        if (controlFile.exists()) {
            return;
        }
        List<String> others = new ArrayList<>(disk.list(""));
        boolean halfMade = controlFile.isHalfMade();
        others.remove(LOCK_PATH);
        others.removeIf(name -> name.startsWith(ControlFile.PATH) || name.startsWith(FileLengths.PATH));
        boolean parts = others.removeAll(DIRECTORIES);
        if (!others.isEmpty()) {
            throw new UsageException(
                    SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE,
                    "directory \"" + disk.describe() + "\" is not a database and not empty",
                    "found=" + others.subList(0, Math.min(5, others.size())),
                    "Name an empty or a new directory.",
                    null);
        }
        if (parts && !halfMade) {
            throw new StoppedException(
                    SqlState.DATA_CORRUPTED,
                    "the control file of the database in \"" + disk.describe() + "\" is missing",
                    "file=" + ControlFile.PATH,
                    "Restore the database from a backup.",
                    null);
        }
        if (!createIfMissing) {
            throw new UsageException(
                    SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE,
                    "there is no database in \"" + disk.describe() + "\"",
                    null,
                    "Set createIfMissing to make one.",
                    null);
        }
    }

    /** Removes what a power cut left of a database in the making: nobody has seen it. */
    void clear() {
        for (String directory : DIRECTORIES) {
            for (String name : disk.list(directory)) {
                disk.delete(directory + "/" + name);
            }
            disk.delete(directory);
        }
        disk.forceDirectory("");
    }
}
