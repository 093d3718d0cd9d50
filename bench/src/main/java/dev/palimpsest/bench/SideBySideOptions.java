package dev.palimpsest.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The command line of {@link SideBySide}. */
record SideBySideOptions(
        int rows,
        double seconds,
        int rounds,
        double warmupSeconds,
        List<String> stores,
        List<Work> works,
        Path directory,
        List<String> jvm) {

    /**
     * @throws IllegalArgumentException saying what is wrong with the arguments
     */
    static SideBySideOptions parse(String[] args, String defaultWorks) {
        int rows = 200_000;
        double seconds = 3;
        int rounds = 3;
        double warmup = 3;
        List<String> stores = List.copyOf(StoreProcess.STORES.keySet());
        String works = defaultWorks;
        // Not the system's temporary directory: where that is in memory, a force costs nothing.
        Path directory = Path.of("target");
        List<String> jvm = new ArrayList<>();
        for (int i = 0; i < args.length; i += 2) {
            if (i + 1 == args.length) {
                throw new IllegalArgumentException("an option without its value, or no option: " + args[i]);
            }
            String value = args[i + 1];
            switch (args[i]) {
                case "--rows" -> rows = positive(args[i], value);
                case "--seconds" -> seconds = positiveSeconds(args[i], value);
                case "--rounds" -> rounds = positive(args[i], value);
                case "--warmup" -> warmup = positiveSeconds(args[i], value);
                case "--only" -> stores = knownStores(value);
                case "--work" -> works = value;
                case "--dir" -> directory = Path.of(value);
                case "--jvm" -> jvm.add(value);
                default -> throw new IllegalArgumentException("unknown option: " + args[i]);
            }
        }
        List<Work> parsedWorks =
                Arrays.stream(works.split(",")).map(Work::parse).toList();
        return new SideBySideOptions(rows, seconds, rounds, warmup, stores, parsedWorks, directory, jvm);
    }

    private static List<String> knownStores(String value) {
        List<String> names = List.of(value.split(","));
        for (String name : names) {
            if (!StoreProcess.STORES.containsKey(name)) {
                throw new IllegalArgumentException("unknown store: " + name);
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

    private static double positiveSeconds(String option, String value) {
        try {
            double number = Double.parseDouble(value);
            if (number > 0 && number < 1e6) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException(option + " wants a positive number of seconds, not '" + value + "'");
    }
}
