package dev.palimpsest.vacuum;

import dev.palimpsest.api.ErrorSubject;
import dev.palimpsest.api.QueryCanceledException;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.btree.BtreeVacuum;
import dev.palimpsest.lock.LockTable;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.tx.Transaction;
import java.util.function.BooleanSupplier;

/**
 * What one vacuum does between two pages, holding nothing: it looks whether it has to end, and rests when it has cost enough. One thread's.
 *
 * <p>Source: PostgreSQL, {@code vacuum_delay_point}.
 */
public final class Pace implements BtreeVacuum.Pacer {
    private static final int HIT = 1;
    private static final int MISS = 2;
    private static final int DIRTY = 20;

    /** A rest is at most this many times the delay that was set, however much one step has cost. */
    private static final int LONGEST_REST = 4;

    /** Whether somebody waits for the table isn't asked for each page. */
    private static final int PAGES_PER_LOOK = 16;

    private final Scheduler scheduler;
    private final LockTable locks;
    private final Transaction tx;
    private final VacuumGoal goal;
    private final BooleanSupplier stopping;
    private final Runnable between;

    private long balance;
    private long pages;
    private long hits;
    private long misses;
    private long dirtied;
    private long restedNanos;

    /**
     * @param tx whose cancel and limits count, and whose lock others may wait for
     * @param stopping the database is being closed
     * @param between what else is to be done between two pages
     */
    public Pace(
            Scheduler scheduler,
            LockTable locks,
            Transaction tx,
            VacuumGoal goal,
            BooleanSupplier stopping,
            Runnable between) {
        this.scheduler = scheduler;
        this.locks = locks;
        this.tx = tx;
        this.goal = goal;
        this.stopping = stopping;
        this.between = between;
    }

    @Override
    public void page(boolean missed, boolean wasDirtied) {
        hits += missed ? 0 : 1;
        misses += missed ? 1 : 0;
        dirtied += wasDirtied ? 1 : 0;
        balance += (missed ? MISS : HIT) + (wasDirtied ? DIRTY : 0);
        check();
        between.run();
        rest();
    }

    /**
     * Between two pages.
     *
     * @throws QueryCanceledException 57014
     * @throws StoppedException 57P01 while the database is being closed
     */
    public void check() {
        if (stopping.getAsBoolean()) {
            throw new StoppedException(SqlState.ADMIN_SHUTDOWN, "the database is closing");
        }
        tx.checkInterrupts();
        if (Thread.currentThread().isInterrupted()) {
            throw canceled("canceling statement due to user request");
        }
        if (goal.automatic() && pages++ % PAGES_PER_LOOK == 0 && isInTheWay()) {
            throw canceled("canceling autovacuum task");
        }
    }

    private boolean isInTheWay() {
        return locks.hasWaiters(tx);
    }

    private static QueryCanceledException canceled(String message) {
        return new QueryCanceledException(message, null, null, ErrorSubject.NONE);
    }

    private void rest() {
        if (goal.costDelayNanos() == 0 || balance < goal.costLimit()) {
            return;
        }
        long nanos =
                goal.costDelayNanos() * Math.min(balance, (long) LONGEST_REST * goal.costLimit()) / goal.costLimit();
        balance = 0;
        long start = scheduler.nanoTime();
        long until = start + nanos;
        for (long left = nanos; left > 0; left = until - scheduler.nanoTime()) {
            scheduler.park(this, left);
            check();
        }
        restedNanos += scheduler.nanoTime() - start;
    }

    long hits() {
        return hits;
    }

    long misses() {
        return misses;
    }

    long dirtied() {
        return dirtied;
    }

    long restedNanos() {
        return restedNanos;
    }
}
