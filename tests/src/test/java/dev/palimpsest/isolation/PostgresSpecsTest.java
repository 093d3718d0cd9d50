package dev.palimpsest.isolation;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/** PostgreSQL's own specs, where they lie beside the project: they stay out of it. */
@EnabledIf("arePresent")
class PostgresSpecsTest {
    private static final int MUST_PASS = 25;
    private static final Path SHARED = SpecFiles.projectRoot().resolveSibling("shared/isolation");

    static boolean arePresent() {
        return Files.isRegularFile(SHARED.resolve("tier1-locks.txt"));
    }

    @Test
    void shouldPassThoseAboutLocks() throws IOException, InterruptedException {
        List<String> names = Files.readAllLines(SHARED.resolve("tier1-locks.txt")).stream()
                .map(line -> line.replaceFirst("#.*", "").strip())
                .filter(name -> !name.isEmpty())
                .toList();
        List<String> failed = new ArrayList<>();
        for (String name : names) {
            String output = SpecFiles.run(SHARED.resolve("pg15/specs/" + name + ".spec"));
            if (!isExpected(name, output)) {
                failed.add(name);
            }
        }
        int passed = names.size() - failed.size();
        System.out.println(passed + " of " + names.size() + " of PostgreSQL's specs about locks pass");
        assertTrue(passed >= MUST_PASS, () -> passed + " pass; failed: " + failed);
    }

    /** There are alternatives, called NAME_1.out and so on. */
    private static boolean isExpected(String name, String output) throws IOException {
        Path directory = SHARED.resolve("pg15/expected");
        for (String file : SpecFiles.names(directory, ".out")) {
            if (file.matches(name + "(_[0-9])?")
                    && Files.readString(directory.resolve(file + ".out")).equals(output)) {
                return true;
            }
        }
        return false;
    }
}
