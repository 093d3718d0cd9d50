package dev.palimpsest.shell;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.sql.plan.SqlError;
import dev.palimpsest.sql.plan.Version;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code shell}: SQL from a terminal, a pipe, files or the command line. */
@Command(
        name = "shell",
        description = "Runs SQL on a database directory, made if it doesn't exist; in memory without one.",
        mixinStandardHelpOptions = true)
final class ShellCommand implements Callable<Integer> {
    private final InputStream in;
    private final PrintStream out;
    private final PrintStream err;
    private final boolean terminal;

    @Parameters(index = "0", arity = "0..1", paramLabel = "DIR", description = "The database's directory.")
    private Path directory;

    /** One -c or -f; they run in the order given. */
    private static final class Input {
        @Option(
                names = {"-c", "--command"},
                paramLabel = "SQL",
                required = true,
                description = "Run this text and end. May be repeated and mixed with -f.")
        private String command;

        @Option(
                names = {"-f", "--file"},
                paramLabel = "FILE",
                required = true,
                description = {
                    "Run this file and end; - is standard input.",
                    "-c, -f and piped input end at the first error with exit status 1, unless \\set ON_ERROR_STOP off"
                            + " says otherwise."
                })
        private String file;
    }

    @ArgGroup(exclusive = true, multiplicity = "0..*")
    private List<Input> inputs = new ArrayList<>();

    ShellCommand(InputStream in, PrintStream out, PrintStream err, boolean terminal) {
        this.in = in;
        this.out = out;
        this.err = err;
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        Output output = new Output(out, err, terminal && inputs.isEmpty());
        try (Database database = directory == null ? Database.openInMemory() : Database.open(directory)) {
            String name = directory == null
                    ? "memory"
                    : directory.toAbsolutePath().normalize().getFileName() + "";
            Shell shell = new Shell(database, name, output, terminal);
            boolean fine = false;
            try {
                fine = run(shell);
            } finally {
                fine &= shell.close();
            }
            return fine ? 0 : 1;
        } catch (EngineException e) {
            output.error("", "", SqlError.of(e), null);
            return 1;
        }
    }

    private boolean run(Shell shell) throws IOException {
        for (Input input : inputs) {
            if (!runInput(shell, input)) {
                return false;
            }
        }
        if (!inputs.isEmpty()) {
            return true;
        }
        if (terminal) {
            shell.output().line(Version.PRODUCT + ". Type \\? for help, \\q to quit.");
            try (TerminalSource source = new TerminalSource(shell::interrupt)) {
                return shell.run(source);
            }
        }
        return shell.run(standardInput("stdin"));
    }

    private LineSource standardInput(String name) {
        return LineSource.of(new InputStreamReader(in, StandardCharsets.UTF_8), name, null);
    }

    private boolean runInput(Shell shell, Input input) throws IOException {
        if (input.command != null) {
            return shell.run(LineSource.of(new StringReader(input.command), "", null));
        }
        if (input.file.equals("-")) {
            return shell.run(standardInput("stdin"));
        }
        Path path = Path.of(input.file);
        try (LineSource source = LineSource.of(
                Files.newBufferedReader(path), input.file, path.toAbsolutePath().getParent())) {
            return shell.run(source);
        } catch (java.nio.file.NoSuchFileException e) {
            shell.output().error("", "", Shell.noFile(input.file), null);
        } catch (IOException e) {
            String reason = e instanceof java.nio.charset.CharacterCodingException ? "it isn't UTF-8" : e.toString();
            SqlError error = SqlError.of("58030", "could not read file \"" + input.file + "\": " + reason);
            shell.output().error("", "", error, null);
        }
        return false;
    }
}
