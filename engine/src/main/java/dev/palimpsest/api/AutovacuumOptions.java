package dev.palimpsest.api;

import java.util.function.Consumer;

/**
 * How vacuum runs by itself. PostgreSQL's settings of the same names; a table's storage parameters override all but the first two and the
 * last. Immutable; start from {@link #DEFAULT}.
 *
 * @param enabled {@code autovacuum}: off means that only pruning on write and {@link Database#vacuum} reclaim anything
 * @param naptimeMillis {@code autovacuum_naptime}: how often it looks for tables that are due; 1 ms to 2,147,483 s
 * @param vacuumThreshold {@code autovacuum_vacuum_threshold}: this many dead versions, and
 * @param vacuumScaleFactor {@code autovacuum_vacuum_scale_factor}: this share of the table make it due; 0 to 100
 * @param vacuumInsertThreshold {@code autovacuum_vacuum_insert_threshold}: this many rows inserted since the last vacuum, and
 * @param vacuumInsertScaleFactor {@code autovacuum_vacuum_insert_scale_factor}: this share of the table make it due too; a threshold of -1
 *     turns that off
 * @param vacuumCostDelayMillis {@code autovacuum_vacuum_cost_delay}: the rest after each {@code vacuumCostLimit}; 0 for none, up to 100
 * @param vacuumCostLimit {@code autovacuum_vacuum_cost_limit}: a page found in memory costs 1, one read from disk 2, one made dirty 20
 * @param workMemBytes {@code autovacuum_work_mem}: memory for the rows that are collected between two cleanings of the indexes; at least 64
 *     KiB
 */
public record AutovacuumOptions(
        boolean enabled,
        long naptimeMillis,
        int vacuumThreshold,
        double vacuumScaleFactor,
        int vacuumInsertThreshold,
        double vacuumInsertScaleFactor,
        double vacuumCostDelayMillis,
        int vacuumCostLimit,
        long workMemBytes) {
    /** PostgreSQL's defaults: on, every minute, 50 rows + 20 %, 1000 inserts + 20 %, 2 ms after each cost of 200; 64 MiB. */
    public static final AutovacuumOptions DEFAULT =
            new AutovacuumOptions(true, 60_000, 50, 0.2, 1000, 0.2, 2, 200, VacuumOptions.DEFAULT_WORK_MEM_BYTES);

    /** {@link #DEFAULT}, switched off. */
    public static final AutovacuumOptions OFF = DEFAULT.withEnabled(false);

    public AutovacuumOptions {
        SettingRange.check("autovacuum_naptime", naptimeMillis, 1, 2_147_483_000L);
        SettingRange.check("autovacuum_vacuum_threshold", vacuumThreshold, 0, Integer.MAX_VALUE);
        SettingRange.checkReal("autovacuum_vacuum_scale_factor", vacuumScaleFactor, 0, 100);
        SettingRange.check("autovacuum_vacuum_insert_threshold", vacuumInsertThreshold, -1, Integer.MAX_VALUE);
        SettingRange.checkReal("autovacuum_vacuum_insert_scale_factor", vacuumInsertScaleFactor, 0, 100);
        SettingRange.checkReal("autovacuum_vacuum_cost_delay", vacuumCostDelayMillis, 0, 100);
        SettingRange.check("autovacuum_vacuum_cost_limit", vacuumCostLimit, 1, 10_000);
        SettingRange.check("autovacuum_work_mem", workMemBytes, VacuumOptions.MIN_WORK_MEM_BYTES, 1L << 40);
    }

    /** The same, on or off. */
    public AutovacuumOptions withEnabled(boolean value) {
        return with(copy -> copy.enabled = value);
    }

    /** The same with another naptime. */
    public AutovacuumOptions withNaptimeMillis(long millis) {
        return with(copy -> copy.naptimeMillis = millis);
    }

    /** The same with other limits for dead versions. */
    public AutovacuumOptions withVacuumThreshold(int versions, double scaleFactor) {
        return with(copy -> {
            copy.vacuumThreshold = versions;
            copy.vacuumScaleFactor = scaleFactor;
        });
    }

    /** The same with other limits for inserted rows. */
    public AutovacuumOptions withVacuumInsertThreshold(int rows, double scaleFactor) {
        return with(copy -> {
            copy.vacuumInsertThreshold = rows;
            copy.vacuumInsertScaleFactor = scaleFactor;
        });
    }

    /** The same with another pace. */
    public AutovacuumOptions withVacuumCost(double delayMillis, int limit) {
        return with(copy -> {
            copy.vacuumCostDelayMillis = delayMillis;
            copy.vacuumCostLimit = limit;
        });
    }

    /** The same with another memory limit. */
    public AutovacuumOptions withWorkMemBytes(long bytes) {
        return with(copy -> copy.workMemBytes = bytes);
    }

    private AutovacuumOptions with(Consumer<Copy> change) {
        Copy copy = new Copy(this);
        change.accept(copy);
        return copy.toOptions();
    }

    /** Some of the options are about to be others. */
    private static final class Copy {
        private boolean enabled;
        private long naptimeMillis;
        private int vacuumThreshold;
        private double vacuumScaleFactor;
        private int vacuumInsertThreshold;
        private double vacuumInsertScaleFactor;
        private double vacuumCostDelayMillis;
        private int vacuumCostLimit;
        private long workMemBytes;

        Copy(AutovacuumOptions from) {
            enabled = from.enabled;
            naptimeMillis = from.naptimeMillis;
            vacuumThreshold = from.vacuumThreshold;
            vacuumScaleFactor = from.vacuumScaleFactor;
            vacuumInsertThreshold = from.vacuumInsertThreshold;
            vacuumInsertScaleFactor = from.vacuumInsertScaleFactor;
            vacuumCostDelayMillis = from.vacuumCostDelayMillis;
            vacuumCostLimit = from.vacuumCostLimit;
            workMemBytes = from.workMemBytes;
        }

        AutovacuumOptions toOptions() {
            return new AutovacuumOptions(
                    enabled,
                    naptimeMillis,
                    vacuumThreshold,
                    vacuumScaleFactor,
                    vacuumInsertThreshold,
                    vacuumInsertScaleFactor,
                    vacuumCostDelayMillis,
                    vacuumCostLimit,
                    workMemBytes);
        }
    }
}
