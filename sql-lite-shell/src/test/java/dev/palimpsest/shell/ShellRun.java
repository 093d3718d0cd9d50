package dev.palimpsest.shell;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** One run of the program in this process: what it printed, errors in their place among results, and its exit status. */
record ShellRun(int status, String output) {
    /** Runs a script as {@code -f -}. */
    static ShellRun script(String... lines) {
        return run(String.join("\n", lines) + "\n", "-f", "-");
    }

    static ShellRun run(String input, String... args) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, false, StandardCharsets.UTF_8);
        int status = Main.run(args, new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), out, out, false);
        out.flush();
        return new ShellRun(status, bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n"));
    }
}
