package dev.palimpsest.bench.pinned;

import dev.palimpsest.bench.Mode;
import dev.palimpsest.bench.PinningStore;
import dev.palimpsest.bench.Store;
import dev.palimpsest.bench.StoreClasses;
import dev.palimpsest.bench.pinned.Timeline.Phase;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * The child process of one store's {@link Timeline}. Prints {@code sample PHASE SECONDS RATE MEGABYTES} lines, and at the end {@code ok}; or
 * {@code problem} and why.
 */
final class TimelineProcess {
    /** Each a {@link PinningStore}. */
    static final StoreClasses STORES = new StoreClasses()
            .with("palimpsest", "dev.palimpsest.bench.pinned.HotTable")
            .with("postgresql", "dev.palimpsest.bench.peers.PostgresStore")
            .with("mvstore", "dev.palimpsest.bench.peers.MvStore")
            .with("lmdb", "dev.palimpsest.bench.peers.LmdbStore")
            .with("sqlite", "dev.palimpsest.bench.peers.SqliteStore");

    private final Options options;
    private final PrintStream answers;
    private final DiskUsage usage;
    private final PinningStore store;
    private Updater updater;
    private long begin;

    private TimelineProcess(Options options, PinningStore store, Path directory, PrintStream answers) {
        this.options = options;
        this.store = store;
        this.answers = answers;
        this.usage = new DiskUsage(directory);
    }

    /** @param args the store's name, its directory, then {@link LongReader}'s arguments */
    public static void main(String[] args) throws Exception {
        PrintStream answers = System.out;
        System.setOut(System.err); // whatever a library prints is no answer
        Options options = Options.parse(Arrays.copyOfRange(args, 2, args.length));
        PinningStore store = (PinningStore) STORES.create(args[0]);
        Path directory = Path.of(args[1]);
        try {
            new TimelineProcess(options, store, directory, answers).run(directory);
            answers.println("ok");
        } catch (Exception | LinkageError | AssertionError e) {
            e.printStackTrace();
            answers.println("problem " + e.toString().replaceAll("\\s+", " "));
        }
        answers.flush();
        System.exit(0);
    }

    private void run(Path directory) throws Exception {
        store.open(directory, Mode.NO_SYNC);
        try {
            store.load(options.rows());
            try (Store.Worker worker = store.worker()) {
                updater = new Updater(
                        worker, new HotRows(options.rows(), options.hot(), options.layout(), 4), options.rows());
                updater.until(System.nanoTime() + (long) (options.warmup() * 1e9));
                usage.start();
                begin = System.nanoTime();
                phase(Phase.BEFORE, options.peerSeconds() / 4);
                long truth = updater.sum();
                try (PinningStore.Pin pin = store.pin()) {
                    phase(Phase.PINNED, options.peerSeconds());
                    check("the pinned reader", truth, pin.sum());
                }
                phase(Phase.AFTER, options.peerSeconds() / 4);
                check("the sum at the end", updater.sum(), worker.scan());
            }
        } finally {
            usage.stop();
            store.close();
        }
    }

    private static void check(String what, long expected, long found) {
        if (expected != found) {
            throw new IllegalStateException(what + " is wrong: expected=" + expected + " found=" + found);
        }
    }

    private void phase(Phase phase, double seconds) throws Exception {
        int samples = (int) Math.max(1, Math.round(seconds));
        for (int i = 0; i < samples; i++) {
            long start = System.nanoTime();
            long updates = updater.until(start + (long) (seconds / samples * 1e9));
            long end = System.nanoTime();
            answers.printf(
                    Locale.ROOT,
                    "sample %s %.3f %.1f %.3f%n",
                    phase,
                    (end - begin) / 1e9,
                    updates * 1e9 / (end - start),
                    usage.megabytes());
            answers.flush();
        }
    }
}
