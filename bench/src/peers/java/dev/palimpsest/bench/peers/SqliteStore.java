package dev.palimpsest.bench.peers;

import dev.palimpsest.bench.Mode;
import dev.palimpsest.bench.PinningStore;
import dev.palimpsest.bench.Rows;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.locks.ReentrantLock;

/**
 * SQLite by sqlite-jdbc.
 *
 * <ul>
 *   <li>WAL mode, a connection and prepared statements a thread, INTEGER PRIMARY KEY (the table is the index).
 *   <li>A page cache and a memory map that hold everything.
 *   <li>Read-modify-write: one {@code UPDATE … SET balance = balance + ?} in auto-commit. It takes the write lock before
 *       it reads, so it is atomic as BEGIN IMMEDIATE, SELECT, UPDATE, COMMIT would be, with a quarter of the calls.
 *   <li>SQLite has one writer at a time, and who finds it busy sleeps and polls; a lock in the process queues the
 *       writers instead.
 *   <li>No sync: {@code synchronous=OFF}. Durable: {@code FULL}, a force for each commit (no group commit).
 *   <li>Checkpoints at 10,000 pages of WAL instead of 1,000.
 *   <li>Load: one transaction with 100 rows an INSERT and {@code synchronous=OFF}, then a checkpoint with {@code FULL}, which forces all.
 * </ul>
 */
public final class SqliteStore implements PinningStore {
    /** Rows an INSERT: six times as fast as one by one; 10 and 1,000 were slower. */
    private static final int LOAD_BATCH = 100;

    private final ReentrantLock writing = new ReentrantLock();
    private String url;
    private Mode mode;

    @Override
    public void open(Path directory, Mode openMode) throws SQLException {
        url = "jdbc:sqlite:" + directory.resolve("rows.db");
        mode = openMode;
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode=WAL");
            statement.execute("CREATE TABLE IF NOT EXISTS rows"
                    + " (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL, filler BLOB NOT NULL)");
        }
    }

    private Connection connect() throws SQLException {
        Connection connection = DriverManager.getConnection(url);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA synchronous=" + (mode == Mode.DURABLE ? "FULL" : "OFF"));
            statement.execute("PRAGMA cache_size=-131072");
            statement.execute("PRAGMA mmap_size=1073741824");
            statement.execute("PRAGMA wal_autocheckpoint=10000");
            statement.execute("PRAGMA busy_timeout=60000");
        }
        return connection;
    }

    @Override
    public void load(int count) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA synchronous=OFF");
            connection.setAutoCommit(false);
            int whole = count - count % LOAD_BATCH;
            insert(connection, 0, whole, LOAD_BATCH);
            insert(connection, whole, count, 1);
            connection.commit();
            connection.setAutoCommit(true);
            statement.execute("PRAGMA synchronous=FULL");
            statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }

    /** Inserts rows from (inclusive) to to (exclusive), their number a multiple of the batch. */
    private static void insert(Connection connection, int from, int to, int batch) throws SQLException {
        String sql = "INSERT INTO rows VALUES (?, ?, ?)" + ", (?, ?, ?)".repeat(batch - 1);
        byte[] filler = new byte[Rows.FILLER_BYTES];
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            for (long first = from; first < to; first += batch) {
                for (int i = 0; i < batch; i++) {
                    Rows.fill(first + i, filler, 0);
                    insert.setLong(3 * i + 1, first + i);
                    insert.setLong(3 * i + 2, Rows.INITIAL_BALANCE);
                    insert.setBytes(3 * i + 3, filler.clone()); // the driver keeps it until execution
                }
                insert.executeUpdate();
            }
        }
    }

    @Override
    public Worker worker() throws SQLException {
        return new SqliteWorker(connect());
    }

    /** A connection with a read transaction, which begins with its first SELECT. */
    @Override
    public Pin pin() throws SQLException {
        Connection connection = connect();
        connection.setAutoCommit(false);
        SqliteWorker reader = new SqliteWorker(connection);
        reader.read(0);
        return new Pin() {
            @Override
            public long sum() throws SQLException {
                return reader.scan();
            }

            @Override
            public void close() throws IOException {
                reader.close();
            }
        };
    }

    @Override
    public void close() throws IOException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA synchronous=FULL");
            statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        } catch (SQLException e) {
            throw new IOException(e);
        }
    }

    private final class SqliteWorker implements Worker {
        private final Connection connection;
        private final PreparedStatement select;
        private final PreparedStatement update;
        private final PreparedStatement all;

        SqliteWorker(Connection connection) throws SQLException {
            this.connection = connection;
            select = connection.prepareStatement("SELECT balance, filler FROM rows WHERE id = ?");
            update = connection.prepareStatement("UPDATE rows SET balance = balance + ? WHERE id = ?");
            all = connection.prepareStatement("SELECT id, balance, filler FROM rows");
        }

        /** Keeps the compiler from dropping the columns that aren't summed up. */
        @SuppressWarnings("unused")
        private long sink;

        @Override
        public long read(long key) throws SQLException {
            select.setLong(1, key);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1) + Rows.probe(key, row.getBytes(2), 0);
            }
        }

        @Override
        public void add(long key, long delta) throws SQLException {
            update.setLong(1, delta);
            update.setLong(2, key);
            writing.lock();
            try {
                if (update.executeUpdate() != 1) {
                    throw new IllegalStateException("row not found: key=" + key);
                }
            } finally {
                writing.unlock();
            }
        }

        @Override
        public long scan() throws SQLException {
            long sum = 0;
            long others = 0;
            try (ResultSet row = all.executeQuery()) {
                while (row.next()) {
                    others += row.getLong(1) + row.getBytes(3)[0];
                    sum += row.getLong(2);
                }
            }
            sink = others;
            return sum;
        }

        @Override
        public void close() throws IOException {
            try {
                connection.close();
            } catch (SQLException e) {
                throw new IOException(e);
            }
        }
    }
}
