package dev.palimpsest.lock;

import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.ErrorSubject;
import dev.palimpsest.api.LockNotAvailableException;
import dev.palimpsest.api.QueryCanceledException;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.wal.EnginePoison;
import java.util.function.Function;

/**
 * Why a wait or a statement ends before it is done: the engine stops, a limit is over, somebody cancels. Of limits that are over, the one that
 * was due first is reported, and both come before a cancel, as in PostgreSQL's {@code ProcessInterrupts}. Thread-safe.
 */
final class Interrupts {
    private final Scheduler scheduler;
    private final EnginePoison poison;

    /** Set once. */
    private volatile boolean closing;

    Interrupts(Scheduler scheduler, EnginePoison poison) {
        this.scheduler = scheduler;
        this.poison = poison;
    }

    /** From now on no wait goes on. */
    void close() {
        closing = true;
    }

    /** Why a wait has to be given up, as an error about what is waited for; or null. On the waiting thread. */
    Function<ErrorSubject, EngineException> endOfWait(LockOwner actor, long startNanos) {
        if (closing) {
            return subject -> new StoppedException(SqlState.ADMIN_SHUTDOWN, "the database is closing");
        }
        if (poison.isPoisoned()) {
            return subject -> stoppedByPoison();
        }
        long now = scheduler.nanoTime();
        boolean lockOver = actor.lockTimeoutNanos() != 0 && now - startNanos >= actor.lockTimeoutNanos();
        boolean statementOver = isStatementOver(actor, now);
        if (lockOver && statementOver) {
            long lockDue = startNanos + actor.lockTimeoutNanos();
            lockOver = lockDue - actor.statementDeadline() <= 0;
        }
        if (lockOver) {
            return subject ->
                    new LockNotAvailableException("canceling statement due to lock timeout", null, null, subject);
        }
        if (statementOver) {
            return Interrupts::statementTimeout;
        }
        if (actor.isCancelRequested() || Thread.currentThread().isInterrupted()) {
            return Interrupts::canceled;
        }
        EngineException own = actor.endOfStatement();
        return own == null ? null : subject -> own;
    }

    /** Nanoseconds until something that {@link #endOfWait} looks at is due; {@link Long#MAX_VALUE} if nothing ever is. */
    long nextLimit(LockOwner actor, long startNanos) {
        long now = scheduler.nanoTime();
        long left = actor.lockTimeoutNanos() == 0 ? Long.MAX_VALUE : startNanos + actor.lockTimeoutNanos() - now;
        return actor.hasStatementDeadline() ? Math.min(left, actor.statementDeadline() - now) : left;
    }

    /** For a statement at work, every now and then. */
    void check(LockOwner actor) {
        if (isStatementOver(actor, scheduler.nanoTime())) {
            throw statementTimeout(ErrorSubject.NONE);
        }
        if (actor.isCancelRequested()) {
            actor.clearCancel();
            throw canceled(ErrorSubject.NONE);
        }
    }

    private static boolean isStatementOver(LockOwner actor, long now) {
        return actor.hasStatementDeadline() && now - actor.statementDeadline() >= 0;
    }

    private static QueryCanceledException statementTimeout(ErrorSubject subject) {
        return new QueryCanceledException("canceling statement due to statement timeout", null, null, subject);
    }

    private static QueryCanceledException canceled(ErrorSubject subject) {
        return new QueryCanceledException("canceling statement due to user request", null, null, subject);
    }

    private StoppedException stoppedByPoison() {
        try {
            poison.check();
            throw new AssertionError("the poison never goes");
        } catch (StoppedException e) {
            return e;
        }
    }
}
