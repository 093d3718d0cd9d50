package dev.palimpsest.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Stories whose output is kept; {@code ./palimpsest -f examples/NAME.sql > examples/NAME.expected} writes it anew. */
class ExampleTest {
    @Test
    void shouldTellTheStoryOfTheLongReader() throws IOException {
        Path examples = Path.of("..", "examples");
        ShellRun run =
                ShellRun.run("", "-f", examples.resolve("long-reader.sql").toString());
        assertEquals(Files.readString(examples.resolve("long-reader.expected")), run.output());
        assertEquals(0, run.status());
    }
}
