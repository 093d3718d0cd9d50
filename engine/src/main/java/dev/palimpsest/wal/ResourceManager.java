package dev.palimpsest.wal;

/** Redoes and describes the records of one room. Stateless or single-threaded: recovery calls from one task. */
public interface ResourceManager {
    ResourceManagerId id();

    /**
     * Does again what the record says, on those of its pages that need it. Must ask for every block of the record once, by
     * {@link RedoPages#page}; changes exactly the bytes that the original change left different, since replaying twice must give the
     * same pages. Page LSNs are recovery's business.
     */
    void redo(WalRecord record, RedoPages pages);

    /** The record in one line, {@code NAME name=value ...}, for the dump and for errors. Called on verified records only. */
    String describe(WalRecord record);
}
