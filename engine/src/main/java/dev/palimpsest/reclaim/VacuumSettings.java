package dev.palimpsest.reclaim;

import dev.palimpsest.api.AutovacuumOptions;

/**
 * How vacuum is set up. Immutable.
 *
 * @param archives where pinned versions may go; null for the vacuum module's own choice
 */
public record VacuumSettings(AutovacuumOptions autovacuum, ArchiveFactory archives) {
    /** Only by hand, and without an archive. */
    public static final VacuumSettings BY_HAND = new VacuumSettings(AutovacuumOptions.OFF, ArchiveFactory.NONE);
}
