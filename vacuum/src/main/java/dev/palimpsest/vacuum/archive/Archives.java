package dev.palimpsest.vacuum.archive;

import dev.palimpsest.reclaim.ArchiveFactory;

/** Which archive this module brings. Stateless. */
public final class Archives {
    private Archives() {}

    /**
     * For databases whose configuration names none.
     *
     * @param maxBytes most that it may take; 0 for no archive
     */
    public static ArchiveFactory standard(long maxBytes) {
        return ArchiveFactory.NONE;
    }
}
