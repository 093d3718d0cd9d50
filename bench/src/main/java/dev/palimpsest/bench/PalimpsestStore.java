package dev.palimpsest.bench;

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
import java.nio.file.Path;

/**
 * Palimpsest through its embedded API, as an application uses it: a pool that holds all, as every peer's cache does; no sync =
 * {@code synchronousCommit} off (a crash loses at most a tail of a fifth of a second, a killed process too); autovacuum as by default.
 */
public class PalimpsestStore implements PinningStore {
    /** How a reader keeps its moment. */
    public static final TransactionOptions SNAPSHOT =
            TransactionOptions.READ_ONLY.withIsolation(IsolationLevel.REPEATABLE_READ);

    protected static final String TABLE = "accounts";
    private static final long POOL_BYTES = 512L << 20;
    private static final int BALANCE = 1;
    private static final int FILLER = 2;

    private final DatabaseOptions options;
    private Database database;
    private Table accounts;
    private TransactionOptions writing;

    public PalimpsestStore() {
        this(DatabaseOptions.DEFAULT);
    }

    /** @param options all but the pool's size */
    protected PalimpsestStore(DatabaseOptions options) {
        this.options = options.withBufferPoolBytes(POOL_BYTES);
    }

    protected final Database database() {
        return database;
    }

    @Override
    public void open(Path directory, Mode mode) {
        database = Database.open(directory, options);
        accounts = database.table(TABLE);
        writing = TransactionOptions.DEFAULT.withSynchronousCommit(mode == Mode.DURABLE);
    }

    @Override
    public void load(int rows) {
        database.transact(tx -> {
            createTable(tx, TABLE);
            return accounts.insertAll(tx, Rows.iterator(rows));
        });
    }

    /** A table that can hold {@link Rows}. */
    public static void createTable(Transaction tx, String name) {
        tx.createTable(TableSchema.named(name)
                .column("id", ColumnType.BIGINT)
                .column("balance", ColumnType.BIGINT)
                .notNull()
                .column("filler", ColumnType.BYTEA)
                .notNull()
                .primaryKey("id")
                .build());
    }

    @Override
    public Worker worker() {
        return new Access();
    }

    @Override
    public Pin pin() {
        Transaction tx = database.begin(SNAPSHOT);
        accounts.get(tx, 0L); // the first statement takes the snapshot
        return new Pin() {
            @Override
            public long sum() {
                return scanAll(tx);
            }

            @Override
            public void close() {
                tx.close();
            }
        };
    }

    private long scanAll(Transaction tx) {
        long sum = 0;
        try (RowStream rows = accounts.scan(tx, Scan.all())) {
            while (rows.hasNext()) {
                Row row = rows.next();
                sum += row.longValue(BALANCE);
                if (row.longValue(0) < 0 || row.bytesValue(FILLER).length != Rows.FILLER_BYTES) {
                    throw new IllegalStateException("wrong row, ctid=" + row.ctid());
                }
            }
        }
        return sum;
    }

    @Override
    public void close() {
        database.close();
    }

    private final class Access implements Worker {
        @Override
        public long read(long key) {
            return database.read(tx -> {
                Row row = accounts.get(tx, key);
                return row.longValue(BALANCE) + Rows.probe(key, row.bytesValue(FILLER), 0);
            });
        }

        @Override
        public void add(long key, long delta) {
            database.transact(writing, tx -> accounts.update(tx, key, change -> add(change, delta)));
        }

        private static void add(RowChange change, long delta) {
            change.setLong(BALANCE, change.row().longValue(BALANCE) + delta);
        }

        @Override
        public long scan() {
            return database.read(PalimpsestStore.this::scanAll);
        }
    }
}
