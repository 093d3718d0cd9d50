package dev.palimpsest.table;

import dev.palimpsest.tx.Transaction;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What a transaction needs while it runs and leaves for the next one: buffers, its ended transaction object, counters; and the flag that
 * says whether a thread is inside the engine, for which closing the database waits. Used by one thread at a time, except as said.
 */
final class Session {
    private static final VarHandle INSIDE;
    private static final VarHandle COMMITS;
    private static final VarHandle ROLLBACKS;

    static {
        try {
            INSIDE = MethodHandles.lookup().findVarHandle(Session.class, "inside", Thread.class);
            COMMITS = MethodHandles.lookup().findVarHandle(Session.class, "commits", long.class);
            ROLLBACKS = MethodHandles.lookup().findVarHandle(Session.class, "rollbacks", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Sessions sessions;

    /** The thread inside the engine, or null. Written by that thread: volatile at entry, release at exit. */
    private Thread inside;

    /** The open transaction, or null; read by the thread that closes the database once nobody is inside. */
    private volatile UserTransaction current;

    /** Null while a statement uses it: a statement within another's callback makes one of its own. */
    private Scratch scratch;

    /** The last transaction object of this session, for the next one. */
    Transaction ended;

    /** Single-writer, opaque: for statistics. */
    private long commits;

    /** As {@link #commits}. */
    private long rollbacks;

    private final SessionCounts counts;

    Session(Sessions sessions) {
        this.sessions = sessions;
        this.counts = new SessionCounts(sessions.activity());
    }

    /** What it does to tables' rows. */
    SessionCounts counts() {
        return counts;
    }

    /**
     * Comes in. The volatile store lies before the look at the closing flag, which the closer sets before it looks at {@code inside}: one
     * of the two sees the other.
     *
     * @throws dev.palimpsest.api.StoppedException if the database is closed or has stopped; then the caller isn't inside
     */
    void enter() {
        INSIDE.setVolatile(this, Thread.currentThread());
        if (sessions.mustStop()) {
            exit();
            sessions.checkOpen();
        }
    }

    /** As {@link #enter}, for what has to be possible in a stopped engine: the end of a transaction. @return false if it is closed */
    boolean enterToEnd() {
        INSIDE.setVolatile(this, Thread.currentThread());
        if (sessions.isClosing()) {
            exit();
            return false;
        }
        return true;
    }

    void exit() {
        INSIDE.setRelease(this, (Thread) null);
    }

    /** Any thread. */
    Thread inside() {
        return (Thread) INSIDE.getVolatile(this);
    }

    UserTransaction current() {
        return current;
    }

    void current(UserTransaction transaction) {
        current = transaction;
    }

    Scratch takeScratch() {
        Scratch taken = scratch;
        scratch = null;
        return taken != null ? taken : new Scratch();
    }

    void giveScratch(Scratch given) {
        scratch = given;
    }

    void countCommit() {
        COMMITS.setOpaque(this, commits + 1);
    }

    void countRollback() {
        ROLLBACKS.setOpaque(this, rollbacks + 1);
    }

    long commits() {
        return (long) COMMITS.getOpaque(this);
    }

    long rollbacks() {
        return (long) ROLLBACKS.getOpaque(this);
    }
}
