package dev.palimpsest.bench.pinned;

import java.nio.file.Path;
import java.util.Arrays;

/** The child process of one {@link Part}. Exit status 0 if all holds, 3 if something doesn't, 1 for a failure. */
final class PartProcess {
    private PartProcess() {}

    /** @param args the part's name, its directory, then {@link LongReader}'s arguments */
    public static void main(String[] args) throws Exception {
        Options options = Options.parse(Arrays.copyOfRange(args, 2, args.length));
        boolean holds = LongReader.PARTS.get(args[0]).run(options, Path.of(args[1]));
        System.out.flush();
        System.exit(holds ? 0 : 3);
    }
}
