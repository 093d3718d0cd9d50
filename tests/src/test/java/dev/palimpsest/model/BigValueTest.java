package dev.palimpsest.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.crash.ChildJvm;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A value of 50 MB is streamed in and out with a heap of 32 MB. */
class BigValueTest {
    @Test
    void shouldStreamWhatTheHeapCannotHold(@TempDir Path directory) {
        List<String> options = List.of("-Xmx32m", "-XX:MaxDirectMemorySize=16m");
        try (ChildJvm child = ChildJvm.start(BigValue.class, options, directory.toString())) {
            String output = child.awaitSuccess();
            assertTrue(output.contains("bytes="), output);
        }
    }
}
