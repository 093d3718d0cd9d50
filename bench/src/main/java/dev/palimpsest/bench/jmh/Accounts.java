package dev.palimpsest.bench.jmh;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.bench.PalimpsestStore;
import dev.palimpsest.bench.Rows;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A database in memory with one table of (bigint key, bigint balance, 100 bytes), all of it in the pool. */
@State(Scope.Benchmark)
public class Accounts {
    static final TransactionOptions NO_SYNC = TransactionOptions.DEFAULT.withSynchronousCommit(false);

    @Param("200000")
    public int rows;

    Database database;
    Table table;

    @Setup(Level.Trial)
    public void load() {
        database = Database.openInMemory(DatabaseOptions.DEFAULT.withBufferPoolBytes(512L << 20));
        table = database.table("accounts");
        database.transact(tx -> {
            PalimpsestStore.createTable(tx, "accounts");
            return table.insertAll(tx, Rows.iterator(rows));
        });
    }

    @TearDown(Level.Trial)
    public void close() {
        database.close();
    }

    /** Keys at random, without the cost of a generator object shared by threads. */
    @State(Scope.Thread)
    public static class Keys {
        private long state = System.nanoTime() | 1;

        long next(int rows) {
            state ^= state << 13;
            state ^= state >>> 7;
            state ^= state << 17;
            return (state >>> 1) % rows;
        }
    }
}
