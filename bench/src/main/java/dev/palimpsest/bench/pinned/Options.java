package dev.palimpsest.bench.pinned;

import dev.palimpsest.bench.Argument;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The command line of {@link LongReader}, handed on to its children as it is.
 *
 * @param rows rows of the table
 * @param hot how many of them are updated
 * @param layout where those are
 * @param seconds one slice
 * @param pairs slices with and without whatever is compared
 * @param warmup seconds before the first slice of either kind
 * @param gap updates between two snapshots where many are taken
 * @param snapshots how many are taken, one measurement each
 * @param peerSeconds how long a store is measured with the pin
 * @param jobs jobs a second in the queue
 * @param parts what is measured
 * @param stores the stores of the part {@code peers}
 * @param directory where the data goes
 * @param plot the SVG file of the part {@code peers}
 * @param jvm more options of the children's JVMs
 */
record Options(
        int rows,
        int hot,
        HotRows.Layout layout,
        double seconds,
        int pairs,
        double warmup,
        int gap,
        List<Integer> snapshots,
        double peerSeconds,
        int jobs,
        List<String> parts,
        List<String> stores,
        Path directory,
        Path plot,
        List<String> jvm) {

    /**
     * @throws IllegalArgumentException saying what is wrong with the arguments
     */
    static Options parse(String[] args) {
        Builder builder = new Builder();
        for (Argument argument : Argument.parse(args)) {
            builder.set(argument);
        }
        return builder.build();
    }

    private static final class Builder {
        private int rows = 200_000;
        private int hot = 10_000;
        private HotRows.Layout layout = HotRows.Layout.TOGETHER;
        private double seconds = 6;
        private int pairs = 10;
        private double warmup = 10;
        private int gap = 20_000;
        private List<Integer> snapshots = List.of(10, 100);
        private double peerSeconds = 60;
        private int jobs = 2_000;
        private List<String> parts = List.copyOf(LongReader.PARTS.keySet());
        private List<String> stores = List.copyOf(TimelineProcess.STORES.names());
        private Path directory = Path.of("target");
        private Path plot = Path.of("long-reader.svg");
        private final List<String> jvm = new ArrayList<>();

        void set(Argument argument) {
            String value = argument.value();
            switch (argument.option()) {
                case "--rows" -> rows = argument.positive();
                case "--hot" -> hot = argument.positive();
                case "--layout" -> layout = HotRows.Layout.valueOf(value.toUpperCase(Locale.ROOT));
                case "--seconds" -> seconds = argument.seconds();
                case "--pairs" -> pairs = argument.positive();
                case "--warmup" -> warmup = argument.seconds();
                case "--gap" -> gap = argument.positive();
                case "--snapshots" -> snapshots = argument.positives();
                case "--peer-seconds" -> peerSeconds = argument.seconds();
                case "--jobs" -> jobs = argument.positive();
                case "--part" -> parts = argument.wordsOf(LongReader.PARTS.keySet(), "part");
                case "--only" -> stores = argument.wordsOf(TimelineProcess.STORES.names(), "store");
                case "--dir" -> directory = Path.of(value);
                case "--plot" -> plot = Path.of(value);
                case "--jvm" -> jvm.add(value);
                default -> throw argument.unknown();
            }
        }

        Options build() {
            return new Options(
                    rows,
                    hot,
                    layout,
                    seconds,
                    pairs,
                    warmup,
                    gap,
                    snapshots,
                    peerSeconds,
                    jobs,
                    parts,
                    stores,
                    directory,
                    plot,
                    jvm);
        }
    }
}
