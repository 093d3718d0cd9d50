package dev.palimpsest.vacuum;

import dev.palimpsest.api.VacuumProgress;
import dev.palimpsest.api.VacuumProgress.Phase;

/** How far one vacuum is. Written by its thread, read by any: each number for itself. */
public final class VacuumState {
    private final long id;
    private final String table;
    private final int oid;
    private final boolean automatic;

    private volatile Phase phase = Phase.INITIALIZING;
    private volatile int blocksTotal;
    private volatile int blocksScanned;
    private volatile int blocksVacuumed;
    private volatile int indexVacuums;
    private volatile long maxDeadTuples;
    private volatile long deadTuples;

    public VacuumState(long id, String table, int oid, boolean automatic) {
        this.id = id;
        this.table = table;
        this.oid = oid;
        this.automatic = automatic;
    }

    public VacuumProgress progress() {
        return new VacuumProgress(
                id,
                table,
                oid,
                automatic,
                phase,
                blocksTotal,
                blocksScanned,
                blocksVacuumed,
                indexVacuums,
                maxDeadTuples,
                deadTuples);
    }

    void begin(int blocks, long maxDead) {
        blocksTotal = blocks;
        maxDeadTuples = maxDead;
    }

    void enter(Phase next) {
        phase = next;
    }

    void scanned(int block) {
        blocksScanned = Math.max(blocksScanned, block);
    }

    void vacuumed(int blocks) {
        blocksVacuumed = blocks;
    }

    void indexesVacuumed() {
        indexVacuums = indexVacuums + 1; // single writer
    }

    void dead(long count) {
        deadTuples = count;
    }
}
