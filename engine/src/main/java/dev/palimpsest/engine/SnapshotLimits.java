package dev.palimpsest.engine;

import dev.palimpsest.api.DatabaseOptions;

/**
 * What is to be known of snapshots that are held for long. Immutable.
 *
 * @param warningMicros age at which one is logged, 0 for never
 * @param maxMicros age at which one is given up, 0 for never
 * @param openingPlaces see {@link DatabaseOptions#openingPlaces}
 */
public record SnapshotLimits(long warningMicros, long maxMicros, boolean openingPlaces) {
    /** Nobody looks at them. */
    public static final SnapshotLimits NONE = new SnapshotLimits(0, 0, false);

    static SnapshotLimits of(DatabaseOptions options) {
        return new SnapshotLimits(
                options.snapshotWarningAge().toNanos() / 1000,
                options.maxSnapshotAge().toNanos() / 1000,
                options.openingPlaces());
    }

    boolean isNone() {
        return warningMicros == 0 && maxMicros == 0;
    }
}
