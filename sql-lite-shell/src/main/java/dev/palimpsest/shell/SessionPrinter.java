package dev.palimpsest.shell;

import dev.palimpsest.sql.exec.ResultHandler;
import dev.palimpsest.sql.plan.ResultColumn;
import java.util.List;
import java.util.function.Consumer;

/** Prints what one statement of one session gives. Used by the session's thread. */
final class SessionPrinter implements ResultHandler {
    private final Consumer<Runnable> printer;
    private final Output output;
    private final String label;
    private final boolean expanded;
    private final boolean quiet;
    private TablePrinter table;

    /**
     * @param printer runs an action that prints, now or later
     * @param label before every line, may be empty
     * @param quiet without command tags
     */
    SessionPrinter(Consumer<Runnable> printer, Output output, String label, boolean expanded, boolean quiet) {
        this.printer = printer;
        this.output = output;
        this.label = label;
        this.expanded = expanded;
        this.quiet = quiet;
    }

    /** For runs before the last one: prints notices only. */
    ResultHandler silent() {
        return new Run(false, 1);
    }

    /** For the last of several runs. */
    ResultHandler repeated(int times) {
        return new Run(true, times);
    }

    private final class Run implements ResultHandler {
        private final boolean shown;
        private final int times;

        Run(boolean shown, int times) {
            this.shown = shown;
            this.times = times;
        }

        @Override
        public void columns(List<ResultColumn> columns) {
            if (shown) {
                SessionPrinter.this.columns(columns);
            }
        }

        @Override
        public void row(Object[] values) {
            if (shown) {
                SessionPrinter.this.row(values);
            }
        }

        @Override
        public void complete(String tag) {
            if (shown) {
                SessionPrinter.this.complete(tag + " (" + times + " times)");
            }
        }

        @Override
        public void notice(String severity, String sqlState, String message) {
            SessionPrinter.this.notice(severity, sqlState, message);
        }
    }

    /** Prints it behind the session's label. */
    void line(String text) {
        printer.accept(() -> output.line(text.isEmpty() ? label.stripTrailing() : label + text));
    }

    @Override
    public void columns(List<ResultColumn> columns) {
        table = new TablePrinter(columns, expanded, this::line);
    }

    @Override
    public void row(Object[] values) {
        table.row(values);
    }

    @Override
    public void complete(String tag) {
        if (table != null) {
            table.end();
            table = null;
        } else if (!quiet) {
            line(tag);
        }
    }

    @Override
    public void notice(String severity, String sqlState, String message) {
        printer.accept(() -> output.notice(label, severity, message));
    }
}
