package dev.palimpsest.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.inspect.CheckProgress;
import dev.palimpsest.inspect.InspectableDatabase;
import dev.palimpsest.table.Expect;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of a closed or killed database that are gone or cut off between two pages: none of them reads as empty. */
class FileLengthsTest {
    private static final int ROWS = 600;

    /** More pages than the smallest pool has. */
    private static final int LATER_ROWS = 6_000;

    private static final int PAGE = 8192;
    private static final TableSchema NOTES = TableSchema.named("notes")
            .column("id", ColumnType.BIGINT)
            .column("note", ColumnType.TEXT)
            .primaryKey("id")
            .build();

    @TempDir
    Path directory;

    private Path db;
    private Path killed;

    @BeforeEach
    void makeDatabases() throws IOException {
        db = directory.resolve("db");
        killed = directory.resolve("killed");
        try (Database made = Database.open(db)) {
            made.transact(tx -> {
                tx.createTable(NOTES);
                return null;
            });
            insert(made, 0, ROWS);
            made.checkpoint();
            insert(made, ROWS, LATER_ROWS); // of this the killed one has log only
            copy(db, killed);
        }
    }

    private static void insert(Database db, int from, int count) {
        db.transact(tx -> {
            for (long id = from; id < from + count; id++) {
                db.table("notes").insert(tx, id, "n".repeat(200));
            }
            return null;
        });
    }

    @Test
    void shouldNameAMissingFile() throws IOException {
        for (Path file : relationFiles()) {
            byte[] good = Files.readAllBytes(file);
            Files.delete(file);
            expectCutOff(db, file, "blocks=0 expected=" + good.length / PAGE);
            Files.write(file, good);
        }
        expectWhole(db);
    }

    @Test
    void shouldNameAFileThatIsCutOffAtAPage() throws IOException {
        for (Path file : relationFiles()) {
            byte[] good = Files.readAllBytes(file);
            int blocks = good.length / PAGE;
            try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
                bytes.setLength((long) blocks / 2 * PAGE);
            }
            expectCutOff(db, file, "blocks=" + blocks / 2 + " expected=" + blocks);
            Files.write(file, good);
        }
        expectWhole(db);
    }

    @Test
    void shouldNoticeThatAllFilesAreGone() throws IOException {
        Path aside = directory.resolve("aside");
        Files.move(db.resolve("base"), aside);
        EngineException e = Expect.error("XX001", () -> Database.open(db));
        assertTrue(e.getMessage().contains("relation file base/1 is missing"), e::toString);
        assertTrue(Files.notExists(db.resolve("base")), "nothing was made there");
        Files.move(aside, db.resolve("base"));
        expectWhole(db);
    }

    @Test
    void shouldNameTheMissingOrDamagedList() throws IOException {
        Path list = db.resolve("lengths");
        byte[] good = Files.readAllBytes(list);
        Files.delete(list);
        expectNamed("file \"lengths\" of the database is missing");
        for (int cut : new int[] {0, 7, 19, good.length - 1}) {
            Files.write(list, Arrays.copyOf(good, cut));
            expectNamed("file \"lengths\" of the database is damaged");
        }
        for (int at = 0; at < good.length; at += 7) {
            byte[] bad = good.clone();
            bad[at] ^= 4;
            Files.write(list, bad);
            expectNamed("file \"lengths\" of the database is damaged");
        }
        Files.write(list, good);
        expectWhole(db);
    }

    /** Redo makes the file long again, with a hole, and in a small pool writes it: the second open sees what the first saw. */
    @Test
    void shouldNameAMissingFileAtEveryOpenAfterACrash() throws IOException {
        DatabaseOptions small = DatabaseOptions.DEFAULT.withBufferPoolBytes(128 * PAGE);
        Path table = killed.resolve("base/16384");
        byte[] good = Files.readAllBytes(table);
        Files.delete(table);
        String blocks = "blocks=0 expected=" + good.length / PAGE;
        for (int open = 0; open < 3; open++) {
            EngineException e = Expect.error("XX001", () -> Database.open(killed, small));
            assertTrue(e.getMessage().contains("relation file base/16384 is missing"), e::toString);
            assertEquals(blocks, e.detail());
        }
        Files.write(table, good);
        expectWhole(killed);
    }

    @Test
    void shouldNotMissWhatWasDropped() throws IOException {
        Path copy = directory.resolve("copy");
        try (Database open = Database.open(db)) {
            open.transact(tx -> {
                tx.dropTable("notes");
                return null;
            });
            copy(db, copy); // its list still has the files, its log the drop
        }
        for (Path dropped : List.of(copy, db)) {
            try (Database open = Database.open(dropped)) {
                assertEquals(List.of(), ((InspectableDatabase) open).check(CheckProgress.NONE));
            }
        }
    }

    private List<Path> relationFiles() throws IOException {
        try (Stream<Path> files = Files.list(db.resolve("base"))) {
            List<Path> all = files.sorted().toList();
            assertTrue(all.contains(db.resolve("base/3")) && all.contains(db.resolve("base/16384")), all::toString);
            assertTrue(all.contains(db.resolve("base/16385")), all::toString);
            return all;
        }
    }

    private static void expectCutOff(Path db, Path file, String detail) throws IOException {
        Map<String, byte[]> before = contents(db);
        EngineException e = Expect.error("XX001", () -> Database.open(db));
        assertEquals("relation file base/" + file.getFileName() + " is missing or cut off", e.getMessage());
        assertEquals(detail, e.detail());
        Map<String, byte[]> after = contents(db);
        assertEquals(before.keySet(), after.keySet());
        before.forEach((name, bytes) -> assertArrayEquals(bytes, after.get(name), name));
    }

    private void expectNamed(String message) {
        EngineException e = Expect.error("XX001", () -> Database.open(db));
        assertEquals(message, e.getMessage());
    }

    private static void expectWhole(Path db) {
        try (Database open = Database.open(db)) {
            assertEquals(List.of(), ((InspectableDatabase) open).check(CheckProgress.NONE));
            long rows = open.read(tx -> {
                try (RowStream stream = open.table("notes").scan(tx, Scan.all())) {
                    return stream.stream().count();
                }
            });
            assertEquals(ROWS + LATER_ROWS, rows);
        }
    }

    /** Of the files that hold data; not the lock. */
    private static Map<String, byte[]> contents(Path db) throws IOException {
        Map<String, byte[]> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(db)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (!file.endsWith("lock")) {
                    contents.put(db.relativize(file).toString(), Files.readAllBytes(file));
                }
            }
        }
        return contents;
    }

    /** Also of an open database: the log's next segment may get its name meanwhile. */
    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                Files.createDirectories(to.resolve(from.relativize(directory).toString()));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (!isTransient(file) && !file.endsWith("lock")) {
                    Files.copy(file, to.resolve(from.relativize(file).toString()));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (isTransient(file)) {
                    return FileVisitResult.CONTINUE;
                }
                throw failure;
            }

            private boolean isTransient(Path file) {
                return file.getFileName().toString().endsWith(".tmp");
            }
        });
    }
}
