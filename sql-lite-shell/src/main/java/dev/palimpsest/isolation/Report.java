package dev.palimpsest.isolation;

import dev.palimpsest.isolation.IsolationSpec.PlannedStep;
import dev.palimpsest.sql.plan.SqlError;
import java.io.PrintStream;
import java.util.List;

/** The tester's lines. */
final class Report {
    private final PrintStream out;
    private final PrintStream err;

    Report(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    void permutation(List<PlannedStep> steps) {
        StringBuilder line = new StringBuilder("\nstarting permutation:");
        steps.forEach(step -> line.append(' ').append(step.step().name()));
        print(line.append('\n').toString());
    }

    void waiting(RunningStep step) {
        print("step " + step.name() + ": " + step.sql() + " <waiting ...>\n");
    }

    void done(RunningStep step, boolean wasWaiting) {
        print("step " + step.name() + ": " + (wasWaiting ? "<... completed>" : step.sql()) + "\n");
    }

    void cancelling(RunningStep step, long seconds) {
        print("isolationtester: canceling step " + step.name() + " after " + seconds + " seconds\n");
    }

    void notice(Connection session, Message.Notice notice) {
        session.countNotice();
        print(session.name() + ": " + notice.text());
    }

    void result(ResultTable table) {
        print(table.print());
    }

    /** A step's error: only the first line's worth, for details name transactions and processes. */
    void error(SqlError error) {
        print("ERROR:  " + error.getMessage() + "\n");
    }

    /** An error outside of steps, in full. */
    static String inFull(SqlError error) {
        StringBuilder text = new StringBuilder("ERROR:  ").append(error.getMessage());
        if (error.detail() != null) {
            text.append("\nDETAIL:  ").append(error.detail());
        }
        if (error.hint() != null) {
            text.append("\nHINT:  ").append(error.hint());
        }
        return text.toString();
    }

    void complain(String line) {
        out.flush();
        err.print(line + "\n");
        err.flush();
    }

    private void print(String text) {
        out.print(text);
        out.flush();
    }
}
