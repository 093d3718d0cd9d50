package dev.palimpsest.buffer;

/** Spreads a checkpoint's writes over time. Called on the checkpoint's task, which holds no pin or latch then: it may wait. */
@FunctionalInterface
public interface WritePacer {
    WritePacer UNPACED = (done, total) -> {};

    /** {@code done} of the {@code total} pages that were dirty at the start are written. */
    void pagesWritten(int done, int total);
}
