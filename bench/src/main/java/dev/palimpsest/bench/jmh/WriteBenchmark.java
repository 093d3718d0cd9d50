package dev.palimpsest.bench.jmh;

import dev.palimpsest.api.TransactionOptions;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Single-row writes without waiting for the disk, a transaction each; {@code -t 2} for two threads. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class WriteBenchmark {
    /** Fresh keys for inserts. */
    @State(Scope.Benchmark)
    public static class Fresh {
        final AtomicLong next = new AtomicLong(1L << 40);
    }

    @Benchmark
    public boolean readModifyWrite(Accounts accounts, Accounts.Keys keys) {
        long key = keys.next(accounts.rows);
        return accounts.database.transact(
                Accounts.NO_SYNC,
                tx -> accounts.table.update(
                        tx, key, change -> change.setLong(1, change.row().longValue(1) + 1)));
    }

    /** Every update goes to one of ten rows: chains and pruning under constant change. */
    @Benchmark
    public boolean hotRows(Accounts accounts, Accounts.Keys keys) {
        long key = keys.next(10);
        TransactionOptions options = Accounts.NO_SYNC;
        return accounts.database.transact(
                options,
                tx -> accounts.table.update(
                        tx, key, change -> change.setLong(1, change.row().longValue(1) + 1)));
    }

    @Benchmark
    public Object insert(Accounts accounts, Fresh fresh) {
        return accounts.database.transact(Accounts.NO_SYNC, tx -> {
            accounts.table.insert(tx, fresh.next.getAndIncrement(), 0L, FILLER);
            return tx;
        });
    }

    private static final byte[] FILLER = new byte[100];
}
