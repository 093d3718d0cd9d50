package dev.palimpsest.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The driver's end of one {@link StoreProcess}. Used by one thread. */
final class StoreChild implements AutoCloseable {
    /** What Palimpsest's archive of pinned versions needs of the JDK. */
    static final List<String> ARCHIVE_FLAGS = List.of(
            "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
            "--add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED",
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED");

    final String name;
    private final Process process;
    private final BufferedWriter commands;
    private final BufferedReader answers;

    /**
     * @param jvmOptions further options of the child's JVM
     */
    StoreChild(String name, Path directory, List<String> jvmOptions) throws IOException {
        this.name = name;
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xms1g");
        command.add("-Xmx2g");
        command.addAll(ARCHIVE_FLAGS);
        // lmdbjava's zero-copy buffers set the address field of a direct buffer; it needs sun.nio.ch, too.
        command.add("--add-opens=java.base/java.nio=ALL-UNNAMED");
        command.add("-Dlmdbjava.disable.checks=true");
        if (Runtime.version().feature() >= 24) {
            command.add("--enable-native-access=ALL-UNNAMED");
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), StoreProcess.class.getName()));
        command.addAll(List.of(name, directory.toString()));
        process = new ProcessBuilder(command)
                .redirectError(directory.resolve("stderr.txt").toFile())
                .start();
        commands = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    void open(Mode mode, int rows) {
        ask("open " + mode + " " + rows);
    }

    Slice run(Work work, int rows, double seconds) {
        long nanos = (long) (seconds * 1e9);
        String answer = ask(work.kind() == Work.Kind.LOAD ? "load " + rows + " " + nanos : "run " + work + " " + nanos);
        String[] parts = answer.split(" ");
        return new Slice(Long.parseLong(parts[0]), Long.parseLong(parts[1]));
    }

    /** Closes the store after its last check. Returns the bytes that its files had. */
    long closeStore() {
        return Long.parseLong(ask("close"));
    }

    private String ask(String command) {
        String answer;
        try {
            commands.write(command);
            commands.newLine();
            commands.flush();
            answer = answers.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(name + ": " + e.getMessage() + " at '" + command + "'", e);
        }
        if (answer == null) {
            throw new IllegalStateException(name + ": its process died at '" + command + "'");
        }
        if (!answer.startsWith("ok")) {
            throw new IllegalStateException(name + ": " + answer + " at '" + command + "'");
        }
        return answer.substring(2).strip();
    }

    @Override
    public void close() throws IOException {
        try {
            commands.close();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            process.destroyForcibly();
        }
    }
}
