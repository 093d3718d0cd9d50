package dev.palimpsest.lock;

/** One owner's granted modes on one lock. Guarded by LOCK_TABLE. */
final class Holder {
    final LockOwner owner;
    final Lock lock;

    /** Modes held. */
    int modes;

    /** How often each mode was granted, by ordinal. */
    private final int[] counts = new int[LockMode.values().length];

    Holder(LockOwner owner, Lock lock) {
        this.owner = owner;
        this.lock = lock;
    }

    /** @return true if the mode wasn't held before */
    boolean add(LockMode mode) {
        modes |= mode.bit();
        return ++counts[mode.ordinal()] == 1;
    }

    /** However often it was granted. */
    void removeAll(LockMode mode) {
        counts[mode.ordinal()] = 0;
        modes &= ~mode.bit();
    }

    /** @return true if the mode isn't held any more */
    boolean remove(LockMode mode) {
        if (--counts[mode.ordinal()] > 0) {
            return false;
        }
        modes &= ~mode.bit();
        return true;
    }
}
