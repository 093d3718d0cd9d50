package dev.palimpsest.bench.peers;

import dev.palimpsest.bench.Mode;
import dev.palimpsest.bench.PinningStore;
import dev.palimpsest.bench.Rows;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
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
            statement.execute("CREATE TABLE IF NOT EXISTS accounts"
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
        String sql = "INSERT INTO accounts VALUES (?, ?, ?)" + ", (?, ?, ?)".repeat(batch - 1);
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
        return new SqliteWorker(connect()).pin();
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

    private final class SqliteWorker extends JdbcWorker {
        SqliteWorker(Connection connection) throws SQLException {
            super(connection);
        }

        @Override
        protected int execute(PreparedStatement statement) throws SQLException {
            writing.lock();
            try {
                return statement.executeUpdate();
            } finally {
                writing.unlock();
            }
        }
    }
}
