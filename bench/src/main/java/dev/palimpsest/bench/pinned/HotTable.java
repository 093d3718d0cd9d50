package dev.palimpsest.bench.pinned;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowChange;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.bench.Mode;
import dev.palimpsest.bench.PinningStore;
import dev.palimpsest.bench.Rows;
import java.nio.file.Path;
import java.util.Map;

/**
 * Palimpsest under long readers: a pool that holds all, autovacuum every second where a hundredth of the table is dead (its defaults, a
 * minute and a fifth, are longer than a measurement), its pace as by default.
 */
public final class HotTable implements PinningStore {
    static final String NAME = "accounts";

    private static final long POOL_BYTES = 512L << 20;
    private static final AutovacuumOptions AUTOVACUUM =
            AutovacuumOptions.DEFAULT.withNaptimeMillis(1000).withVacuumThreshold(50, 0.01);
    private static final TransactionOptions SNAPSHOT =
            TransactionOptions.READ_ONLY.withIsolation(IsolationLevel.REPEATABLE_READ);
    private static final int BALANCE = 1;

    private final Map<String, String> parameters;
    private Database database;
    private Table accounts;
    private TransactionOptions writing;

    public HotTable() {
        this(Map.of());
    }

    /** @param parameters the table's storage parameters */
    HotTable(Map<String, String> parameters) {
        this.parameters = parameters;
    }

    Database database() {
        return database;
    }

    @Override
    public void open(Path directory, Mode mode) {
        database = Database.open(
                directory,
                DatabaseOptions.DEFAULT.withBufferPoolBytes(POOL_BYTES).withAutovacuum(AUTOVACUUM));
        accounts = database.table(NAME);
        writing = TransactionOptions.DEFAULT.withSynchronousCommit(mode == Mode.DURABLE);
    }

    @Override
    public void load(int rows) {
        database.transact(tx -> {
            tx.createTable(TableSchema.named(NAME)
                    .column("id", ColumnType.BIGINT)
                    .column("balance", ColumnType.BIGINT)
                    .notNull()
                    .column("filler", ColumnType.BYTEA)
                    .notNull()
                    .primaryKey("id")
                    .build());
            return accounts.insertAll(tx, Rows.iterator(rows));
        });
        setParameters(parameters);
    }

    void setParameters(Map<String, String> values) {
        if (!values.isEmpty()) {
            database.transact(tx -> {
                tx.alterTable(NAME, values);
                return null;
            });
        }
    }

    /** One vacuum of the table, at full speed, in the caller. */
    VacuumReport vacuum() {
        return database.vacuum(NAME).get(0);
    }

    @Override
    public Worker worker() {
        return new Worker() {
            @Override
            public long read(long key) {
                return database.read(tx -> accounts.get(tx, key).longValue(BALANCE));
            }

            @Override
            public void add(long key, long delta) {
                database.transact(writing, tx -> accounts.update(tx, key, change -> HotTable.add(change, delta)));
            }

            @Override
            public long scan() {
                return database.read(HotTable.this::sum);
            }
        };
    }

    private static void add(RowChange change, long delta) {
        change.setLong(BALANCE, change.row().longValue(BALANCE) + delta);
    }

    private long sum(Transaction tx) {
        long sum = 0;
        try (RowStream rows = accounts.scan(tx, Scan.all())) {
            while (rows.hasNext()) {
                Row row = rows.next();
                sum += row.longValue(BALANCE);
            }
        }
        return sum;
    }

    @Override
    public Pin pin() {
        Transaction tx = database.begin(SNAPSHOT);
        accounts.get(tx, 0L); // the first statement takes the snapshot
        return new Pin() {
            @Override
            public long sum() {
                return HotTable.this.sum(tx);
            }

            @Override
            public void close() {
                tx.close();
            }
        };
    }

    @Override
    public void close() {
        database.close();
    }
}
