package dev.palimpsest.bench.jmh;

import dev.palimpsest.api.Transaction;
import dev.palimpsest.bench.PalimpsestStore;
import dev.palimpsest.bench.Rows;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/** 200,000 rows into a new table with a primary key, in one transaction that is then rolled back. */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 10)
@Measurement(iterations = 10)
public class BulkLoadBenchmark {
    @Benchmark
    public long insertAll(Accounts accounts) {
        try (Transaction tx = accounts.database.begin(Accounts.NO_SYNC)) {
            PalimpsestStore.createTable(tx, "loaded");
            return accounts.database.table("loaded").insertAll(tx, Rows.iterator(accounts.rows));
        }
    }
}
