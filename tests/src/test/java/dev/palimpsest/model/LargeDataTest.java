package dev.palimpsest.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.crash.ChildJvm;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No committed row lives outside of pages: 20 times the pool in a JVM with little heap and capped direct memory. */
class LargeDataTest {
    @Test
    void shouldHoldTwentyTimesThePool(@TempDir Path directory) {
        List<String> options = List.of("-Xmx64m", "-XX:MaxDirectMemorySize=8m");
        try (ChildJvm child = ChildJvm.start(LargeData.class, options, directory.toString())) {
            String output = child.awaitSuccess();
            assertTrue(output.contains("rows="), output);
        }
    }
}
