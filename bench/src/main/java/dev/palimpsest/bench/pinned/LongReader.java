package dev.palimpsest.bench.pinned;

import dev.palimpsest.bench.ChildCommand;
import dev.palimpsest.bench.DataFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures what long readers cost: one pinned snapshot, many of them, a queue under readers, single updates beside vacuum, and the peers under the
 * same pin. Each part of Palimpsest and each store has a process of its own. Exit status 0 if everything that must hold does.
 */
public final class LongReader {
    private static final String PEERS = "peers";
    private static final String USAGE = """
            usage: long-reader [--part PART,...] [--rows N] [--hot N] [--layout together|spread] [--seconds S] [--pairs N] [--warmup S]
                               [--gap UPDATES] [--snapshots N,...] [--jobs PER_SECOND] [--peer-seconds S] [--only STORE,...]
                               [--dir DIR] [--plot FILE] [--jvm OPTION]...
            parts:  %s
            stores: %s
            """;

    /** The parts in order. */
    static final Map<String, Part> PARTS = new LinkedHashMap<>();

    static {
        PARTS.put("pin", new PinnedPairs());
        PARTS.put("snapshots", new ManySnapshots());
        PARTS.put("queue", new QueueClaims());
        PARTS.put("foreground", new ForegroundLatency());
        PARTS.put(PEERS, (options, directory) -> {
            throw new IllegalStateException("no part of Palimpsest alone");
        });
    }

    private LongReader() {}

    public static void main(String[] args) throws Exception {
        Options options;
        try {
            options = Options.parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println("long-reader: " + e.getMessage());
            System.err.printf(
                    USAGE, String.join(", ", PARTS.keySet()), String.join(", ", TimelineProcess.STORES.names()));
            System.exit(2);
            return;
        }
        Files.createDirectories(options.directory());
        Path directory = Files.createTempDirectory(options.directory().toAbsolutePath(), "long-reader-");
        List<String> bad = new ArrayList<>();
        try {
            System.out.printf(
                    "JDK %s, %d processors%n",
                    Runtime.version(), Runtime.getRuntime().availableProcessors());
            for (String part : options.parts()) {
                Path own = Files.createDirectory(directory.resolve(part));
                if (!(part.equals(PEERS) ? new Peers(options, args).run(own) : runPart(part, own, options, args))) {
                    bad.add(part);
                }
                DataFiles.delete(own);
            }
        } finally {
            DataFiles.delete(directory);
        }
        System.out.println(bad.isEmpty() ? "\nEverything holds." : "\nNOT EVERYTHING HOLDS: " + String.join(", ", bad));
        System.exit(bad.isEmpty() ? 0 : 1);
    }

    private static boolean runPart(String part, Path directory, Options options, String[] args)
            throws IOException, InterruptedException {
        List<String> command = ChildCommand.of(PartProcess.class, options.jvm(), part, directory.toString());
        command.addAll(List.of(args));
        System.out.flush();
        int status = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (status != 0 && status != 3) {
            System.out.println("\n### " + part + ": FAILED, exit status " + status);
        }
        return status == 0;
    }
}
