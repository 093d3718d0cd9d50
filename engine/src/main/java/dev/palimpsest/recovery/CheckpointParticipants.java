package dev.palimpsest.recovery;

import dev.palimpsest.buffer.WritePacer;

/** What a checkpoint needs of the rest of the engine, in the order in which it asks. Called on the checkpointer's task. */
public interface CheckpointParticipants {
    /**
     * Waits until the effect of every record that ends at or before {@code redoLsn} is in memory where the next steps find it: pages
     * are (they are marked dirty before the append); statuses of commits are only once published. The log is durable up to there.
     */
    void awaitEffects(long redoLsn);

    /** Writes and forces the status log, as far as it changed before this call. */
    void writeStatus();

    /** The status log's truncation point. Asked after {@link #writeStatus}: that may have left out what is below. */
    long statusPoint();

    /** Removes files of the status log that have nothing above a point: no copy of the control record has a lower one. */
    void removeStatus(long point);

    /** Writes all pages that were dirty at this call, and forces every file written since the last checkpoint. */
    void writePages(WritePacer pacer);

    /** First xid not handed out yet. */
    long nextXid();

    int nextFileNumber();

    long nextOid();
}
