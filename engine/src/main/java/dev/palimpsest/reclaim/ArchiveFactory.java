package dev.palimpsest.reclaim;

import dev.palimpsest.heap.VersionArchive;
import java.nio.file.Path;

/** Makes the archive of a database's pinned versions, when the first vacuum has something for it. */
public interface ArchiveFactory {
    /** There is none. */
    ArchiveFactory NONE = directory -> null;

    /** In the Java heap, up to a number of bytes: for tests and simulations. */
    static ArchiveFactory onHeap(long maxBytes) {
        return directory -> new HeapArchive(maxBytes);
    }

    /** An archive with its end. */
    interface OpenArchive extends VersionArchive, AutoCloseable {
        /** Would {@link #tend} do anything? Cheap: vacuum asks between any two pages. */
        default boolean isDue() {
            return false;
        }

        /** Takes more room where that will soon be needed, and gives back what isn't. On an engine task, without latches: it may make a file. */
        default void tend() {}

        /** Entries (pages) and the bytes put for them, and what the archive takes for itself. */
        default Fill fill() {
            return Fill.NONE;
        }

        /** Waits for readers on their way, gives memory back and removes the file. Who asks later gets an error, never nothing. */
        @Override
        void close();
    }

    /**
     * How full an archive is.
     *
     * @param pages pages of which versions are in it
     * @param bytes what was put for them
     * @param takenBytes what it takes in memory or in its file
     */
    record Fill(long pages, long bytes, long takenBytes) {
        public static final Fill NONE = new Fill(0, 0, 0);
    }

    /**
     * On an engine task of its own; may take seconds: only the closing of the database waits for it, and who has asked to. Called once: what
     * couldn't be made isn't asked for again.
     *
     * @param directory where its file goes; null for a database in memory
     * @return null if there can't be one; that was logged
     */
    OpenArchive open(Path directory);

    /** Removes what a killed process left. On the engine task that opens the database, before anything else. */
    default void removeLeftovers(Path directory) {}
}
