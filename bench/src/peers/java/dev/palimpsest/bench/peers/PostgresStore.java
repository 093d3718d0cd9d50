package dev.palimpsest.bench.peers;

import dev.palimpsest.bench.Mode;
import dev.palimpsest.bench.PinningStore;
import dev.palimpsest.bench.Rows;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.List;
import org.postgresql.PGConnection;

/**
 * PostgreSQL 15 by its JDBC driver. A server in another process: each operation is a round trip, so compare it with itself.
 *
 * <ul>
 *   <li>shared_buffers that hold all; a table with a tenth of each page free, so that updates can be HOT.
 *   <li>Server-side prepared statements from the first use on, one statement a transaction in auto-commit.
 *   <li>No sync: {@code synchronous_commit=off}. Durable: on.
 *   <li>Autovacuum every second where a hundredth of the table is dead, without cost delay: its best case.
 *   <li>Load: COPY.
 * </ul>
 */
public final class PostgresStore implements PinningStore {
    private PostgresServer server;
    private Mode mode;

    @Override
    public void open(Path directory, Mode openMode) throws Exception {
        mode = openMode;
        server = new PostgresServer(
                directory,
                List.of(
                        "shared_buffers=1GB",
                        "max_wal_size=4GB",
                        "wal_buffers=64MB",
                        "autovacuum_naptime=1s",
                        "autovacuum_vacuum_scale_factor=0.01",
                        "autovacuum_vacuum_cost_delay=0",
                        "synchronous_commit=" + (mode == Mode.DURABLE ? "on" : "off")));
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS accounts"
                    + " (id bigint PRIMARY KEY, balance bigint NOT NULL, filler bytea NOT NULL) WITH (fillfactor = 90)");
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + server.port + "/postgres?user=postgres&prepareThreshold=1&binaryTransfer=true");
    }

    @Override
    public void load(int count) throws Exception {
        StringBuilder text = new StringBuilder();
        byte[] filler = new byte[Rows.FILLER_BYTES];
        HexFormat hex = HexFormat.of();
        for (long key = 0; key < count; key++) {
            Rows.fill(key, filler, 0);
            text.append(key)
                    .append('\t')
                    .append(Rows.INITIAL_BALANCE)
                    .append("\t\\\\x")
                    .append(hex.formatHex(filler))
                    .append('\n');
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.US_ASCII);
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn("COPY accounts FROM STDIN", new ByteArrayInputStream(bytes));
            statement.execute("VACUUM ANALYZE accounts");
            statement.execute("CHECKPOINT");
        }
    }

    @Override
    public Worker worker() throws SQLException {
        return new PostgresWorker(connect());
    }

    /** A REPEATABLE READ transaction, whose snapshot its first statement takes. */
    @Override
    public Pin pin() throws SQLException {
        Connection connection = connect();
        connection.setReadOnly(true);
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        return new PostgresWorker(connection).pin();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    private static final class PostgresWorker extends JdbcWorker {
        private static final int FETCH_ROWS = 10_000;

        PostgresWorker(Connection connection) throws SQLException {
            super(connection);
            all.setFetchSize(FETCH_ROWS);
        }

        /** By a cursor, which needs a transaction. */
        @Override
        public long scan() throws SQLException {
            if (!connection.getAutoCommit()) {
                return super.scan();
            }
            connection.setAutoCommit(false);
            try {
                return super.scan();
            } finally {
                connection.setAutoCommit(true);
            }
        }
    }
}
