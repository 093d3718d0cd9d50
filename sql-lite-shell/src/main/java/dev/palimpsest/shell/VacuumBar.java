package dev.palimpsest.shell;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.VacuumProgress;
import java.util.Locale;

/** One line on the terminal that says how far a session's VACUUM is, gone at its end. A thread of its own looks ten times a second. */
final class VacuumBar implements AutoCloseable {
    private static final long STEP_MILLIS = 100;
    private static final int CELLS = 16; // the whole line should fit a terminal of 80 columns

    private final Database database;
    private final Output output;
    private final long session;

    /** Null if nothing is shown. */
    private final Thread thread;

    private VacuumBar(Database database, Output output, long session, boolean shown) {
        this.database = database;
        this.output = output;
        this.session = session;
        this.thread = shown ? new Thread(this::run, "vacuum progress") : null;
    }

    /**
     * For one statement.
     *
     * @param session that runs it
     * @param terminal whether there is anybody to see it
     */
    static VacuumBar watch(Database database, Output output, long session, String sql, boolean terminal) {
        boolean vacuum = sql.regionMatches(true, 0, "vacuum", 0, 6);
        VacuumBar bar = new VacuumBar(database, output, session, terminal && vacuum);
        if (bar.thread != null) {
            bar.thread.setDaemon(true);
            bar.thread.start();
        }
        return bar;
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(STEP_MILLIS);
                database.vacuumProgress().stream()
                        .filter(progress -> progress.id() == session)
                        .forEach(progress -> output.status(text(progress)));
            }
        } catch (InterruptedException e) {
            // the statement has ended
        }
    }

    static String text(VacuumProgress p) {
        double part = p.heapBlocksTotal() == 0 ? 1 : Math.min(1, (double) p.heapBlocksScanned() / p.heapBlocksTotal());
        int full = (int) (part * CELLS);
        return String.format(
                Locale.ROOT,
                "%s: %s [%s%s] %3.0f %%  %,d of %,d pages  %,d dead",
                p.table(),
                p.phase(),
                "#".repeat(full),
                ".".repeat(CELLS - full),
                part * 100,
                p.heapBlocksScanned(),
                p.heapBlocksTotal(),
                p.deadTuples());
    }

    @Override
    public void close() {
        if (thread == null) {
            return;
        }
        thread.interrupt();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        output.status(null);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
