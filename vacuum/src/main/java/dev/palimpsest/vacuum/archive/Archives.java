package dev.palimpsest.vacuum.archive;

import dev.palimpsest.reclaim.ArchiveFactory;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;

/** Which archive this module brings. Stateless. */
public final class Archives {
    private static final Logger LOG = System.getLogger(Archives.class.getName());

    private Archives() {}

    /**
     * For databases whose configuration names none.
     *
     * @param maxBytes most that it may take; 0 for no archive
     */
    public static ArchiveFactory standard(long maxBytes) {
        return new ArchiveFactory() {
            @Override
            public OpenArchive open(Path directory) {
                return maxBytes == 0 ? null : create(directory, maxBytes);
            }

            @Override
            public void removeLeftovers(Path directory) {
                ArchiveFiles.removeAll(directory);
            }
        };
    }

    private static ArchiveFactory.OpenArchive create(Path directory, long maxBytes) {
        List<String> missing = JvmFlags.missing();
        if (!missing.isEmpty()) {
            LOG.log(
                    Level.WARNING,
                    "versions that only old snapshots see stay in their pages: for the archive, this JVM has to be started with "
                            + String.join(" ", missing)
                            + " (in front of -jar or the main class, or in the environment variable JDK_JAVA_OPTIONS)");
            return null;
        }
        try {
            return new ChronicleArchive(directory, maxBytes, LOG);
        } catch (Exception | LinkageError | AssertionError e) {
            ArchiveFiles.removeAll(directory);
            LOG.log(
                    Level.WARNING,
                    "versions that only old snapshots see stay in their pages: the archive could not be made, directory="
                            + directory,
                    e);
            return null;
        }
    }
}
