package dev.palimpsest.bench.jmh;

import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/** All rows in one transaction, by the table and by the primary key's index. Divide by the rows. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class ScanBenchmark {
    @Benchmark
    public long table(Accounts accounts) {
        return sum(accounts, Scan.all());
    }

    @Benchmark
    public long index(Accounts accounts) {
        return sum(accounts, Scan.index("accounts_pkey"));
    }

    private static long sum(Accounts accounts, Scan scan) {
        return accounts.database.read(tx -> {
            long sum = 0;
            try (RowStream rows = accounts.table.scan(tx, scan)) {
                while (rows.hasNext()) {
                    sum += rows.next().longValue(1);
                }
            }
            return sum;
        });
    }
}
