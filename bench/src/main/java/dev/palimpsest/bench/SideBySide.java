package dev.palimpsest.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Measures Palimpsest and its peers side by side on one machine, and prints a table with every ratio.
 *
 * <p>Each store lives in a child process for the whole run. A round gives every store one slice of the work in turn,
 * while the others are idle; the order is rotated from round to round, so that what disturbs the machine disturbs all
 * alike. After every slice that changes balances their sum is checked, and at the end once more on the reopened store;
 * a store that lost anything fails the run.
 */
public final class SideBySide {
    private static final String USAGE = """
            usage: side-by-side [--rows N] [--seconds S] [--rounds N] [--warmup S] [--only STORE,...] [--work WORK,...]
                                [--dir DIR] [--jvm OPTION]...
            stores: %s
            works:  load, read, rmw, scan, durable; all but load may carry a number of threads (rmw2)
            """;
    private static final String ALL_WORKS = "load,read,rmw1,rmw2,scan,durable1,durable8,durable32";

    private final SideBySideOptions options;
    private final Path directory;
    private final Map<String, StoreChild> children = new LinkedHashMap<>();
    private final List<String> failures = new ArrayList<>();
    private final Map<Mode, Map<String, Long>> bytes = new LinkedHashMap<>();
    private final Results results = new Results();

    private SideBySide(SideBySideOptions options, Path directory) {
        this.options = options;
        this.directory = directory;
    }

    public static void main(String[] args) throws Exception {
        SideBySideOptions options;
        try {
            options = SideBySideOptions.parse(args, ALL_WORKS);
        } catch (IllegalArgumentException e) {
            System.err.println("side-by-side: " + e.getMessage());
            System.err.printf(USAGE, String.join(", ", StoreProcess.STORES.names()));
            System.exit(2);
            return;
        }
        Files.createDirectories(options.directory());
        Path directory = Files.createTempDirectory(options.directory().toAbsolutePath(), "side-by-side-");
        boolean good;
        try {
            good = new SideBySide(options, directory).run();
        } finally {
            DataFiles.delete(directory);
        }
        System.exit(good ? 0 : 1);
    }

    private boolean run() throws IOException {
        try {
            start();
            Mode mode = null;
            for (Work work : options.works()) {
                if (work.mode() != mode) {
                    closeStores(mode);
                    mode = work.mode();
                    openStores(mode);
                }
                measure(work);
            }
            closeStores(mode);
        } finally {
            for (StoreChild child : children.values()) {
                child.close();
            }
        }
        report();
        return failures.isEmpty();
    }

    private void start() throws IOException {
        for (String name : StoreProcess.STORES.present(options.stores())) {
            children.put(name, new StoreChild(name, Files.createDirectory(directory.resolve(name)), options.jvm()));
        }
    }

    private void openStores(Mode mode) {
        say("loading " + options.rows() + " rows, mode " + mode);
        forEachChild(0, "open " + mode, child -> child.open(mode, options.rows()));
    }

    private void closeStores(Mode mode) {
        if (mode != null) {
            forEachChild(
                    0,
                    "close",
                    child -> bytes.computeIfAbsent(mode, m -> new LinkedHashMap<>())
                            .put(child.name, child.closeStore()));
        }
    }

    private void measure(Work work) {
        say(work + ": warming up");
        forEachChild(0, work.toString(), child -> child.run(work, options.rows(), options.warmupSeconds()));
        for (int round = 0; round < options.rounds(); round++) {
            StringBuilder line = new StringBuilder(work + ": round " + (round + 1));
            forEachChild(round, work.toString(), child -> {
                Slice slice = child.run(work, options.rows(), options.seconds());
                results.add(work, child.name, slice);
                line.append(String.format(Locale.ROOT, "  %s %,.0f/s", child.name, slice.perSecond()));
            });
            say(line.toString());
        }
    }

    private interface Step {
        void on(StoreChild child);
    }

    /** One store after the other, starting with another one each round. A store that fails is out for good. */
    private void forEachChild(int rotation, String what, Step step) {
        List<StoreChild> order = new ArrayList<>(children.values());
        for (int i = 0; i < order.size(); i++) {
            StoreChild child = order.get((i + rotation) % order.size());
            try {
                step.on(child);
            } catch (RuntimeException e) {
                fail(child, what, e);
            }
        }
    }

    private void fail(StoreChild child, String what, RuntimeException cause) {
        String message = what + ": " + cause.getMessage();
        failures.add(message);
        say("FAILED " + message);
        options.works().forEach(work -> {
            if (work.toString().equals(what)) {
                results.drop(work, child.name);
            }
        });
        try {
            Path errors = directory.resolve(child.name).resolve("stderr.txt");
            List<String> lines = Files.readAllLines(errors);
            lines.subList(Math.max(0, lines.size() - 15), lines.size()).forEach(System.err::println);
            child.close();
        } catch (IOException e) {
            say(child.name + ": " + e.getMessage());
        }
        children.remove(child.name);
    }

    private void report() {
        System.out.printf(
                "%nJDK %s, %d processors, %,d rows, %d rounds of %.1f s, warm-up %.1f s%n",
                Runtime.version(),
                Runtime.getRuntime().availableProcessors(),
                options.rows(),
                options.rounds(),
                options.seconds(),
                options.warmupSeconds());
        System.out.print(results.tables());
        bytes.forEach((mode, byStore) -> {
            System.out.printf("%nLength of the files after all works, closed, mode %s (sparse parts included):", mode);
            byStore.forEach((store, size) -> System.out.printf(Locale.ROOT, "  %s %.0f MB", store, size / 1e6));
            System.out.println();
        });
        System.out.println(
                failures.isEmpty()
                        ? "\nEvery sum of balances was right, during the run and after reopening."
                        : "\nFAILED:\n" + String.join("\n", failures));
    }

    private static void say(String line) {
        System.err.println(line);
    }
}
