package dev.palimpsest.lock;

/**
 * Drops an owner's row locks when the lock table says that it is time: after the owner's fate, or its subtransaction's, is visible, and
 * before those who wait for it are woken. On the owner's thread, which holds no latch.
 */
public interface RowLockHook {
    /** For an engine without row locks. */
    RowLockHook NONE = new RowLockHook() {
        @Override
        public void rolledBackTo(LockOwner owner, int subId) {}

        @Override
        public void ended(LockOwner owner) {}
    };

    /** The locks of this subtransaction and of all later ones go. */
    void rolledBackTo(LockOwner owner, int subId);

    /** All go. */
    void ended(LockOwner owner);
}
