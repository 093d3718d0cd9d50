package dev.palimpsest.reclaim;

import dev.palimpsest.api.AutovacuumOptions;

/**
 * How vacuum is set up. Immutable.
 *
 * @param archives where pinned versions may go; null for the vacuum module's own choice
 * @param archiveBytes most that the archive may take; 0 for none
 */
public record VacuumSettings(AutovacuumOptions autovacuum, ArchiveFactory archives, long archiveBytes) {
    /** Only by hand, and without an archive. */
    public static final VacuumSettings BY_HAND = new VacuumSettings(AutovacuumOptions.OFF, ArchiveFactory.NONE, 0);
}
