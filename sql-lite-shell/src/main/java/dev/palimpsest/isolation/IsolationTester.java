package dev.palimpsest.isolation;

import dev.palimpsest.api.Database;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs one spec file on a database and prints what PostgreSQL's isolationtester prints: the same bytes, and the same exit status.
 *
 * <p>Source: PG src/test/isolation/isolationtester.c. Used by one thread; each session of the spec has its own.
 */
public final class IsolationTester {
    private static final int DEFAULT_LIMIT_SECONDS = 300;

    private final PrintStream out;
    private final PrintStream err;
    private final int limitSeconds;

    /**
     * @param out for what PostgreSQL's expected files hold
     * @param err for complaints about the spec, its setup and its teardown
     */
    public IsolationTester(PrintStream out, PrintStream err) {
        this(out, err, DEFAULT_LIMIT_SECONDS);
    }

    /** @param limitSeconds a step that waits in vain for that long is cancelled; after twice that the run ends */
    public IsolationTester(PrintStream out, PrintStream err, int limitSeconds) {
        this.out = out;
        this.err = err;
        this.limitSeconds = limitSeconds;
    }

    /**
     * Runs a spec. The database is left as the spec's teardown leaves it.
     *
     * @return exit status: 0, or 1 for a spec that can't be read or run to its end; what its steps do is no error
     */
    public int run(String spec, Database database) throws InterruptedException {
        try {
            IsolationSpec parsed = SpecParser.parse(spec, err::println);
            out.print("Parsed test spec with " + parsed.sessions().size() + " sessions\n");
            run(parsed, database);
            return 0;
        } catch (SpecException e) {
            out.flush();
            err.println(e.getMessage());
            return 1;
        } finally {
            out.flush();
            err.flush();
        }
    }

    private void run(IsolationSpec spec, Database database) throws InterruptedException {
        List<Connection> connections = new ArrayList<>();
        try {
            Connection control = new Connection(database, "control connection");
            connections.add(control);
            spec.sessions().forEach(session -> connections.add(new Connection(database, session.name())));
            List<Connection> sessions = List.copyOf(connections.subList(1, connections.size()));
            PermutationRun run = new PermutationRun(spec, control, sessions, new Report(out, err), limitSeconds);
            for (List<IsolationSpec.PlannedStep> permutation : Permutations.of(spec)) {
                run.run(permutation);
            }
        } finally {
            for (Connection connection : connections) {
                connection.close();
            }
        }
    }
}
