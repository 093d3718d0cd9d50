package dev.palimpsest.shell;

import dev.palimpsest.api.Database;
import dev.palimpsest.sql.plan.SqlError;
import java.io.IOException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The backslash commands. Used by the shell's thread. */
final class Commands {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,62}");

    static final String HELP = """
            \\session NAME          switch to another session, opening it the first time
            \\sessions              list the sessions and what they do
            \\cancel [NAME]         cancel a session's statement that waits
            \\copy TABLE [(COLUMN, ...)] FROM 'FILE' (FORMAT csv [, HEADER])
                                   load a CSV file; relative names are looked up beside the script first
            \\d [NAME]              list tables and sequences, or describe a table, an index or a sequence
            \\dt  \\di  \\ds          list the tables, the indexes, the sequences
            \\heapmap TABLE         draw the table's pages: what is live, dead, pinned by snapshots, archived, free
            \\i FILE                run a file
            \\echo TEXT             print a line
            \\repeat N              run the next statement N times, and print the last run's results
            \\timing [on|off]       show how long each statement takes
            \\x [on|off]            expanded output
            \\set [NAME VALUE]      ON_ERROR_STOP on|off (a script ends at the first error: on),
                                   ECHO queries|none (print statements before they run: none),
                                   QUIET on|off (leave out command tags: off)
            \\q                     quit
            \\?                     this help
            Statements end with a semicolon. Ctrl-C clears the line, or cancels what runs.""";

    private final Shell shell;
    private final Describe describe;

    Commands(Shell shell, Database database) {
        this.shell = shell;
        this.describe = new Describe(shell, database);
    }

    /** @return false if a statement failed */
    boolean run(String line) throws IOException {
        Matcher matcher = Pattern.compile("\\\\(\\S*)\\s*(.*)", Pattern.DOTALL).matcher(line);
        if (!matcher.matches()) {
            throw SqlError.of("42601", "invalid command: " + line);
        }
        String argument = matcher.group(2).strip();
        switch (matcher.group(1)) {
            case "session":
                session(argument);
                return true;
            case "sessions":
                return describe.sessions();
            case "cancel":
                return cancel(argument);
            case "copy":
                return CopyCommand.parse(argument).run(shell);
            case "d":
                return argument.isEmpty() ? describe.relations(true, true) : describe.relation(unquote(argument));
            case "dt":
                return describe.relations(true, false);
            case "ds":
                return describe.relations(false, true);
            case "di":
                return describe.indexes();
            case "heapmap":
                return describe.heapMap(unquote(required(argument, "\\heapmap", "a table")));
            case "i":
            case "ir":
                return shell.include(unquote(required(argument, "\\i", "a file")));
            case "echo":
                shell.output().line(unquote(argument));
                return true;
            case "repeat":
                shell.repeat(times(argument));
                return true;
            case "timing":
                shell.timing(argument.isEmpty() ? !shell.isTiming() : isOn("\\timing", argument));
                shell.output().line("Timing is " + (shell.isTiming() ? "on." : "off."));
                return true;
            case "x":
                shell.expanded(argument.isEmpty() ? !shell.isExpanded() : isOn("\\x", argument));
                shell.output().line("Expanded display is " + (shell.isExpanded() ? "on." : "off."));
                return true;
            case "set":
                set(argument);
                return true;
            case "q":
                shell.quit();
                return true;
            case "?":
            case "help":
                HELP.lines().forEach(shell.output()::line);
                return true;
            default:
                throw SqlError.of("42601", "invalid command \\" + matcher.group(1))
                        .withHint("Try \\? for help.");
        }
    }

    private static String required(String argument, String command, String what) {
        if (argument.isEmpty()) {
            throw SqlError.of("42601", command + " needs " + what);
        }
        return argument;
    }

    private static int times(String argument) {
        int times = 0;
        try {
            times = Integer.parseInt(required(argument, "\\repeat", "a number"));
        } catch (NumberFormatException e) {
            // as for 0
        }
        if (times < 1) {
            throw SqlError.of("22023", "\\repeat: \"" + argument + "\" is not a number from 1 on");
        }
        return times;
    }

    private static String unquote(String text) {
        boolean quoted = text.length() >= 2 && text.startsWith("'") && text.endsWith("'");
        return quoted ? text.substring(1, text.length() - 1).replace("''", "'") : text;
    }

    private void session(String name) {
        if (!NAME.matcher(required(name, "\\session", "a name")).matches()) {
            throw SqlError.of("42602", "invalid session name: \"" + name + "\"");
        }
        shell.useSession(name);
    }

    private boolean cancel(String name) {
        for (ShellSession session : shell.pool().all()) {
            if (session.activity() == ShellSession.Activity.WAITING
                    && (name.isEmpty() || session.name().equals(name))) {
                session.sql().cancel();
                shell.pool().settleAfterCancel(session);
                shell.pool().printKept();
                return true;
            }
        }
        throw SqlError.of("42704", name.isEmpty() ? "no session waits" : "session \"" + name + "\" doesn't wait");
    }

    private void set(String argument) {
        if (argument.isEmpty()) {
            shell.output().line("ECHO = '" + (shell.echoes() ? "queries" : "none") + "'");
            shell.output().line("ON_ERROR_STOP = '" + (shell.stopsOnError() ? "on" : "off") + "'");
            shell.output().line("QUIET = '" + (shell.isQuiet() ? "on" : "off") + "'");
            return;
        }
        String[] words = argument.split("\\s+", 2);
        String value = words.length == 1 ? "" : unquote(words[1].strip());
        switch (words[0]) {
            case "ON_ERROR_STOP":
                shell.stopOnError(isOn(words[0], value));
                break;
            case "QUIET":
                shell.quiet(isOn(words[0], value));
                break;
            case "ECHO":
                if (!List.of("queries", "all", "none").contains(value)) {
                    throw SqlError.of("22023", "unrecognized value \"" + value + "\" for \"ECHO\": queries or none");
                }
                shell.echo(!value.equals("none"));
                break;
            default:
                throw SqlError.of("42704", "unknown variable \"" + words[0] + "\"")
                        .withHint("Try \\? for help.");
        }
    }

    private static boolean isOn(String name, String value) {
        switch (value) {
            case "on":
            case "1":
            case "true":
            case "":
                return true;
            case "off":
            case "0":
            case "false":
                return false;
            default:
                throw SqlError.of(
                        "22023", "unrecognized value \"" + value + "\" for \"" + name + "\": Boolean expected");
        }
    }
}
