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
        List<String> stores = List.copyOf(StoreProcess.STORES.names());
        String works = defaultWorks;
        // Not the system's temporary directory: where that is in memory, a force costs nothing.
        Path directory = Path.of("target");
        List<String> jvm = new ArrayList<>();
        for (Argument argument : Argument.parse(args)) {
            switch (argument.option()) {
                case "--rows" -> rows = argument.positive();
                case "--seconds" -> seconds = argument.seconds();
                case "--rounds" -> rounds = argument.positive();
                case "--warmup" -> warmup = argument.seconds();
                case "--only" -> stores = argument.wordsOf(StoreProcess.STORES.names(), "store");
                case "--work" -> works = argument.value();
                case "--dir" -> directory = Path.of(argument.value());
                case "--jvm" -> jvm.add(argument.value());
                default -> throw argument.unknown();
            }
        }
        List<Work> parsedWorks =
                Arrays.stream(works.split(",")).map(Work::parse).toList();
        return new SideBySideOptions(rows, seconds, rounds, warmup, stores, parsedWorks, directory, jvm);
    }
}
