package dev.palimpsest.reclaim;

import dev.palimpsest.heap.VersionArchive;
import java.nio.file.Path;

/** Makes the archive of a database's pinned versions, at the first vacuum that has something for it. */
public interface ArchiveFactory {
    /** There is none. */
    ArchiveFactory NONE = directory -> null;

    /** An archive with its end. */
    interface OpenArchive extends VersionArchive, AutoCloseable {
        /** Gives memory back and removes the file. Readers that come later, or are on their way, find nothing. */
        @Override
        void close();
    }

    /**
     * On an engine task; may take seconds. Called once: what couldn't be made isn't asked for again.
     *
     * @param directory where its file goes; null for a database in memory
     * @return null if there can't be one; that was logged
     */
    OpenArchive open(Path directory);

    /** Removes what a killed process left. On the engine task that opens the database, before anything else. */
    default void removeLeftovers(Path directory) {}
}
