package dev.palimpsest.bench.pinned;

import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.bench.Mode;
import dev.palimpsest.bench.PinningStore.Pin;
import dev.palimpsest.bench.Stats;
import dev.palimpsest.bench.Store;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Updates of hot rows with and without one pinned snapshot, in alternating slices on one database with the archive warm: each slice, of either
 * kind, is preceded by a third of its time of the same work and one vacuum, in which a new pin's versions come into being and go
 * to the archive; what that stretch costs is said by itself. After each slice the reader must see its own sum, one vacuum counts what is kept,
 * and one after the reader's end must find nothing left.
 */
final class PinnedPairs implements Part {
    private static final double MIN_RATIO = 0.95;
    private static final double MAX_DRIFT = 0.10;
    private static final double MAX_HEAP_RATIO = 1.1;

    private final List<Double> free = new ArrayList<>();
    private final List<Double> pinned = new ArrayList<>();

    /** The stretch before a slice. */
    private final List<Double> freeStart = new ArrayList<>();

    private final List<Double> pinnedStart = new ArrayList<>();

    /** Last tenth of a slice divided by the first. */
    private final List<Double> freeDrift = new ArrayList<>();

    private final List<Double> pinnedDrift = new ArrayList<>();
    private long kept;
    private long left;
    private int pages;

    @Override
    public boolean run(Options options, Path directory) throws Exception {
        HotTable table = new HotTable();
        table.open(directory, Mode.NO_SYNC);
        table.load(options.rows());
        try (Store.Worker worker = table.worker()) {
            Updater updater = new Updater(
                    worker, new HotRows(options.rows(), options.hot(), options.layout(), 1), options.rows());
            System.err.println("pin: warming up");
            updater.tenths(options.warmup());
            int freePages = table.vacuum().pagesAfter();
            pinnedSlice(table, updater, options.warmup());
            clear();
            for (int pair = 0; pair < options.pairs(); pair++) {
                pair(table, updater, options.seconds(), pair % 2 == 0);
                System.err.printf(
                        Locale.ROOT,
                        "pin: pair %d  free %,.0f/s  pinned %,.0f/s%n",
                        pair + 1,
                        free.get(pair),
                        pinned.get(pair));
            }
            return report(options, freePages);
        } finally {
            table.close();
        }
    }

    private void clear() {
        pinned.clear();
        pinnedDrift.clear();
        pinnedStart.clear();
        kept = 0;
    }

    private void pair(HotTable table, Updater updater, double seconds, boolean freeFirst) throws Exception {
        if (freeFirst) {
            freeSlice(table, updater, seconds);
        }
        pinnedSlice(table, updater, seconds);
        if (!freeFirst) {
            freeSlice(table, updater, seconds);
        }
    }

    private void freeSlice(HotTable table, Updater updater, double seconds) throws Exception {
        settle(table, updater, seconds, freeStart);
        add(updater.tenths(seconds), free, freeDrift);
        table.vacuum();
    }

    private void pinnedSlice(HotTable table, Updater updater, double seconds) throws Exception {
        long truth = updater.sum();
        try (Pin pin = table.pin()) {
            settle(table, updater, seconds, pinnedStart);
            add(updater.tenths(seconds), pinned, pinnedDrift);
            VacuumReport report = table.vacuum();
            kept = Math.max(kept, report.versionsPinned() + report.versionsInArchive());
            pages = Math.max(pages, report.pagesAfter());
            long sum = pin.sum();
            if (sum != truth) {
                throw new IllegalStateException("the pinned reader is wrong: expected=" + truth + " found=" + sum);
            }
        }
        VacuumReport after = table.vacuum();
        left = Math.max(left, after.versionsPinned() + after.versionsInArchive());
    }

    private static void settle(HotTable table, Updater updater, double seconds, List<Double> rates) throws Exception {
        rates.add(mean(updater.tenths(seconds / 3)));
        table.vacuum();
    }

    private static double mean(double[] tenths) {
        return Arrays.stream(tenths).average().orElseThrow();
    }

    private static void add(double[] tenths, List<Double> rates, List<Double> drifts) {
        rates.add(mean(tenths));
        drifts.add(tenths[tenths.length - 1] / tenths[0]);
    }

    private boolean report(Options options, int freePages) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < pinned.size(); i++) {
            ratios.add(pinned.get(i) / free.get(i));
        }
        double ratio = Stats.median(pinned) / Stats.median(free);
        double drift = Stats.median(pinnedDrift);
        double heap = (double) pages / freePages;
        System.out.printf(
                Locale.ROOT,
                "%n### pin: updates of %,d hot rows of %,d (%s), no sync, 1 thread, %d pairs of %.1f s%n%n",
                options.hot(),
                options.rows(),
                options.layout().name().toLowerCase(Locale.ROOT),
                options.pairs(),
                options.seconds());
        System.out.println("| | updates/s, median | min..max | last tenth / first, median |");
        System.out.println("| --- | ---: | ---: | ---: |");
        row("without the pin", free, freeDrift);
        row("with one pinned snapshot", pinned, pinnedDrift);
        System.out.printf(
                Locale.ROOT,
                "%nMedian with / without: %.3f (of pairs: %.3f, %.3f..%.3f). At least %.2f: %s.%n",
                ratio,
                Stats.median(ratios),
                Stats.min(ratios),
                Stats.max(ratios),
                MIN_RATIO,
                Stats.yesNo(ratio >= MIN_RATIO));
        System.out.printf(
                Locale.ROOT,
                "The stretch before each slice, in which the pin's versions come into being: %.3f (%,.0f/s and %,.0f/s).%n",
                Stats.median(pinnedStart) / Stats.median(freeStart),
                Stats.median(pinnedStart),
                Stats.median(freeStart));
        System.out.printf(
                Locale.ROOT,
                "First and last tenth within %.0f %%: %s.%n",
                100 * MAX_DRIFT,
                Stats.yesNo(Math.abs(drift - 1) <= MAX_DRIFT));
        System.out.printf(
                Locale.ROOT,
                "Versions kept after one vacuum: %,d, at most; no more than hot rows × (live snapshots + 1): %s. Left one vacuum after its end: %,d.%n",
                kept,
                Stats.yesNo(kept <= 2L * options.hot()),
                left);
        System.out.printf(
                Locale.ROOT,
                "Pages of the table: %,d before the first pin, %,d with it, after one vacuum: %.3f ×, at most %.1f: %s.%n",
                freePages,
                pages,
                heap,
                MAX_HEAP_RATIO,
                Stats.yesNo(heap <= MAX_HEAP_RATIO));
        return ratio >= MIN_RATIO
                && Math.abs(drift - 1) <= MAX_DRIFT
                && kept <= 2L * options.hot()
                && left == 0
                && heap <= MAX_HEAP_RATIO;
    }

    private static void row(String name, List<Double> rates, List<Double> drifts) {
        System.out.printf(
                Locale.ROOT,
                "| %s | %,.0f | %,.0f..%,.0f | %.3f |%n",
                name,
                Stats.median(rates),
                Stats.min(rates),
                Stats.max(rates),
                Stats.median(drifts));
    }
}
