package dev.palimpsest.table;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.catalog.Catalog;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.wal.EnginePoison;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * All sessions of a database: a stock of idle ones, spread by thread so that threads don't meet, and the list of all, by which closing
 * waits for those who are inside. Thread-safe.
 */
public final class Sessions {
    private static final int STOCK = 64;

    /** Places in the stock are a cache line apart: threads with neighbouring numbers take and give all the time. */
    private static final int STRIDE = 16;

    private static final int PROBES = 4;

    /** How often the closer looks whether everybody is out; a caller leaves without looking for it. */
    private static final long LOOK_NANOS = 200_000;

    private final Scheduler scheduler;
    private final EnginePoison poison;
    private final TableActivity activity;
    private final AtomicReferenceArray<Session> idle = new AtomicReferenceArray<>((STOCK + 1) * STRIDE);
    private final Set<Session> all = ConcurrentHashMap.newKeySet();

    /** Of sessions that are in the list no more. */
    private final AtomicLong retiredCommits = new AtomicLong();

    private final AtomicLong retiredRollbacks = new AtomicLong();

    /** Set once, before the closer looks for who is inside. */
    private volatile boolean closing;

    /** {@link #closing} or poisoned: one look for both. */
    private volatile boolean stop;

    Sessions(Scheduler scheduler, EnginePoison poison, Catalog catalog) {
        this.scheduler = scheduler;
        this.poison = poison;
        this.activity = new TableActivity(this, catalog);
        poison.onPoison(() -> stop = true);
    }

    Session take() {
        int start = home();
        for (int i = 0; i < PROBES; i++) {
            int index = place(start + i);
            if (idle.getPlain(index) != null) {
                Session session = idle.getAndSet(index, null);
                if (session != null) {
                    return session;
                }
            }
        }
        Session session = new Session(this);
        all.add(session);
        return session;
    }

    void give(Session session) {
        int start = home();
        for (int i = 0; i < PROBES; i++) {
            int index = place(start + i);
            if (idle.getPlain(index) == null && idle.compareAndSet(index, null, session)) {
                return;
            }
        }
        retired(session);
    }

    private void retired(Session session) {
        retiredCommits.addAndGet(session.commits());
        retiredRollbacks.addAndGet(session.rollbacks());
        session.counts().retire();
        all.remove(session);
    }

    /** Behind one line that the array shares with its length and whatever lies before it. */
    private static int place(int number) {
        return ((number & STOCK - 1) + 1) * STRIDE;
    }

    private static int home() {
        return (int) Thread.currentThread().getId();
    }

    /** Runs something that belongs to no transaction, inside the engine. */
    public <T> T guarded(Supplier<T> work) {
        Session session = take();
        try {
            session.enter();
            try {
                return work.get();
            } finally {
                session.exit();
            }
        } finally {
            give(session);
        }
    }

    boolean mustStop() {
        return stop;
    }

    boolean isClosing() {
        return closing;
    }

    void checkOpen() {
        if (closing) {
            throw new StoppedException(SqlState.ADMIN_SHUTDOWN, "the database is closed");
        }
        poison.check();
    }

    /** @throws UsageException 55006 if the caller is inside the engine itself, in a callback: it would wait for itself */
    public void checkNotInside() {
        Thread self = Thread.currentThread();
        for (Session session : all) {
            if (session.inside() == self) {
                throw new UsageException(
                        SqlState.OBJECT_IN_USE, "cannot close the database from within one of its own calls");
            }
        }
    }

    /** From now on nobody comes in. */
    public void close() {
        closing = true;
        stop = true;
    }

    /** After {@link #close} and the waking of all who wait: returns once nobody is inside any more. */
    public void awaitEmpty() {
        for (Session session : all) {
            while (session.inside() != null) {
                scheduler.park(this, LOOK_NANOS);
            }
        }
    }

    TableActivity activity() {
        return activity;
    }

    void forEachSession(Consumer<Session> action) {
        all.forEach(action);
    }

    /** After {@link #awaitEmpty}: what is still open. */
    public void forEachOpen(Consumer<UserTransaction> action) {
        for (Session session : all) {
            UserTransaction transaction = session.current();
            if (transaction != null) {
                action.accept(transaction);
            }
        }
    }

    public long commits() {
        return retiredCommits.get() + all.stream().mapToLong(Session::commits).sum();
    }

    public long rollbacks() {
        return retiredRollbacks.get()
                + all.stream().mapToLong(Session::rollbacks).sum();
    }
}
