package dev.palimpsest.api;

/**
 * How the rows of a scan are locked. Immutable.
 *
 * @param onDemand false locks each row before it is returned; true returns rows unlocked, to be locked one by one with
 *     {@link RowStream#lock}, as a front end does that sorts before it locks
 */
public record RowLock(RowLockMode mode, WaitPolicy policy, boolean onDemand) {
    public RowLock {
        UsageException.required(mode, "the lock mode");
        UsageException.required(policy, "the wait policy");
    }
}
