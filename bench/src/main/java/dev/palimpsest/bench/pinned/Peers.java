package dev.palimpsest.bench.pinned;

import dev.palimpsest.bench.ChildCommand;
import dev.palimpsest.bench.pinned.Timeline.Phase;
import dev.palimpsest.bench.pinned.Timeline.Sample;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The same updates under one pin on all stores, one store after the other, each in a process of its own; a table and a plot. */
final class Peers {
    /** LMDB's file may grow to this, as an address range; where it is full the store fails, and its line says so. */
    private static final String LMDB_ROOM = "-Dbench.lmdb.mapBytes=" + (16L << 30);

    private final Options options;
    private final String[] arguments;

    /** @param arguments the command line, for the children */
    Peers(Options options, String[] arguments) {
        this.options = options;
        this.arguments = arguments;
    }

    /** @return whether no store failed */
    boolean run(Path directory) throws Exception {
        List<Timeline> timelines = new ArrayList<>();
        for (String store : TimelineProcess.STORES.present(options.stores())) {
            System.err.println("peers: " + store);
            timelines.add(measure(store, Files.createDirectory(directory.resolve(store))));
        }
        report(timelines);
        Files.writeString(options.plot(), new SvgPlot(timelines, title()).toString());
        System.out.println("\nRate and size over time: " + options.plot());
        return timelines.stream().allMatch(timeline -> timeline.problem() == null);
    }

    private Timeline measure(String store, Path directory) throws IOException, InterruptedException {
        List<String> jvm = new ArrayList<>(List.of(LMDB_ROOM));
        jvm.addAll(options.jvm());
        List<String> command = ChildCommand.of(TimelineProcess.class, jvm, store, directory.toString());
        command.addAll(List.of(arguments));
        Path errors = directory.resolveSibling(store + ".stderr");
        Process child =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        List<Sample> samples = new ArrayList<>();
        String problem = "the process ended";
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ", 5);
                if (words[0].equals("sample")) {
                    samples.add(new Sample(
                            Phase.valueOf(words[1]),
                            Double.parseDouble(words[2]),
                            Double.parseDouble(words[3]),
                            Double.parseDouble(words[4])));
                } else {
                    problem = words[0].equals("ok") ? null : line;
                }
            }
        }
        child.waitFor();
        if (problem != null) {
            System.err.println("peers: " + store + ": " + problem);
            Files.readAllLines(errors).stream().limit(20).forEach(System.err::println);
        }
        return new Timeline(store, samples, problem);
    }

    private String title() {
        return String.format(
                Locale.ROOT,
                "%,d hot rows of %,d (%s) updated by one thread, no sync, one snapshot pinned for %.0f s",
                options.hot(),
                options.rows(),
                options.layout().name().toLowerCase(Locale.ROOT),
                options.peerSeconds());
    }

    private void report(List<Timeline> timelines) {
        System.out.printf("%n### peers: %s%n%n", title());
        System.out.println(
                "| store | updates/s before | with the pin, median | of before | last tenth / first | after its end | MB before"
                        + " | MB at its end | MB grown by |");
        System.out.println("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        for (Timeline t : timelines) {
            double before = t.medianRate(Phase.BEFORE);
            double pinned = t.medianRate(Phase.PINNED);
            double mbBefore = t.megabytesAtEnd(Phase.BEFORE);
            double mbPinned = t.megabytesAtEnd(Phase.PINNED);
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %,.0f | %,.0f | %.2f × | %.2f | %,.0f | %,.0f | %,.0f | %,.0f |%n",
                    t.store() + (t.problem() == null ? "" : " (!)"),
                    before,
                    pinned,
                    pinned / before,
                    t.tenth(true) / t.tenth(false),
                    t.medianRate(Phase.AFTER),
                    mbBefore,
                    mbPinned,
                    mbPinned - mbBefore);
        }
        for (Timeline t : timelines) {
            if (t.problem() != null) {
                System.out.println("\n(!) " + t.store() + ": " + t.problem());
            }
        }
        System.out.println(
                "\nMB as du says, logs included. Every pinned reader saw its own sum at the end of its time, unless it says otherwise here.");
    }
}
