package dev.palimpsest.shell;

import java.util.Locale;

/** One line on the terminal that says how far a load is; cleared at its end. Used by one thread. */
final class ProgressBar implements AutoCloseable {
    private static final long STEP_NANOS = 100_000_000;
    private static final int CELLS = 30;
    private static final int LOOK_EVERY = 256;

    private final boolean shown;
    private final long totalBytes;
    private final CopyCommand.CountingStream in;
    private final long start = System.nanoTime();
    private long next = start + STEP_NANOS;
    private boolean drawn;

    ProgressBar(boolean shown, long totalBytes, CopyCommand.CountingStream in) {
        this.shown = shown;
        this.totalBytes = totalBytes;
        this.in = in;
    }

    void rows(long count) {
        if (shown && count % LOOK_EVERY == 0 && System.nanoTime() >= next) {
            next = System.nanoTime() + STEP_NANOS;
            draw(count);
        }
    }

    private void draw(long rows) {
        double part = totalBytes == 0 ? 1 : Math.min(1, (double) in.count() / totalBytes);
        double seconds = (System.nanoTime() - start) / 1e9;
        int full = (int) (part * CELLS);
        drawn = true;
        System.err.print(String.format(
                Locale.ROOT,
                "\r[%s%s] %3.0f %%  %,d rows  %.1f of %.1f MB  %,.0f rows/s\u001b[K",
                "#".repeat(full),
                ".".repeat(CELLS - full),
                part * 100,
                rows,
                in.count() / 1e6,
                totalBytes / 1e6,
                rows / seconds));
        System.err.flush();
    }

    @Override
    public void close() {
        if (drawn) {
            System.err.print("\r\u001b[K");
            System.err.flush();
        }
    }
}
