package dev.palimpsest.bench;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The child process of one store: reads commands from standard input, one a line, and answers each with a line that
 * begins with {@code ok} or {@code failed}. A process for each store, so that the compiler sees one implementation of
 * {@link Store} in the loops and no store profits or suffers from another's profile, heap or threads.
 *
 * <pre>
 *   open MODE ROWS      fresh data in a fresh directory          ok
 *   run WORK NANOS      one slice, the sum checked after it      ok OPERATIONS NANOS
 *   load ROWS NANOS     bulk loads beside the open store         ok ROWS NANOS
 *   close               closes, reopens, checks, measures        ok BYTES
 * </pre>
 */
public final class StoreProcess {
    static final String OURS = "palimpsest";

    /** Every store that may be measured. */
    static final StoreClasses STORES = new StoreClasses()
            .with(OURS, "dev.palimpsest.bench.PalimpsestStore")
            .with("lmdb", "dev.palimpsest.bench.peers.LmdbStore")
            .with("rocksdb", "dev.palimpsest.bench.peers.RocksDbStore")
            .with("tupl", "dev.palimpsest.bench.peers.TuplStore")
            .with("mvstore", "dev.palimpsest.bench.peers.MvStore")
            .with("sqlite", "dev.palimpsest.bench.peers.SqliteStore");

    private final String name;
    private final Path directory;
    private int directories;
    private int rows;
    private Mode mode;
    private Path open;
    private Store store;
    private SliceRunner runner;

    private StoreProcess(String name, Path directory) {
        this.name = name;
        this.directory = directory;
    }

    /**
     * @param args the store's name and a directory of its own
     */
    public static void main(String[] args) throws Exception {
        PrintStream answers = System.out;
        System.setOut(System.err); // whatever a library prints is no answer
        StoreProcess process = new StoreProcess(args[0], Path.of(args[1]));
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            answers.println(process.answer(line.split(" ")));
            answers.flush();
        }
        System.exit(0); // the driver is gone or done; a store's own threads must not keep us
    }

    private String answer(String[] command) {
        try {
            return switch (command[0]) {
                case "open" -> open(Mode.valueOf(command[1]), Integer.parseInt(command[2]));
                case "run" -> run(Work.parse(command[1]), Long.parseLong(command[2]));
                case "load" -> load(Integer.parseInt(command[1]), Long.parseLong(command[2]));
                case "close" -> close();
                default -> "failed unknown command " + command[0];
            };
        } catch (Exception | LinkageError | AssertionError e) {
            e.printStackTrace();
            return "failed " + e.toString().replaceAll("\\s+", " ");
        }
    }

    private String open(Mode newMode, int newRows) throws Exception {
        mode = newMode;
        rows = newRows;
        open = freshDirectory();
        store = STORES.create(name);
        store.open(open, mode);
        store.load(rows);
        runner = new SliceRunner(store, rows);
        runner.checkReads();
        runner.checkSum();
        return "ok";
    }

    private String run(Work work, long nanos) throws Exception {
        Slice slice = runner.run(work, nanos);
        if (work.kind() == Work.Kind.RMW || work.kind() == Work.Kind.DURABLE) {
            runner.checkSum();
        }
        return "ok " + slice.operations() + " " + slice.nanos();
    }

    /** Loads fresh stores until so much time was spent in loading alone. */
    private String load(int loadRows, long durationNanos) throws Exception {
        long loaded = 0;
        long nanos = 0;
        do {
            nanos += loadOnce(loadRows);
            loaded += loadRows;
        } while (nanos < durationNanos);
        return "ok " + loaded + " " + nanos;
    }

    private long loadOnce(int loadRows) throws Exception {
        Path fresh = freshDirectory();
        long nanos;
        try (Store loaded = STORES.create(name)) {
            loaded.open(fresh, Mode.NO_SYNC);
            long begin = System.nanoTime();
            loaded.load(loadRows);
            nanos = System.nanoTime() - begin;
            try (SliceRunner check = new SliceRunner(loaded, loadRows)) {
                check.checkSum();
            }
        }
        DataFiles.delete(fresh);
        return nanos;
    }

    /** Nothing may get lost by closing either: the sum is checked once more on the reopened data. */
    private String close() throws Exception {
        long sum = runner.expectedSum();
        runner.close();
        store.close();
        long bytes = DataFiles.bytes(open);
        try (Store reopened = STORES.create(name)) {
            reopened.open(open, mode);
            try (SliceRunner check = new SliceRunner(reopened, rows)) {
                check.resumeFrom(sum);
                check.checkSum();
            }
        }
        DataFiles.delete(open);
        return "ok " + bytes;
    }

    private Path freshDirectory() throws Exception {
        return Files.createDirectory(directory.resolve("data-" + directories++));
    }
}
