package dev.palimpsest.shell;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.isolation.IsolationTester;
import dev.palimpsest.sql.plan.SqlError;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code isolation}: PostgreSQL's isolation specs. */
@Command(
        name = "isolation",
        description = {
            "Runs isolation specs in PostgreSQL's format and prints what its isolationtester prints, each spec on a database"
                    + " in memory of its own.",
            "PGISOLATIONTIMEOUT says after how many seconds of waiting in vain a step is cancelled (300)."
        },
        mixinStandardHelpOptions = true)
final class IsolationCommand implements Callable<Integer> {
    private final InputStream in;
    private final PrintStream out;
    private final PrintStream err;

    @Parameters(paramLabel = "SPEC", description = "Files; standard input if there is none.")
    private List<Path> specs = List.of();

    @Option(
            names = {"-d", "--directory"},
            paramLabel = "DIR",
            description = "Run on the database in this directory, made if it doesn't exist.")
    private Path directory;

    IsolationCommand(InputStream in, PrintStream out, PrintStream err) {
        this.in = in;
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws InterruptedException {
        int status = 0;
        try {
            if (specs.isEmpty()) {
                return run(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            }
            for (Path spec : specs) {
                if (specs.size() > 1) {
                    out.println("== " + spec);
                }
                status |= run(Files.readString(spec));
            }
        } catch (NoSuchFileException e) {
            return fail(Shell.noFile(e.getFile()));
        } catch (CharacterCodingException e) {
            return fail(SqlError.of("22021", "could not read the spec: it isn't UTF-8"));
        } catch (IOException e) {
            return fail(SqlError.of("58030", "could not read the spec: " + e.getMessage()));
        }
        return status;
    }

    private int run(String spec) throws InterruptedException {
        try (Database database = directory == null ? Database.openInMemory() : Database.open(directory)) {
            String limit = System.getenv("PGISOLATIONTIMEOUT");
            IsolationTester tester = limit != null && limit.matches("[1-9][0-9]{0,6}")
                    ? new IsolationTester(out, err, Integer.parseInt(limit))
                    : new IsolationTester(out, err);
            return tester.run(spec, database);
        } catch (EngineException e) {
            return fail(SqlError.of(e));
        }
    }

    private int fail(SqlError e) {
        new Output(out, err, false).error("", "", e, null);
        return 1;
    }
}
