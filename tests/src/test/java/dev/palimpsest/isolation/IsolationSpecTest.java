package dev.palimpsest.isolation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Our own specs: one for each anomaly of the literature, and some for locks and constraints. Each says in its header what must happen and why;
 * the expected files come from a real PostgreSQL ({@code tests/record-isolation}).
 */
class IsolationSpecTest {
    static List<String> specs() throws IOException {
        return SpecFiles.names(SpecFiles.own(), ".spec");
    }

    @ParameterizedTest
    @MethodSource("specs")
    void shouldGiveWhatPostgresGives(String name) throws IOException, InterruptedException {
        Path expected = SpecFiles.own().resolve("expected/" + name + ".out");
        String output = SpecFiles.run(SpecFiles.own().resolve(name + ".spec"));
        assertEquals(Files.readString(expected), output);
    }

    @Test
    void shouldHaveASpecForEachExpectedFile() throws IOException {
        assertEquals(specs(), SpecFiles.names(SpecFiles.own().resolve("expected"), ".out"));
    }
}
