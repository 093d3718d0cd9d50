package dev.palimpsest.bench.pinned;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.TableStatistics;
import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.bench.PalimpsestStore;
import java.util.Map;

/**
 * Palimpsest under long readers: autovacuum every second where a hundredth of the table is dead (its defaults, a minute and a fifth, are longer
 * than a measurement), its pace as by default.
 */
public final class HotTable extends PalimpsestStore {
    static final int NAP_MILLIS = 1000;
    static final DatabaseOptions OPTIONS = DatabaseOptions.DEFAULT.withAutovacuum(
            AutovacuumOptions.DEFAULT.withNaptimeMillis(NAP_MILLIS).withVacuumThreshold(50, 0.01));

    private final Map<String, String> parameters;

    public HotTable() {
        this(Map.of());
    }

    /** @param parameters the table's storage parameters */
    HotTable(Map<String, String> parameters) {
        super(OPTIONS);
        this.parameters = parameters;
    }

    @Override
    public void load(int rows) {
        super.load(rows);
        setParameters(parameters);
    }

    void setParameters(Map<String, String> values) {
        if (!values.isEmpty()) {
            database().transact(tx -> {
                tx.alterTable(TABLE, values);
                return null;
            });
        }
    }

    /** One vacuum of the table, at full speed, in the caller, with an archive. */
    VacuumReport vacuum() {
        return database()
                .vacuum(VacuumOptions.DEFAULT.withAwaitArchive(true), TABLE)
                .get(0);
    }

    TableStatistics statistics() {
        return statistics(database(), TABLE);
    }

    static TableStatistics statistics(Database database, String table) {
        return database.tableStatistics().stream()
                .filter(statistics -> statistics.table().equals(table))
                .findFirst()
                .orElseThrow();
    }
}
