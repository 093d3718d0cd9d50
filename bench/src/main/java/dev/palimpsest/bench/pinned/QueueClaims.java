package dev.palimpsest.bench.pinned;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.bench.PalimpsestStore;
import dev.palimpsest.bench.Stats;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * A table as a queue: jobs are inserted at a steady rate, claimed with SKIP LOCKED, deleted and committed. How long a claim takes with and without
 * overlapping readers that each span thousands of jobs, in alternating slices; and how many dead versions wait for vacuum.
 */
final class QueueClaims implements Part {
    static final String NAME = "jobs";

    private static final double MAX_RATIO = 2;

    /** The nap, and as long again for the vacuum itself and for what it found not yet ended. */
    private static final int BACKLOG_CYCLES = 2;

    private final List<Double> freeP99 = new ArrayList<>();
    private final List<Double> readP99 = new ArrayList<>();
    private final Histogram free = new Histogram(3);
    private final Histogram read = new Histogram(3);
    private long backlog;
    private int readers;

    @Override
    public boolean run(Options options, Path directory) throws Exception {
        try (Database database = Database.open(directory, HotTable.OPTIONS)) {
            Table jobs = create(database);
            warmArchive(database);
            try (QueueWork work = new QueueWork(database, jobs, options.jobs())) {
                System.err.println("queue: warming up");
                work.slice(options.warmup());
                withReaders(database, jobs, work, options.warmup());
                readers = 0;
                for (int pair = 0; pair < options.pairs(); pair++) {
                    boolean freeFirst = pair % 2 == 0;
                    if (freeFirst) {
                        add(work.slice(options.seconds()), free, freeP99);
                    }
                    add(withReaders(database, jobs, work, options.seconds()), read, readP99);
                    backlog = Math.max(
                            backlog, HotTable.statistics(database, NAME).deadVersions());
                    if (!freeFirst) {
                        add(work.slice(options.seconds()), free, freeP99);
                    }
                    System.err.printf(
                            Locale.ROOT,
                            "queue: pair %d  p99 free %.0f µs  with readers %.0f µs%n",
                            pair + 1,
                            freeP99.get(pair),
                            readP99.get(pair));
                }
                return report(options, work.slowest());
            }
        }
    }

    /** The first archive of a process takes seconds to make. */
    private static void warmArchive(Database database) {
        Table rows = database.table("warmup");
        database.transact(tx -> {
            tx.createTable(TableSchema.named("warmup")
                    .column("id", ColumnType.BIGINT)
                    .primaryKey("id")
                    .build());
            rows.insert(tx, 1L);
            return null;
        });
        try (Transaction reader = database.begin(PalimpsestStore.SNAPSHOT)) {
            rows.get(reader, 1L);
            database.transact(tx -> rows.delete(tx, 1L));
            database.vacuum(VacuumOptions.DEFAULT.withAwaitArchive(true), "warmup");
        }
    }

    private static Table create(Database database) {
        database.transact(tx -> {
            tx.createTable(TableSchema.named(NAME)
                    .column("id", ColumnType.BIGINT)
                    .column("payload", ColumnType.BYTEA)
                    .notNull()
                    .primaryKey("id")
                    .build());
            return null;
        });
        return database.table(NAME);
    }

    private Histogram withReaders(Database database, Table jobs, QueueWork work, double seconds) throws Exception {
        try (QueueReaders overlapping = new QueueReaders(database, jobs, seconds)) {
            Histogram claims = work.slice(seconds);
            readers += overlapping.finish();
            return claims;
        }
    }

    private static void add(Histogram slice, Histogram sum, List<Double> p99) {
        sum.add(slice);
        p99.add(slice.getValueAtPercentile(99) / 1e3);
    }

    private boolean report(Options options, long slowestMillis) {
        double ratio = Stats.median(readP99) / Stats.median(freeP99);
        long bound = (long) options.jobs() * BACKLOG_CYCLES * HotTable.NAP_MILLIS / 1000;
        System.out.printf(
                Locale.ROOT,
                "%n### queue: %,d jobs/s, 2 workers, %d pairs of %.1f s, %d readers in all, each over %,.0f jobs%n%n",
                options.jobs(),
                options.pairs(),
                options.seconds(),
                readers,
                options.jobs() * QueueReaders.spanSeconds(options.seconds()));
        System.out.println("| claims | jobs | median, µs | p99, µs, median of slices | p99 of all | p99.9 | max |");
        System.out.println("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
        row("without readers", free, freeP99);
        row("with overlapping readers", read, readP99);
        System.out.printf(
                Locale.ROOT,
                "%np99 with / without readers: %.2f, at most %.0f: %s. The producer was at most %d ms late.%n",
                ratio,
                MAX_RATIO,
                Stats.yesNo(ratio <= MAX_RATIO),
                slowestMillis);
        System.out.printf(
                Locale.ROOT,
                "Dead versions waiting at the end of a slice with readers: %,d at most; within the jobs of two naps, %,d: %s.%n",
                backlog,
                bound,
                Stats.yesNo(backlog <= bound));
        return ratio <= MAX_RATIO && backlog <= bound;
    }

    private static void row(String name, Histogram claims, List<Double> p99) {
        System.out.printf(
                Locale.ROOT,
                "| %s | %,d | %,.1f | %,.1f | %,.1f | %,.1f | %,.1f |%n",
                name,
                claims.getTotalCount(),
                claims.getValueAtPercentile(50) / 1e3,
                Stats.median(p99),
                claims.getValueAtPercentile(99) / 1e3,
                claims.getValueAtPercentile(99.9) / 1e3,
                claims.getMaxValue() / 1e3);
    }
}
