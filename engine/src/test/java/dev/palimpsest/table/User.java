package dev.palimpsest.table;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A user in a script of steps: each step runs on his own thread until it is done or waits. What a step came to is a text: its result,
 * {@code waits}, or the error's SQLSTATE and message.
 */
final class User implements AutoCloseable {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Database db;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(work -> {
        Thread made = new Thread(work, "user");
        made.setDaemon(true);
        return made;
    });
    private Transaction tx;
    private Future<String> step;

    User(Database db) {
        this.db = db;
    }

    User begin() {
        return begin(IsolationLevel.READ_COMMITTED);
    }

    User begin(IsolationLevel isolation) {
        tx = db.begin(TransactionOptions.DEFAULT.withIsolation(isolation));
        return this;
    }

    Transaction tx() {
        return tx;
    }

    /** @return {@link #outcome} */
    String does(Function<Transaction, Object> work) {
        Transaction current = tx;
        step = thread.submit(() -> {
            try {
                return String.valueOf(work.apply(current));
            } catch (EngineException e) {
                return e.sqlState().code() + " " + e.getMessage();
            }
        });
        return outcome();
    }

    /** Once the step is done or waits. */
    String outcome() {
        long start = System.nanoTime();
        while (!step.isDone() && !isWaiting()) {
            if (System.nanoTime() - start > PATIENCE_NANOS) {
                throw new AssertionError("neither done nor waiting");
            }
            Thread.onSpinWait();
        }
        try {
            return step.isDone() ? step.get() : "waits";
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /**
     * Granted but not yet awake counts as not waiting, and so does a request that is about to be refused for a deadlock: the lock table shows
     * neither, a session's own word may.
     */
    private boolean isWaiting() {
        return db.locks().stream().anyMatch(lock -> lock.sessionId() == tx.sessionId() && !lock.granted());
    }

    void commit() {
        does(t -> {
            t.commit();
            return null;
        });
    }

    void rollback() {
        does(t -> {
            t.rollback();
            return null;
        });
    }

    @Override
    public void close() {
        thread.shutdownNow();
        if (tx != null) {
            tx.cancel();
        }
    }
}
