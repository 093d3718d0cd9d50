package dev.palimpsest.recovery;

/** Told every now and then how far redo has come, for a progress bar. */
@FunctionalInterface
public interface RedoProgress {
    RedoProgress NONE = (records, lsn, from) -> {};

    /**
     * @param records redone so far
     * @param lsn end of the last one
     * @param from where redo began; how far the log reaches isn't known before its end
     */
    void redone(long records, long lsn, long from);
}
