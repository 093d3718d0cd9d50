package dev.palimpsest.crash;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A JVM of its own that runs a class's main on the engine and the test classes, its output line by line. Used by one thread. */
public final class ChildJvm implements AutoCloseable {
    private final Process process;
    private final BufferedReader output;

    private ChildJvm(Process process) {
        this.process = process;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** @param main runs with assertions on */
    public static ChildJvm start(Class<?> main, List<String> jvmOptions, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-ea", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", classPath(main), main.getName()));
        command.addAll(List.of(arguments));
        try {
            return new ChildJvm(
                    new ProcessBuilder(command).redirectErrorStream(true).start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return null at the end of the output */
    public String readLine() {
        try {
            return output.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGKILL, and waits for the process to be gone. What it has written before can still be read. */
    public void kill() {
        process.toHandle().destroyForcibly(); // the process itself would close its output, too
        await();
    }

    /** Reads the output to its end. @return all of it; the process must end well */
    public String awaitSuccess() {
        StringBuilder all = new StringBuilder();
        for (String line = readLine(); line != null; line = readLine()) {
            all.append(line).append('\n');
        }
        if (await() != 0) {
            throw new AssertionError("exit status " + process.exitValue() + ":\n" + all);
        }
        return all.toString();
    }

    private int await() {
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                throw new AssertionError("the child doesn't end");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted", e);
        }
    }

    @Override
    public void close() {
        kill();
        try {
            output.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String classPath(Class<?> main) {
        Set<String> places = new LinkedHashSet<>();
        for (Class<?> needed : List.of(main, ChildJvm.class, dev.palimpsest.api.Database.class)) {
            places.add(Path.of(needed.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .getPath())
                    .toString());
        }
        return String.join(System.getProperty("path.separator"), places);
    }
}
