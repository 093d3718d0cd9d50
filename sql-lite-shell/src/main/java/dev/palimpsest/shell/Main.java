package dev.palimpsest.shell;

import dev.palimpsest.sql.plan.Version;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The program: {@code palimpsest [shell] [DIR]}, {@code palimpsest check DIR} and {@code palimpsest isolation [SPEC…]}. */
@Command(
        name = "palimpsest",
        description = "An embedded MVCC database with PostgreSQL's rules. Without a subcommand: shell.",
        synopsisHeading = "Usage: ",
        customSynopsis = {
            "palimpsest [shell] [DIR] [-c SQL | -f FILE]...",
            "       palimpsest check DIR",
            "       palimpsest isolation [-d DIR] [SPEC]...",
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.VersionText.class)
public final class Main implements Runnable {
    private static final Set<String> OWN =
            Set.of("shell", "check", "isolation", "help", "-h", "--help", "-V", "--version");

    /** What --version prints. */
    static final class VersionText implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {Version.PRODUCT, "Java " + Runtime.version()};
        }
    }

    private Main() {}

    public static void main(String[] args) {
        PrintStream out = new PrintStream(
                new java.io.BufferedOutputStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), 1 << 15),
                false,
                StandardCharsets.UTF_8);
        PrintStream err =
                new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.err), true, StandardCharsets.UTF_8);
        int status = run(args, System.in, out, err, System.console() != null && isTerminal());
        out.flush();
        System.exit(status);
    }

    /** From Java 22 on there may be a console without a terminal. */
    private static boolean isTerminal() {
        try {
            return (boolean) java.io.Console.class.getMethod("isTerminal").invoke(System.console());
        } catch (ReflectiveOperationException e) {
            return true; // before Java 22 a console is a terminal
        }
    }

    /** Runs the program with these streams; returns its exit status. */
    static int run(String[] args, InputStream in, PrintStream out, PrintStream err, boolean terminal) {
        CommandLine line = new CommandLine(new Main());
        line.addSubcommand("shell", new ShellCommand(in, out, err, terminal));
        line.addSubcommand("check", new CheckCommand(out, err));
        line.addSubcommand("isolation", new IsolationCommand(in, out, err));
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        line.getHelpSectionMap()
                .put(
                        CommandLine.Model.UsageMessageSpec.SECTION_KEY_FOOTER,
                        help -> "\nIn the shell:\n"
                                + Commands.HELP.indent(2)
                                + "\nExit status: 0, or 1 if a statement failed and ended the run, or problems were found; 2 for wrong"
                                + " arguments.\n");
        List<String> given = new ArrayList<>(Arrays.asList(args));
        if (given.isEmpty() || !OWN.contains(given.get(0))) {
            String problem = given.isEmpty()
                    ? null
                    : FirstArgument.problem(given.get(0), line.getSubcommands().keySet());
            if (problem != null) {
                err.println(problem);
                return CommandLine.ExitCode.USAGE;
            }
            given.add(0, "shell");
        }
        int status = line.execute(given.toArray(String[]::new));
        out.flush();
        return status;
    }

    @Override
    public void run() {
        throw new AssertionError("there is always a subcommand");
    }
}
