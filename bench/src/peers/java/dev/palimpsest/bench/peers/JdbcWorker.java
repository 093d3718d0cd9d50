package dev.palimpsest.bench.peers;

import dev.palimpsest.bench.PinningStore.Pin;
import dev.palimpsest.bench.Rows;
import dev.palimpsest.bench.Store;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** A connection of its own with a prepared statement for each kind of work on the table {@code accounts}. */
class JdbcWorker implements Store.Worker {
    protected final Connection connection;
    protected final PreparedStatement all;
    private final PreparedStatement select;
    private final PreparedStatement update;

    /** Keeps the compiler from dropping the columns that aren't summed up. */
    @SuppressWarnings("unused")
    private long sink;

    JdbcWorker(Connection connection) throws SQLException {
        this.connection = connection;
        select = connection.prepareStatement("SELECT balance, filler FROM accounts WHERE id = ?");
        update = connection.prepareStatement("UPDATE accounts SET balance = balance + ? WHERE id = ?");
        all = connection.prepareStatement("SELECT id, balance, filler FROM accounts");
    }

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
        if (execute(update) != 1) {
            throw new IllegalStateException("row not found: key=" + key);
        }
    }

    /** Whatever a writer has to do around its statement. Returns how many rows it changed. */
    protected int execute(PreparedStatement statement) throws SQLException {
        return statement.executeUpdate();
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

    /** The snapshot of this connection's transaction, which its first SELECT takes; closing the pin closes the connection. */
    Pin pin() throws SQLException {
        connection.setAutoCommit(false);
        read(0);
        return new Pin() {
            @Override
            public long sum() throws SQLException {
                return scan();
            }

            @Override
            public void close() throws IOException {
                JdbcWorker.this.close();
            }
        };
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
