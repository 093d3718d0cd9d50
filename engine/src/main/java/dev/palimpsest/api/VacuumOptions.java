package dev.palimpsest.api;

/**
 * How {@link Database#vacuum} and {@link Session#vacuum} go about it. Immutable; start from {@link #DEFAULT}.
 *
 * @param skipLocked {@code SKIP_LOCKED}: a table whose lock isn't free at once is left out, and its report says so
 * @param disablePageSkipping {@code DISABLE_PAGE_SKIPPING}: also pages that are known to be clean are read
 * @param indexCleanup {@code INDEX_CLEANUP}: off leaves dead rows in the indexes and their places in the table taken
 * @param truncate {@code TRUNCATE}: empty pages at the table's end are given back
 * @param awaitArchive {@code AWAIT_ARCHIVE}: where versions are to go to the archive and it has still to be made, which takes long the first time in
 *     a process, the vacuum waits for it. Otherwise they stay in their pages, and autovacuum comes again when it is there
 * @param costDelayMillis {@code vacuum_cost_delay}: the rest after each {@code costLimit}; 0, the default, for none
 * @param costLimit {@code vacuum_cost_limit}
 * @param workMemBytes {@code maintenance_work_mem}: memory for the rows that are collected between two cleanings of the indexes; at least 64
 *     KiB
 */
public record VacuumOptions(
        boolean skipLocked,
        boolean disablePageSkipping,
        boolean indexCleanup,
        boolean truncate,
        boolean awaitArchive,
        double costDelayMillis,
        int costLimit,
        long workMemBytes) {
    static final long DEFAULT_WORK_MEM_BYTES = 64L << 20;
    static final long MIN_WORK_MEM_BYTES = 64L << 10;

    /** Waits for locks but not for the archive, skips clean pages, cleans indexes, truncates, never rests, 64 MiB. */
    public static final VacuumOptions DEFAULT =
            new VacuumOptions(false, false, true, true, false, 0, 200, DEFAULT_WORK_MEM_BYTES);

    public VacuumOptions {
        SettingRange.checkReal("vacuum_cost_delay", costDelayMillis, 0, 100);
        SettingRange.check("vacuum_cost_limit", costLimit, 1, 10_000);
        SettingRange.check("maintenance_work_mem", workMemBytes, MIN_WORK_MEM_BYTES, 1L << 40);
    }

    /** The same, leaving locked tables out or waiting for them. */
    public VacuumOptions withSkipLocked(boolean value) {
        return new VacuumOptions(
                value,
                disablePageSkipping,
                indexCleanup,
                truncate,
                awaitArchive,
                costDelayMillis,
                costLimit,
                workMemBytes);
    }

    /** The same, reading every page or not. */
    public VacuumOptions withDisablePageSkipping(boolean value) {
        return new VacuumOptions(
                skipLocked, value, indexCleanup, truncate, awaitArchive, costDelayMillis, costLimit, workMemBytes);
    }

    /** The same, cleaning indexes or not. */
    public VacuumOptions withIndexCleanup(boolean value) {
        return new VacuumOptions(
                skipLocked,
                disablePageSkipping,
                value,
                truncate,
                awaitArchive,
                costDelayMillis,
                costLimit,
                workMemBytes);
    }

    /** The same, giving empty pages back or not. */
    public VacuumOptions withTruncate(boolean value) {
        return new VacuumOptions(
                skipLocked,
                disablePageSkipping,
                indexCleanup,
                value,
                awaitArchive,
                costDelayMillis,
                costLimit,
                workMemBytes);
    }

    /** The same, waiting for the archive where it is needed or not. */
    public VacuumOptions withAwaitArchive(boolean value) {
        return new VacuumOptions(
                skipLocked,
                disablePageSkipping,
                indexCleanup,
                truncate,
                value,
                costDelayMillis,
                costLimit,
                workMemBytes);
    }

    /** The same at another pace. */
    public VacuumOptions withCost(double delayMillis, int limit) {
        return new VacuumOptions(
                skipLocked,
                disablePageSkipping,
                indexCleanup,
                truncate,
                awaitArchive,
                delayMillis,
                limit,
                workMemBytes);
    }

    /** The same with another memory limit. */
    public VacuumOptions withWorkMemBytes(long bytes) {
        return new VacuumOptions(
                skipLocked,
                disablePageSkipping,
                indexCleanup,
                truncate,
                awaitArchive,
                costDelayMillis,
                costLimit,
                bytes);
    }
}
