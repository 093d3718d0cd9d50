package dev.palimpsest.vacuum.archive;

import dev.palimpsest.reclaim.ArchiveFactory;

/** Which archive this module brings. Stateless. */
public final class Archives {
    private Archives() {}

    /** For databases whose configuration names none. */
    public static ArchiveFactory standard() {
        return ArchiveFactory.NONE;
    }
}
