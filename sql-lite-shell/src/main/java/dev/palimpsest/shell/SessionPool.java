package dev.palimpsest.shell;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.VacuumProgress;
import dev.palimpsest.sql.exec.SqlSession;
import dev.palimpsest.sql.plan.SqlError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * The sessions of a shell and when each may go on. After every statement the driver waits until all of them have settled: idle, or known to
 * wait for another. So a script gives the same output every time, without any timing.
 *
 * <p>A session that was waked but whose thread hasn't run yet still calls itself waiting; the engine knows better, because whoever ends a
 * wait takes the waiter off its list before his own statement returns. Guarded by its own monitor.
 */
final class SessionPool {
    private final Database database;
    private final BiConsumer<ShellSession, String> waitPrinter;
    private final Map<String, ShellSession> sessions = new LinkedHashMap<>();

    /** In the order in which they began to wait: that of their output when they go on. Guarded by this. */
    private final List<ShellSession> waitOrder = new ArrayList<>();

    private ShellSession current;

    SessionPool(Database database, BiConsumer<ShellSession, String> waitPrinter) {
        this.database = database;
        this.waitPrinter = waitPrinter;
        this.current = open("main");
    }

    private ShellSession open(String name) {
        ShellSession session = new ShellSession(name, this);
        session.open(new SqlSession(database, session));
        sessions.put(name, session);
        return session;
    }

    ShellSession current() {
        return current;
    }

    List<ShellSession> all() {
        return List.copyOf(sessions.values());
    }

    /** Makes a session the current one, opening it the first time; an untouched first session gives way to a named one. */
    void use(String name, boolean replaceUnused) {
        ShellSession existing = sessions.get(name);
        if (existing == null && replaceUnused) {
            sessions.remove(current.name()).sql().close();
        }
        current = existing == null ? open(name) : existing;
    }

    boolean severalSessions() {
        return sessions.size() > 1;
    }

    /** Runs a statement in the current session, which is idle, and returns when all have settled. */
    void run(Runnable task) {
        if (!severalSessions()) {
            try {
                task.run(); // here: only autovacuum may be in its way, and that gives way
            } finally {
                current.settled();
            }
            return;
        }
        current.submit(task);
        settle();
    }

    /**
     * Waits for a session's statement to end.
     *
     * @throws SqlError if nothing can end it
     */
    void awaitIdle(ShellSession session) {
        settle();
        synchronized (this) {
            while (session.activity() != ShellSession.Activity.IDLE) {
                if (session.activity() == ShellSession.Activity.WAITING
                        && session.sql().setting("lock_timeout").equals("0")
                        && session.sql().setting("statement_timeout").equals("0")
                        && isStillWaiting()) {
                    throw SqlError.of(
                                    "55P03",
                                    "session " + session.name() + " is still waiting for " + session.waitingFor())
                            .withHint("Nothing in this script can end that wait now: "
                                    + "let the other session commit or roll back first, or use \\cancel.");
                }
                await();
            }
        }
        settle();
    }

    /** Returns when every session is idle or waits for another one. */
    synchronized void settle() {
        while (!isSettled()) {
            await();
        }
    }

    /** After a waiting session was cancelled: returns when it has noticed and all have settled. */
    synchronized void settleAfterCancel(ShellSession session) {
        while (session.activity() == ShellSession.Activity.WAITING) {
            await();
        }
        settle();
    }

    private void await() {
        try {
            wait();
        } catch (InterruptedException e) {
            sessions.values().forEach(session -> session.sql().cancel()); // and go on: the statements end soon
        }
    }

    private boolean isSettled() {
        boolean waiting = false;
        for (ShellSession session : sessions.values()) {
            boolean waits = session.activity() == ShellSession.Activity.WAITING;
            if (session.activity() == ShellSession.Activity.RUNNING
                    || waits && (session.sql().isBeingCancelled() || waitsForAutovacuum(session))) {
                return false;
            }
            waiting |= waits;
        }
        return !waiting || isStillWaiting();
    }

    /** Then it goes on by itself: autovacuum gives way. */
    private boolean waitsForAutovacuum(ShellSession session) {
        return database.vacuumProgress().stream()
                .filter(VacuumProgress::automatic)
                .anyMatch(vacuum -> session.waitingFor().endsWith(", held by process " + vacuum.id()));
    }

    /** Whether all who call themselves waiting are so for the engine too. */
    private boolean isStillWaiting() {
        long waiting = sessions.values().stream()
                .filter(session -> session.activity() == ShellSession.Activity.WAITING)
                .count();
        return database.sessions().stream()
                        .filter(info -> info.state().equals("waiting"))
                        .count()
                >= waiting;
    }

    synchronized void noteWaiting(ShellSession session) {
        waitOrder.remove(session);
        waitOrder.add(session);
    }

    void announceWait(ShellSession session, String what) {
        waitPrinter.accept(session, what);
    }

    /** Prints what sessions in the background have given since, all settled. */
    void printKept() {
        List<Runnable> actions = new ArrayList<>();
        synchronized (this) {
            for (ShellSession session : waitOrder) {
                actions.addAll(session.takeKept());
            }
            waitOrder.removeIf(session -> session.activity() == ShellSession.Activity.IDLE);
        }
        actions.forEach(Runnable::run);
    }

    /** Those that wait for another session now. */
    List<ShellSession> waiting() {
        return all().stream()
                .filter(session -> session.activity() == ShellSession.Activity.WAITING)
                .toList();
    }

    /** Rolls back everything; statements that wait are cancelled. */
    void close() {
        for (ShellSession session : all()) {
            if (session.activity() != ShellSession.Activity.IDLE) {
                session.sql().cancel();
            }
        }
        synchronized (this) {
            while (sessions.values().stream().anyMatch(s -> s.activity() != ShellSession.Activity.IDLE)) {
                await();
            }
        }
        for (ShellSession session : all()) {
            session.stop();
            session.sql().close();
        }
    }
}
