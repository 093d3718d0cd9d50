package dev.palimpsest.api;

/** Counters since the database was opened; each only grows. */
public record DatabaseStatistics(
        long commits,
        long rollbacks,
        long retries,
        long deadlocks,
        long transactionWaits,
        long walBytes,
        long walForces,
        long checkpoints,
        long pagesLoaded,
        long pagesWritten,
        long versionsPruned,
        long hotUpdates,
        long updates) {}
