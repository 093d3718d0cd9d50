package dev.palimpsest.wal;

import dev.palimpsest.id.Lsn;
import java.util.function.Consumer;
import java.util.function.Function;

/** The log as text, a line a record, as {@code pg_waldump} prints it. */
public final class WalDump {
    private WalDump() {}

    /**
     * Prints from {@code from} to the end of the log; the last line says where and why it ends.
     *
     * @param managers the resource manager of an id, or null if there is none
     * @throws dev.palimpsest.api.StoppedException where the log is damaged, after all lines before
     */
    public static void print(
            Wal wal, long from, Function<ResourceManagerId, ResourceManager> managers, Consumer<String> lines) {
        try (WalReader reader = wal.read(from)) {
            while (reader.next()) {
                lines.accept(
                        line(reader.record(), managers.apply(reader.record().rmgr())));
            }
            lines.accept("end of log: " + reader.where(reader.endLsn()) + ": " + reader.endReason());
        }
    }

    /** One record; {@code manager} may be null. */
    public static String line(WalRecord record, ResourceManager manager) {
        String description = manager == null ? "payload=" + record.payloadLength() : manager.describe(record);
        return "lsn=" + Lsn.toString(record.lsn()) + " " + record + " | " + description;
    }
}
