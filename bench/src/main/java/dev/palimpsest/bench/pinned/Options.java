package dev.palimpsest.bench.pinned;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
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
        for (int i = 0; i < args.length; i += 2) {
            if (i + 1 == args.length) {
                throw new IllegalArgumentException("an option without its value, or no option: " + args[i]);
            }
            builder.set(args[i], args[i + 1]);
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
        private List<String> stores = List.copyOf(TimelineProcess.STORES.keySet());
        private Path directory = Path.of("target");
        private Path plot = Path.of("long-reader.svg");
        private final List<String> jvm = new ArrayList<>();

        void set(String option, String value) {
            switch (option) {
                case "--rows" -> rows = positive(option, value);
                case "--hot" -> hot = positive(option, value);
                case "--layout" -> layout = HotRows.Layout.valueOf(value.toUpperCase(Locale.ROOT));
                case "--seconds" -> seconds = positiveReal(option, value);
                case "--pairs" -> pairs = positive(option, value);
                case "--warmup" -> warmup = positiveReal(option, value);
                case "--gap" -> gap = positive(option, value);
                case "--snapshots" ->
                    snapshots = Arrays.stream(value.split(","))
                            .map(count -> positive(option, count))
                            .toList();
                case "--peer-seconds" -> peerSeconds = positiveReal(option, value);
                case "--jobs" -> jobs = positive(option, value);
                case "--part" -> parts = known("part", value, List.copyOf(LongReader.PARTS.keySet()));
                case "--only" -> stores = known("store", value, List.copyOf(TimelineProcess.STORES.keySet()));
                case "--dir" -> directory = Path.of(value);
                case "--plot" -> plot = Path.of(value);
                case "--jvm" -> jvm.add(value);
                default -> throw new IllegalArgumentException("unknown option: " + option);
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

        private static List<String> known(String what, String value, List<String> all) {
            List<String> names = List.of(value.split(","));
            for (String name : names) {
                if (!all.contains(name)) {
                    throw new IllegalArgumentException("unknown " + what + ": " + name);
                }
            }
            return names;
        }

        private static int positive(String option, String value) {
            try {
                int number = Integer.parseInt(value);
                if (number > 0) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // said below, as for a number that isn't positive
            }
            throw new IllegalArgumentException(option + " wants a positive whole number, not '" + value + "'");
        }

        private static double positiveReal(String option, String value) {
            try {
                double number = Double.parseDouble(value);
                if (number > 0 && number < 1e6) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // said below
            }
            throw new IllegalArgumentException(option + " wants a positive number, not '" + value + "'");
        }
    }
}
