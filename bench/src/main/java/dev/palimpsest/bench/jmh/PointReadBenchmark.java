package dev.palimpsest.bench.jmh;

import dev.palimpsest.api.Row;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A row by its primary key: a transaction each, within one transaction, and the transaction alone. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PointReadBenchmark {
    /** One long read transaction. */
    @State(Scope.Thread)
    public static class Open {
        Transaction tx;

        @Setup(Level.Iteration)
        public void begin(Accounts accounts) {
            tx = accounts.database.begin(TransactionOptions.READ_ONLY);
        }

        @TearDown(Level.Iteration)
        public void end() {
            tx.close();
        }
    }

    @Benchmark
    public long transactionEach(Accounts accounts, Accounts.Keys keys) {
        long key = keys.next(accounts.rows);
        return accounts.database.read(tx -> accounts.table.get(tx, key).longValue(1));
    }

    @Benchmark
    public Row withinTransaction(Accounts accounts, Accounts.Keys keys, Open open) {
        return accounts.table.get(open.tx, keys.next(accounts.rows));
    }

    @Benchmark
    public boolean emptyTransaction(Accounts accounts) {
        return accounts.database.read(Transaction::isActive);
    }
}
