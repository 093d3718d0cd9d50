package dev.palimpsest.sql.exec;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.DatabaseOptions;
import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the database was opened with, as SHOW prints it: PostgreSQL's names where it has them. No session changes it; a table may have its own
 * (storage parameters). Stateless.
 */
final class DatabaseSettings {
    private DatabaseSettings() {}

    static Map<String, String> of(DatabaseOptions options) {
        AutovacuumOptions auto = options.autovacuum();
        Map<String, String> settings = new TreeMap<>();
        settings.put("autovacuum", auto.enabled() ? "on" : "off");
        settings.put("autovacuum_naptime", Settings.millis(auto.naptimeMillis()));
        settings.put("autovacuum_vacuum_threshold", String.valueOf(auto.vacuumThreshold()));
        settings.put("autovacuum_vacuum_scale_factor", number(auto.vacuumScaleFactor()));
        settings.put("autovacuum_vacuum_insert_threshold", String.valueOf(auto.vacuumInsertThreshold()));
        settings.put("autovacuum_vacuum_insert_scale_factor", number(auto.vacuumInsertScaleFactor()));
        settings.put("autovacuum_vacuum_cost_delay", Settings.fractionalMillis(auto.vacuumCostDelayMillis()));
        settings.put("autovacuum_vacuum_cost_limit", String.valueOf(auto.vacuumCostLimit()));
        settings.put("autovacuum_work_mem", Settings.kilobytes(auto.workMemBytes() / 1024));
        settings.put("archive_size", Settings.kilobytes(options.archiveBytes() / 1024));
        settings.put("shared_buffers", Settings.kilobytes(options.bufferPoolBytes() / 1024));
        settings.put(
                "max_snapshot_age", Settings.millis(options.maxSnapshotAge().toMillis()));
        settings.put(
                "snapshot_warning_age",
                Settings.millis(options.snapshotWarningAge().toMillis()));
        return settings;
    }

    private static String number(double value) {
        return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
    }
}
