package dev.palimpsest.bench.pinned;

import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.bench.Mode;
import dev.palimpsest.bench.PinningStore.Pin;
import dev.palimpsest.bench.Stats;
import dev.palimpsest.bench.Store;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What an archived version costs: 10 and 100 snapshots (say) taken at different times, so that most hot rows have a version for each. Vacuum runs by
 * hand after each gap of updates, so that all its time is counted; every snapshot must see its own sum, and one vacuum after
 * their end must leave nothing.
 */
final class ManySnapshots implements Part {

    private record Measured(
            int snapshots,
            long kept,
            double freeRate,
            double heldRate,
            double putNanos,
            double readNanos,
            double removeNanos,
            double pagesRatio,
            long left) {}

    @Override
    public boolean run(Options options, Path directory) throws Exception {
        List<Measured> all = new ArrayList<>();
        for (int snapshots : options.snapshots()) {
            all.add(measure(options, Files.createDirectory(directory.resolve("snapshots-" + snapshots)), snapshots));
        }
        report(options, all);
        return all.stream().allMatch(m -> m.left == 0 && m.kept <= options.hot() * (m.snapshots + 1L));
    }

    private static Measured measure(Options options, Path directory, int snapshots) throws Exception {
        HotTable table = new HotTable(Map.of("autovacuum_enabled", "false"));
        table.open(directory, Mode.NO_SYNC);
        table.load(options.rows());
        List<Pin> pins = new ArrayList<>();
        try (Store.Worker worker = table.worker()) {
            Updater updater = new Updater(
                    worker, new HotRows(options.rows(), options.hot(), options.layout(), 2), options.rows());
            System.err.println("snapshots: " + snapshots + ": warming up");
            warmUp(table, updater, options);
            return measure(options, table, updater, pins, snapshots);
        } finally {
            for (Pin pin : pins) {
                pin.close();
            }
            table.close();
        }
    }

    /** The archive is made and every path of vacuum has run before anything is counted. */
    private static void warmUp(HotTable table, Updater updater, Options options) throws Exception {
        try (Pin pin = table.pin()) {
            updater.tenths(options.warmup());
            table.vacuum();
            pin.sum();
        }
        table.vacuum();
        updater.tenths(options.warmup());
        table.vacuum();
    }

    private static Measured measure(Options options, HotTable table, Updater updater, List<Pin> pins, int snapshots)
            throws Exception {
        double freeRate = rate(updater, options);
        VacuumReport clean = table.vacuum();
        double freshSum = sumNanos(table);
        List<Long> truths = new ArrayList<>();
        long vacuumNanos = 0;
        long archived = 0;
        VacuumReport last = clean;
        for (int i = 0; i < snapshots; i++) {
            truths.add(updater.sum());
            pins.add(table.pin());
            updater.times(options.gap());
            last = table.vacuum();
            vacuumNanos += last.elapsedNanos();
            archived += last.versionsArchived();
        }
        System.err.println("snapshots: " + snapshots + ": taken, archived=" + archived);
        double heldRate = rate(updater, options);
        VacuumReport held = table.vacuum();
        long kept = held.versionsPinned() + table.statistics().archivedVersions();
        double readNanos = check(pins, truths, freshSum, options);
        for (Pin pin : pins) {
            pin.close();
        }
        pins.clear();
        VacuumReport after = table.vacuum();
        return new Measured(
                snapshots,
                kept,
                freeRate,
                heldRate,
                (double) vacuumNanos / Math.max(1, archived),
                readNanos,
                (double) after.elapsedNanos() / Math.max(1, after.archivedRemoved()),
                (double) held.pagesAfter() / clean.pagesAfter(),
                after.versionsPinned() + after.versionsInArchive());
    }

    private static double rate(Updater updater, Options options) throws Exception {
        return Stats.median(updater.tenths(options.seconds()));
    }

    private static double sumNanos(HotTable table) throws Exception {
        try (Pin fresh = table.pin()) {
            fresh.sum();
            long begin = System.nanoTime();
            fresh.sum();
            return System.nanoTime() - begin;
        }
    }

    /** Every snapshot's sum. Returns what a row out of the archive takes more than one out of a page. */
    private static double check(List<Pin> pins, List<Long> truths, double freshSum, Options options) throws Exception {
        List<Double> more = new ArrayList<>();
        for (int i = 0; i < pins.size(); i++) {
            long begin = System.nanoTime();
            long sum = pins.get(i).sum();
            more.add((System.nanoTime() - begin - freshSum) / options.hot());
            if (sum != truths.get(i)) {
                throw new IllegalStateException(
                        "snapshot " + i + " is wrong: expected=" + truths.get(i) + " found=" + sum);
            }
        }
        return Stats.median(more);
    }

    private static void report(Options options, List<Measured> all) {
        System.out.printf(
                Locale.ROOT,
                "%n### snapshots: taken %,d updates of %,d hot rows apart (%s), vacuum by hand in each gap%n%n",
                options.gap(),
                options.hot(),
                options.layout().name().toLowerCase(Locale.ROOT));
        System.out.println(
                "| snapshots | versions kept | updates/s without | with, once archived | vacuum, ns per version archived"
                        + " | reader, ns per archived row | vacuum, ns per version removed | table's pages | left after |");
        System.out.println("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        for (Measured m : all) {
            System.out.printf(
                    Locale.ROOT,
                    "| %d | %,d | %,.0f | %,.0f (%.3f ×) | %,.0f | %,.0f | %,.0f | %.3f × | %d |%n",
                    m.snapshots,
                    m.kept,
                    m.freeRate,
                    m.heldRate,
                    m.heldRate / m.freeRate,
                    m.putNanos,
                    m.readNanos,
                    m.removeNanos,
                    m.pagesRatio,
                    m.left);
        }
        System.out.println(
                "\nThe columns of vacuum have all of its time in them, also that for pages without archived versions. Every snapshot saw its own sum.");
    }
}
