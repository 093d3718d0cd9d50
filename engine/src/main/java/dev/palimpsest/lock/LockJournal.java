package dev.palimpsest.lock;

import java.util.ArrayList;

/**
 * Locks that an owner first took while a savepoint was open, in order: what a rollback to it gives back. Owner's thread only.
 */
final class LockJournal {
    /** @param subId of its taking; it may be released into its parent since */
    record Entry(LockTag tag, LockMode mode, int subId) {}

    private final ArrayList<Entry> entries = new ArrayList<>();

    void add(LockTag tag, LockMode mode, int subId) {
        entries.add(new Entry(tag, mode, subId));
    }

    /** Takes out the newest entry if it was made in this subtransaction or a later one; else null. */
    Entry removeLastFrom(int firstSub) {
        int last = entries.size() - 1;
        return last >= 0 && entries.get(last).subId() >= firstSub ? entries.remove(last) : null;
    }
}
