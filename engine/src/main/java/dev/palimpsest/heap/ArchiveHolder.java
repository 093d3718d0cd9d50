package dev.palimpsest.heap;

/** The archive of a database's heaps: none until vacuum installs one, then the same until the database is closed. Thread-safe. */
public final class ArchiveHolder {
    private volatile VersionArchive archive = VersionArchive.NONE;

    /** The archive that is in use now. */
    public VersionArchive current() {
        return archive;
    }

    /** From now on this one is used. It may take the place of {@link VersionArchive#NONE} only: pages rely on what another one holds. */
    public void install(VersionArchive newArchive) {
        if (archive != VersionArchive.NONE && archive != newArchive) {
            throw new IllegalStateException("there is an archive already");
        }
        archive = newArchive;
    }
}
