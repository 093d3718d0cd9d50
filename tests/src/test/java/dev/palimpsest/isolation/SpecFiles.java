package dev.palimpsest.isolation;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.Database;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Where spec files are, and runs of them. */
final class SpecFiles {
    private SpecFiles() {}

    static Path projectRoot() {
        Path directory = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(directory.resolve("engine/src/main/java"))) {
            directory = directory.getParent();
            assertTrue(directory != null, "the tests run inside the source tree");
        }
        return directory;
    }

    /** Our own. */
    static Path own() {
        return projectRoot().resolve("tests/src/test/resources/isolation");
    }

    static List<String> names(Path directory, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(suffix))
                    .map(name -> name.substring(0, name.length() - suffix.length()))
                    .sorted()
                    .toList();
        }
    }

    /** What the tester prints, complaints included, on a database of its own. */
    static String run(Path spec) throws IOException, InterruptedException {
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(both, true, StandardCharsets.UTF_8);
        try (Database database = Database.openInMemory()) {
            new IsolationTester(stream, stream, 30).run(Files.readString(spec), database);
        }
        return both.toString(StandardCharsets.UTF_8);
    }
}
