package dev.palimpsest.shell;

import dev.palimpsest.sql.plan.SqlError;
import java.io.PrintStream;

/**
 * Where text goes: results to one stream, errors and notices to another, with colours only on a terminal; and a line below them that says how
 * far something is. Used by one thread at a time, except {@link #status}.
 */
final class Output {
    private static final String RED = "\u001b[31m";
    private static final String YELLOW = "\u001b[33m";
    private static final String DIM = "\u001b[2m";
    static final String PLAIN = "\u001b[0m";

    private final PrintStream out;
    private final PrintStream err;
    private final boolean colours;

    /** Whether the last line is the status. Guarded by this. */
    private boolean statusShown;

    Output(PrintStream out, PrintStream err, boolean colours) {
        this.out = out;
        this.err = err;
        this.colours = colours;
    }

    boolean colours() {
        return colours;
    }

    /**
     * Shows or changes the line below everything. Any thread.
     *
     * @param text null for none
     */
    synchronized void status(String text) {
        if (text != null || statusShown) {
            err.print("\r" + (text == null ? "" : text) + "\u001b[K");
            err.flush();
            statusShown = text != null;
        }
    }

    void line(String text) {
        status(null);
        out.println(text);
    }

    void dim(String text) {
        status(null);
        out.println(colours ? DIM + text + PLAIN : text);
    }

    void flush() {
        out.flush();
        err.flush();
    }

    /** @param label before every line, may be empty */
    void notice(String label, String severity, String message) {
        out.flush();
        status(null);
        String text = message.replace("\n", "\n" + label);
        err.println(label + (colours ? YELLOW + severity + PLAIN : severity) + ":  " + text);
        err.flush();
    }

    /**
     * Prints an error as psql does.
     *
     * @param label before every line, may be empty
     * @param place before the first line: file and line number; may be empty
     * @param sql the statement, for the line that the error points into; null if there is none
     */
    void error(String label, String place, SqlError e, String sql) {
        out.flush();
        status(null);
        StringBuilder text = new StringBuilder();
        text.append(label)
                .append(place)
                .append(colours ? RED + "ERROR" + PLAIN : "ERROR")
                .append(":  ");
        text.append(e.getMessage().replace("\n", "\n" + label)).append('\n');
        if (sql != null && e.location() >= 0) {
            appendCaret(text, label, sql, Math.min(e.location(), sql.length()));
        }
        append(text, label, "DETAIL", e.detail());
        append(text, label, "HINT", e.hint());
        append(text, label, "CONTEXT", e.context());
        append(text, label, "SQLSTATE", e.sqlState());
        err.print(text);
        err.flush();
    }

    private static void append(StringBuilder text, String label, String name, String value) {
        if (value != null) {
            text.append(label)
                    .append(name)
                    .append(":  ")
                    .append(value.replace("\n", "\n" + label))
                    .append('\n');
        }
    }

    private static void appendCaret(StringBuilder text, String label, String sql, int location) {
        int start = sql.lastIndexOf('\n', location - 1) + 1;
        int end = sql.indexOf('\n', location);
        String line = sql.substring(start, end < 0 ? sql.length() : end)
                .replace('\t', ' ')
                .replace("\r", "");
        long number = sql.substring(0, start).chars().filter(c -> c == '\n').count() + 1;
        String prefix = "LINE " + number + ": ";
        int column = Math.min(location - start, line.length());
        String shown = line;
        int cut = 0;
        if (TablePrinter.width(line) > 120) { // show the part around the place
            int from = Math.max(0, column - 60);
            int to = Math.min(line.length(), from + 120);
            shown = (from > 0 ? "..." : "") + line.substring(from, to) + (to < line.length() ? "..." : "");
            cut = from - (from > 0 ? 3 : 0);
        }
        text.append(label).append(prefix).append(shown).append('\n');
        int before = TablePrinter.width(prefix)
                + TablePrinter.width(shown.substring(0, Math.min(shown.length(), column - cut)));
        text.append(label).append(" ".repeat(before)).append("^\n");
    }
}
