package dev.palimpsest.table;

import dev.palimpsest.api.ErrorSubject;
import dev.palimpsest.api.LockNotAvailableException;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.ModifyResult;
import dev.palimpsest.lock.LockMode;
import dev.palimpsest.lock.LockTag;

/**
 * Waiting for a row: in a queue with those who want the same version, so that the longest waiter is the next, by a lock on the tuple that is
 * held from the first wait until the row was changed, locked or given up.
 *
 * <p>The lock's mode follows from what is wanted, so that those who could hold the row together pass each other. Who has a lock on the row
 * already doesn't queue up: those in the queue may wait for that lock. One statement's; not thread-safe. Source: PostgreSQL,
 * {@code heapam.c}, heap_acquire_tuplock, and {@code README.tuplock}.
 */
final class RowQueue {
    private final UserTransaction t;
    private final TableInfo table;

    /** The place in the queue, while held. */
    private LockTag turn;

    private LockMode turnMode;

    RowQueue(UserTransaction t, TableInfo table) {
        this.t = t;
        this.table = table;
    }

    /**
     * Waits for who stands in the way.
     *
     * @param result with status WAIT
     * @return false if the policy is to skip the row
     */
    boolean await(ModifyResult result, long tid, RowLockMode wanted, WaitPolicy policy) {
        long other = result.holder() == null ? result.xid() : result.holder().waitableXid();
        if (!result.isOutOfTurn() && !takeTurn(tid, wanted, policy, other) || !mayWait(tid, policy, other)) {
            return false;
        }
        RowWaits.forHolder(t, result, table, tid);
        return true;
    }

    /**
     * Whether to wait at all.
     *
     * @param other the transaction in the way, 0 if it has no xid
     * @throws LockNotAvailableException with NOWAIT
     */
    boolean mayWait(long tid, WaitPolicy policy, long other) {
        if (policy == WaitPolicy.NOWAIT) {
            throw new LockNotAvailableException(
                    "could not obtain lock on row in relation \"" + table.name() + "\"",
                    null,
                    null,
                    new ErrorSubject(table.name(), null, RowName.of(t, table, tid), other));
        }
        return policy == WaitPolicy.BLOCK;
    }

    private boolean takeTurn(long tid, RowLockMode wanted, WaitPolicy policy, long other) {
        if (turn != null) {
            return true;
        }
        LockTag tag = LockTag.tuple(table.oid(), tid);
        LockMode mode = modeFor(wanted);
        WaitPolicy tryPolicy = policy == WaitPolicy.BLOCK ? WaitPolicy.BLOCK : WaitPolicy.SKIP_LOCKED;
        if (!t.engine().locks().lock(t.tx(), tag, mode, tryPolicy, RowWaits.context(t, table, tid))) {
            return mayWait(tid, policy, other);
        }
        turn = tag;
        turnMode = mode;
        return true;
    }

    /** Always when the row is done with, one way or the other. */
    void leave() {
        if (turn != null) {
            t.engine().locks().unlock(t.tx(), turn, turnMode);
            turn = null;
        }
    }

    private static LockMode modeFor(RowLockMode wanted) {
        return switch (wanted) {
            case KEY_SHARE -> LockMode.ACCESS_SHARE;
            case SHARE -> LockMode.ROW_SHARE;
            case NO_KEY_UPDATE -> LockMode.EXCLUSIVE;
            case UPDATE -> LockMode.ACCESS_EXCLUSIVE;
        };
    }
}
