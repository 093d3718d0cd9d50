package dev.palimpsest.shell;

import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.inspect.CheckProgress;
import dev.palimpsest.inspect.DatabaseChecker;
import dev.palimpsest.sql.plan.SqlError;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code check}: verifies everything that a closed database has stored. */
@Command(
        name = "check",
        description =
                "Verifies every page, row version, chain, index entry and map of a database that nobody has open.",
        mixinStandardHelpOptions = true)
final class CheckCommand implements Callable<Integer> {
    private final PrintStream out;
    private final PrintStream err;

    @Parameters(index = "0", paramLabel = "DIR", description = "The database's directory.")
    private Path directory;

    CheckCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() {
        DatabaseChecker.Report report;
        try {
            report = DatabaseChecker.check(directory, DatabaseOptions.DEFAULT, CheckProgress.NONE);
        } catch (EngineException e) {
            SqlError error = SqlError.of(e);
            boolean noDatabase = e.sqlState() == SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE; // its hint is for programs
            new Output(out, err, false)
                    .error("", "", noDatabase ? error.withHint("Name the directory of a database.") : error, null);
            return 1;
        }
        if (report.recovered()) {
            out.println("The database wasn't shut down cleanly: it was recovered first.");
        }
        report.problems().forEach(out::println);
        int count = report.problems().size();
        out.println(count == 0 ? "No problems found." : count + (count == 1 ? " problem found." : " problems found."));
        return count == 0 ? 0 : 1;
    }
}
