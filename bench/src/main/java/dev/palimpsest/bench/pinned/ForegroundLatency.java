package dev.palimpsest.bench.pinned;

import dev.palimpsest.bench.Mode;
import dev.palimpsest.bench.Rows;
import dev.palimpsest.bench.Stats;
import dev.palimpsest.bench.Store;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** How long single updates take at full load while vacuum is on and while it is off, in alternating slices. */
final class ForegroundLatency implements Part {
    private static final double MAX_DIFFERENCE_MILLIS = 10;

    private final Histogram on = new Histogram(3);
    private final Histogram off = new Histogram(3);

    @Override
    public boolean run(Options options, Path directory) throws Exception {
        HotTable table = new HotTable();
        table.open(directory, Mode.NO_SYNC);
        table.load(options.rows());
        long vacuums;
        try (Store.Worker worker = table.worker()) {
            // All rows: dead versions then wait for vacuum on every page, while updates of a few are pruned as they go.
            HotRows keys = new HotRows(options.rows(), options.rows(), HotRows.Layout.SPREAD, 3);
            System.err.println("foreground: warming up");
            slice(worker, keys, new Histogram(3), options.warmup());
            long before = table.statistics().autovacuumCount();
            for (int pair = 0; pair < options.pairs(); pair++) {
                for (int half = 0; half < 2; half++) {
                    boolean enabled = (pair + half) % 2 == 0;
                    table.setParameters(Map.of("autovacuum_enabled", Boolean.toString(enabled)));
                    slice(worker, keys, enabled ? on : off, options.seconds());
                }
                System.err.println("foreground: pair " + (pair + 1));
            }
            vacuums = table.statistics().autovacuumCount() - before;
        } finally {
            table.close();
        }
        return report(options, vacuums);
    }

    private static void slice(Store.Worker worker, HotRows keys, Histogram histogram, double seconds) throws Exception {
        long now = System.nanoTime();
        long deadline = now + (long) (seconds * 1e9);
        while (now < deadline) {
            long key = keys.next();
            worker.add(key, Rows.delta(key));
            long end = System.nanoTime();
            histogram.recordValue(end - now);
            now = end;
        }
    }

    private boolean report(Options options, long vacuums) {
        System.out.printf(
                Locale.ROOT,
                "%n### foreground: point updates of %,d rows at full load, 1 thread, vacuum on and off, %d pairs of %.1f s%n%n",
                options.rows(),
                options.pairs(),
                options.seconds());
        System.out.println("| | updates/s | median, µs | p99 | p99.9 | p99.99 | max |");
        System.out.println("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
        row("vacuum on (" + vacuums + " runs)", on, options);
        row("vacuum off", off, options);
        double difference = (on.getValueAtPercentile(99.9) - off.getValueAtPercentile(99.9)) / 1e6;
        boolean holds = difference <= MAX_DIFFERENCE_MILLIS;
        System.out.printf(
                Locale.ROOT,
                "%np99.9 differs by %.3f ms; at most %.0f: %s.%n",
                difference,
                MAX_DIFFERENCE_MILLIS,
                Stats.yesNo(holds));
        return holds;
    }

    private static void row(String name, Histogram histogram, Options options) {
        System.out.printf(
                Locale.ROOT,
                "| %s | %,.0f | %,.1f | %,.1f | %,.1f | %,.1f | %,.1f |%n",
                name,
                histogram.getTotalCount() / (options.pairs() * options.seconds()),
                histogram.getValueAtPercentile(50) / 1e3,
                histogram.getValueAtPercentile(99) / 1e3,
                histogram.getValueAtPercentile(99.9) / 1e3,
                histogram.getValueAtPercentile(99.99) / 1e3,
                histogram.getMaxValue() / 1e3);
    }
}
