package dev.palimpsest.shell;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.sql.exec.SqlSession;
import dev.palimpsest.sql.parser.StatementSplitter;
import dev.palimpsest.sql.plan.SqlError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Reads lines, gives statements to the current session and backslash commands to {@link Commands}, and prints. One for each run; used by one
 * thread, except {@link #interrupt}.
 */
final class Shell {
    private static final int MAX_NESTED_FILES = 50;

    private final Database database;
    private final Output output;
    private final String databaseName;
    private final boolean progress;
    private final SessionPool pool;
    private final Commands commands;

    private boolean stopOnError = true;
    private boolean timing;
    private boolean expanded;
    private boolean echo;
    private boolean quiet;
    private boolean quit;

    /** How often the next statement runs. */
    private int repeat = 1;

    /** Set by {@link #interrupt}, cleared by the next statement. */
    private volatile boolean interrupted;

    /** Set by whichever session's statement failed, read once all have settled. */
    private volatile boolean failed;

    /** Whether the first session has done anything. */
    private boolean used;

    private LineSource source;
    private int lineNumber;
    private int nestedFiles;

    /** @param progress whether to show progress bars */
    Shell(Database database, String databaseName, Output output, boolean progress) {
        this.database = database;
        this.output = output;
        this.databaseName = databaseName;
        this.progress = progress;
        this.pool = new SessionPool(
                database, (session, what) -> output.dim(label(session) + "waiting for " + what + " ..."));
        this.commands = new Commands(this, database);
    }

    Output output() {
        return output;
    }

    SessionPool pool() {
        return pool;
    }

    boolean showsProgress() {
        return progress;
    }

    /** Cancels what runs. Any thread. */
    void interrupt() {
        interrupted = true;
        for (ShellSession session : pool.all()) {
            if (session.activity() == ShellSession.Activity.RUNNING || !pool.severalSessions()) {
                session.sql().cancel();
            }
        }
    }

    /**
     * Runs everything from a source.
     *
     * @return false if a statement failed and that ends the run
     */
    boolean run(LineSource from) throws IOException {
        LineSource outer = source;
        int outerLine = lineNumber;
        source = from;
        lineNumber = 0;
        try {
            return runLines();
        } finally {
            source = outer;
            lineNumber = outerLine;
        }
    }

    private boolean runLines() throws IOException {
        StatementSplitter splitter = new StatementSplitter();
        if (source instanceof TerminalSource terminal) {
            terminal.onClear(splitter::clear);
        }
        while (!quit) {
            if (source.isInteractive()) {
                pool.printKept(); // a person reads on at any time; a script must not depend on it
            }
            output.flush();
            String line = source.next(prompt(splitter.pending()));
            if (line == null) {
                break;
            }
            lineNumber++;
            String command = commandIn(line.strip(), splitter.pending());
            boolean fine = command != null ? command(command) : statements(splitter, line);
            if (!fine && endsAtError()) {
                return false;
            }
        }
        String rest = quit ? null : splitter.rest();
        return rest == null || statement(rest) || !endsAtError();
    }

    private boolean endsAtError() {
        return stopOnError && !source.isInteractive();
    }

    /**
     * The backslash command that a line is, or null. A person may give one also inside a statement, to look something up or to get out; in
     * a script that is a forgotten semicolon.
     */
    private String commandIn(String line, StatementSplitter.Pending pending) {
        boolean person = source.isInteractive();
        boolean start = pending == StatementSplitter.Pending.NOTHING;
        if (line.startsWith("\\")) {
            boolean betweenTokens =
                    pending == StatementSplitter.Pending.STATEMENT || pending == StatementSplitter.Pending.PARENTHESIS;
            return start || person && betweenTokens ? line : null;
        }
        if (person && start && line.equals("help")) {
            return "\\?";
        }
        return person && start && (line.equals("quit") || line.equals("exit")) ? "\\q" : null;
    }

    private boolean statements(StatementSplitter splitter, String line) {
        splitter.append(line + "\n");
        for (String sql = splitter.next(); sql != null; sql = splitter.next()) {
            if (!statement(sql) && endsAtError()) {
                return false;
            }
        }
        return true;
    }

    private String prompt(StatementSplitter.Pending pending) {
        String session = pool.severalSessions() ? "[" + pool.current().name() + "]" : "";
        String mark = pool.current().activity() == ShellSession.Activity.IDLE
                ? pool.current().sql().state().mark()
                : "?>";
        boolean continued = pending != StatementSplitter.Pending.NOTHING;
        return databaseName + session + (continued ? pending.mark() + mark.substring(1) : mark) + " ";
    }

    /** Before every line of a session's output. */
    String label(ShellSession session) {
        return pool.severalSessions() ? "[" + session.name() + "] " : "";
    }

    private String place(int line) {
        return source == null || source.name().isEmpty() ? "" : source.name() + ":" + line + ": ";
    }

    private boolean statement(String text) {
        String sql = withoutLeadingComments(text.strip());
        boolean echoed = echo;
        String place = place(lineNumber);
        int times = repeat;
        repeat = 1;
        interrupted = false;
        return runInSession(pool.current(), (session, printer) -> {
            if (echoed) {
                echo(session, sql, times);
            }
            try (VacuumBar bar = VacuumBar.watch(database, output, session.sql().id(), sql, progress)) {
                assert bar != null; // it is there to be closed
                execute(session.sql(), sql, printer, times);
            } catch (SqlError e) {
                fail(session, place, e, sql);
            } catch (RuntimeException | Error e) {
                fail(session, place, internal(e), null);
            }
        });
    }

    /** Runs it that often, and prints the last run's results. */
    private void execute(SqlSession session, String sql, SessionPrinter printer, int times) {
        for (int run = 1; run < times; run++) {
            try {
                session.execute(sql, printer.silent());
            } catch (SqlError e) {
                throw e.withContext("run " + run + " of " + times);
            }
            if (interrupted) { // while none of them ran
                throw SqlError.of("57014", "canceling statement due to user request")
                        .withContext("after run " + run + " of " + times);
            }
        }
        session.execute(sql, times == 1 ? printer : printer.repeated(times));
    }

    /** What stands above a statement isn't part of it, so that errors count its own lines. */
    private static String withoutLeadingComments(String text) {
        String sql = text;
        while (sql.startsWith("--") && sql.indexOf('\n') >= 0) {
            sql = sql.substring(sql.indexOf('\n')).strip();
        }
        return sql;
    }

    /** Something that a session does, with where its results go. */
    interface SessionWork {
        void run(ShellSession session, SessionPrinter printer);
    }

    /**
     * Runs it in the current session. What that one's statement before gives, if it still waits, is printed first.
     *
     * @return false if it, the statement before, or another session's that it let go on, failed
     */
    boolean runInSession(ShellSession session, SessionWork work) {
        failed = false;
        used = true;
        try {
            pool.awaitIdle(session);
        } catch (SqlError e) {
            failed = true;
            output.error(label(session), place(lineNumber), e, null);
        }
        pool.printKept();
        if (session.activity() != ShellSession.Activity.IDLE || failed && endsAtError()) {
            return false;
        }
        String label = label(session);
        boolean timed = timing;
        SessionPrinter printer = new SessionPrinter(session::print, output, label, expanded, quiet);
        pool.run(() -> {
            long start = System.nanoTime();
            work.run(session, printer);
            if (timed) {
                double millis = (System.nanoTime() - start) / 1e6;
                session.print(() -> output.line(label + String.format(Locale.ROOT, "Time: %.3f ms", millis)));
            }
        });
        pool.printKept();
        return !failed;
    }

    void fail(ShellSession session, String place, SqlError e, String sql) {
        failed = true;
        String label = label(session);
        session.print(() -> output.error(label, place, e, sql));
    }

    private static SqlError internal(Throwable e) {
        StackTraceElement[] trace = e.getStackTrace();
        return SqlError.of(e instanceof OutOfMemoryError ? "53200" : "XX000", e.toString())
                .withContext(trace.length == 0 ? null : "at " + trace[0]);
    }

    private void echo(ShellSession session, String sql, int times) {
        String label = label(session);
        String mark = session.sql().state().mark();
        if (times > 1) {
            session.print(() -> output.line(label + mark + " \\repeat " + times));
        }
        String[] lines = (sql + ";").split("\n");
        for (int i = 0; i < lines.length; i++) {
            String line = label + (i == 0 ? mark : "  ") + " " + lines[i].stripTrailing();
            session.print(() -> output.line(line));
        }
    }

    private boolean command(String line) throws IOException {
        try {
            return commands.run(line);
        } catch (SqlError e) {
            output.error("", place(lineNumber), e, null);
            return false;
        } catch (EngineException e) {
            output.error("", place(lineNumber), SqlError.of(e), null);
            return false;
        }
    }

    /** {@code \i}: runs a file's lines as if they stood here. */
    boolean include(String file) throws IOException {
        if (++nestedFiles > MAX_NESTED_FILES) {
            throw SqlError.of("54001", "files include each other more than " + MAX_NESTED_FILES + " deep");
        }
        Path path = resolve(file);
        try (LineSource nested = LineSource.of(
                Files.newBufferedReader(path), file, path.toAbsolutePath().getParent())) {
            return run(nested);
        } catch (java.nio.file.NoSuchFileException e) {
            throw noFile(file);
        } catch (java.nio.charset.CharacterCodingException e) {
            throw SqlError.of("22021", file + ": the file isn't UTF-8");
        } finally {
            nestedFiles--;
        }
    }

    static SqlError noFile(String file) {
        return SqlError.of("58P01", "could not open file \"" + file + "\": No such file or directory");
    }

    /** A relative name is looked up beside the script first, then in the working directory. */
    Path resolve(String file) {
        Path path = Path.of(file);
        if (!path.isAbsolute() && source.directory() != null) {
            Path beside = source.directory().resolve(path);
            return Files.exists(beside) ? beside : path;
        }
        return path;
    }

    String place() {
        return place(lineNumber);
    }

    void useSession(String name) {
        pool.use(name, !used);
        used = true;
    }

    /** @param times how often the next statement runs, at least 1 */
    void repeat(int times) {
        repeat = times;
    }

    boolean isTiming() {
        return timing;
    }

    void timing(boolean value) {
        timing = value;
    }

    boolean isExpanded() {
        return expanded;
    }

    void expanded(boolean value) {
        expanded = value;
    }

    void stopOnError(boolean value) {
        stopOnError = value;
    }

    void echo(boolean value) {
        echo = value;
    }

    void quiet(boolean value) {
        quiet = value;
    }

    boolean stopsOnError() {
        return stopOnError;
    }

    boolean echoes() {
        return echo;
    }

    boolean isQuiet() {
        return quiet;
    }

    void quit() {
        quit = true;
    }

    /** @return false if sessions were left waiting, which is an error of the script */
    boolean close() {
        boolean fine = true;
        for (ShellSession session : pool.waiting()) {
            fine = false;
            SqlError e = SqlError.of(
                    "55P03",
                    "the script ended while session " + session.name() + " waited for " + session.waitingFor());
            output.error(label(session), "", e, null);
        }
        pool.close();
        output.flush();
        return fine;
    }
}
