package dev.palimpsest.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The driver's end of one {@link StoreProcess}. Used by one thread. */
final class StoreChild implements AutoCloseable {
    final String name;
    private final Process process;
    private final BufferedWriter commands;
    private final BufferedReader answers;

    /**
     * @param jvmOptions further options of the child's JVM
     */
    StoreChild(String name, Path directory, List<String> jvmOptions) throws IOException {
        this.name = name;
        List<String> command = ChildCommand.of(StoreProcess.class, jvmOptions, name, directory.toString());
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
