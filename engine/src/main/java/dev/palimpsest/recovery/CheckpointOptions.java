package dev.palimpsest.recovery;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;

/**
 * When checkpoints begin by themselves, and how slowly they write.
 *
 * @param maxWalBytes one begins once this much log was written since the last began
 * @param timeoutNanos or this long after, if anything was logged
 * @param completionTarget the share (0 to 1) of either that its page writes are spread over; 0 writes at once
 */
public record CheckpointOptions(long maxWalBytes, long timeoutNanos, double completionTarget) {
    public static final CheckpointOptions DEFAULT = new CheckpointOptions(256L << 20, 300_000_000_000L, 0.5);

    public CheckpointOptions {
        if (maxWalBytes <= 0 || timeoutNanos <= 0 || !(completionTarget >= 0 && completionTarget <= 1)) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE,
                    "invalid value for checkpoint option",
                    "maxWalBytes=" + maxWalBytes + " timeoutNanos=" + timeoutNanos + " completionTarget="
                            + completionTarget);
        }
    }
}
