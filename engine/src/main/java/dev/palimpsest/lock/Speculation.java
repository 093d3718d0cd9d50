package dev.palimpsest.lock;

/**
 * New rows that their inserter may still have to take back, since another row may be faster in a unique index. Who meets one of them waits
 * for the end of this, not of the transaction: {@link LockTable#waitForSpeculation}. Immutable.
 */
public final class Speculation {
    private final int relation;
    private final long[] tids;

    /** Tells an owner's speculations apart. */
    final long number;

    /** @param tids kept */
    Speculation(long number, int relation, long[] tids) {
        this.number = number;
        this.relation = relation;
        this.tids = tids;
    }

    /** Is it about this row? */
    public boolean covers(int otherRelation, long tid) {
        if (relation == otherRelation) {
            for (long one : tids) {
                if (one == tid) {
                    return true;
                }
            }
        }
        return false;
    }
}
