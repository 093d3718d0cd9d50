package dev.palimpsest.wal;

/** Called under WAL_INSERT, so in record order, for one appended record: short, takes PUBLISH or STATUS latches at most, never throws. */
@FunctionalInterface
public interface AppendHook {
    /** @param lsn the record's end */
    void appended(long lsn);
}
