package dev.palimpsest.vacuum.archive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the archive does to a JVM of its own: no connection is tried, nothing is printed, and without the flags it stays away.
 *
 * <p>A connection is recognised by the classes that the JVM loads. No Java code reaches the network without one of {@link #NETWORK}, whatever
 * thread or library it comes from, also where a name can't be resolved or a connection is refused; and no native code does, since none is
 * loaded.
 */
class ArchiveJvmTest {
    private static final Set<String> NETWORK = Set.of(
            "java.net.InetAddress",
            "java.net.InetSocketAddress",
            "java.net.UnixDomainSocketAddress",
            "java.net.Socket",
            "java.net.ServerSocket",
            "java.net.DatagramSocket",
            "java.net.http.HttpClient",
            "sun.net.NetworkClient",
            "sun.nio.ch.Net",
            "sun.nio.ch.SocketChannelImpl");

    private static final Pattern LOADED = Pattern.compile("^(?:\\[[^]]*])* ?(\\S+) source: ");

    @TempDir
    private Path directory;

    private record Child(int exitStatus, String output, List<String> loaded) {
        List<String> network() {
            return loaded.stream().filter(NETWORK::contains).toList();
        }
    }

    /** With and without a file. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldTryNoConnectionAndPrintNothing(boolean inFile) throws Exception {
        Child child = run(true, "none", inFile);
        assertEquals("read 8000 of 3000\n", child.output);
        assertEquals(0, child.exitStatus);
        assertEquals(List.of(), child.network());
        assertTrue(
                child.loaded.contains("net.openhft.chronicle.map.VanillaChronicleMap"), "the log says what is loaded");
        assertEquals(List.of(), nativeLibraries(child));
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "channel", "name"})
    void shouldNoticeAConnection(String how) throws Exception {
        Child child = run(true, how, true);
        assertEquals("read 8000 of 3000\n", child.output);
        assertFalse(child.network().isEmpty(), how);
    }

    @Test
    void shouldStayAwayWithoutTheFlagsAndNameThem() throws Exception {
        Child child = run(false, "none", true);
        assertEquals(0, child.exitStatus);
        assertTrue(child.output.endsWith("no archive\n"), child.output);
        for (String flag : List.of(
                "--add-exports java.base/jdk.internal.ref=ALL-UNNAMED",
                "--add-exports jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED",
                "--add-opens java.base/java.lang=ALL-UNNAMED",
                "--add-opens java.base/java.lang.reflect=ALL-UNNAMED",
                "--add-opens java.base/sun.nio.ch=ALL-UNNAMED")) {
            assertTrue(child.output.contains(flag), child.output);
        }
        assertEquals(1, child.output.split("for the archive, this JVM has to be started with", -1).length - 1);
        assertFalse(child.loaded.contains("net.openhft.chronicle.map.ChronicleMapBuilder"));
    }

    @Test
    void shouldHaveNoAnalyticsOnItsClassPath() {
        assertThrows(ClassNotFoundException.class, () -> Class.forName("net.openhft.chronicle.analytics.Analytics"));
    }

    /** Classes by which Java code calls into libraries of its own. */
    private static List<String> nativeLibraries(Child child) {
        return child.loaded.stream()
                .filter(name ->
                        name.startsWith("com.sun.jna.") || name.startsWith("jnr.") || name.startsWith("com.kenai."))
                .toList();
    }

    private Child run(boolean withFlags, String planted, boolean inFile) throws IOException, InterruptedException {
        Path loaded = directory.resolve("loaded.txt");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xshare:auto", "-ea", "-Xlog:class+load:file=" + loaded));
        if (Runtime.version().feature() >= 24) {
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        if (withFlags) {
            command.addAll(
                    List.of(System.getProperty("palimpsest.archive.flags").split(" ")));
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ArchiveProcess.class.getName()));
        command.addAll(List.of(inFile ? directory.toString() : "", planted));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        return new Child(process.waitFor(), output, loadedClasses(loaded));
    }

    private static List<String> loadedClasses(Path log) throws IOException {
        try (Stream<String> lines = Files.lines(log)) {
            return lines.map(LOADED::matcher)
                    .filter(Matcher::find)
                    .map(line -> line.group(1))
                    .toList();
        }
    }
}
