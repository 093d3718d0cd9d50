package dev.palimpsest.shell;

import dev.palimpsest.api.WaitListener;
import dev.palimpsest.sql.exec.SqlSession;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * One named session of a script with a thread of its own. Its state is guarded by its {@link SessionPool}'s monitor, and every change of it
 * is announced there.
 *
 * <p>Output: as long as the statement that the driver gave it runs, its lines go straight out, for the driver does nothing meanwhile. Once
 * it has had to wait they are kept until the driver asks for them.
 */
final class ShellSession implements WaitListener {
    /** What it does. */
    enum Activity {
        IDLE,
        RUNNING,
        WAITING
    }

    private static final Runnable STOP = () -> {};

    private final String name;
    private final SessionPool pool;
    private final BlockingQueue<Runnable> work = new ArrayBlockingQueue<>(1);
    private SqlSession sql;

    /** Null until there is a second session. */
    private Thread thread;

    /** Guarded by the pool. */
    private Activity activity = Activity.IDLE;

    /** Guarded by the pool; null if it doesn't wait. */
    private String waitingFor;

    /** Guarded by the pool: actions that print, in order. */
    private final List<Runnable> kept = new ArrayList<>();

    /** Guarded by the pool: whether output is kept. */
    private boolean background;

    ShellSession(String name, SessionPool pool) {
        this.name = name;
        this.pool = pool;
    }

    void open(SqlSession session) {
        sql = session;
    }

    String name() {
        return name;
    }

    SqlSession sql() {
        return sql;
    }

    Activity activity() {
        synchronized (pool) {
            return activity;
        }
    }

    String waitingFor() {
        synchronized (pool) {
            return waitingFor;
        }
    }

    /** Before its first statement that isn't run by the driver itself. */
    private void start() {
        if (thread == null) {
            thread = new Thread(this::loop, "session " + name);
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void loop() {
        try {
            for (Runnable task = work.take(); task != STOP; task = work.take()) {
                try {
                    task.run();
                } finally {
                    change(Activity.IDLE, null);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Gives it a statement; it is idle. */
    void submit(Runnable task) {
        synchronized (pool) {
            background = false;
            activity = Activity.RUNNING;
        }
        start();
        work.add(task);
    }

    /** After a statement that the driver itself has run. */
    void settled() {
        synchronized (pool) {
            background = false;
        }
        change(Activity.IDLE, null);
    }

    /** Ends its thread; it is idle. */
    void stop() {
        if (thread != null) {
            work.add(STOP);
        }
    }

    /** Prints now, or later if the driver goes on meanwhile. */
    void print(Runnable action) {
        synchronized (pool) {
            if (background) {
                kept.add(action);
                return;
            }
        }
        action.run();
    }

    /** What was kept, to be printed by the driver. */
    List<Runnable> takeKept() {
        synchronized (pool) {
            List<Runnable> taken = List.copyOf(kept);
            kept.clear();
            return taken;
        }
    }

    private void change(Activity to, String what) {
        synchronized (pool) {
            activity = to;
            waitingFor = what;
            pool.notifyAll();
        }
    }

    @Override
    public void waiting(String what) {
        print(() -> pool.announceWait(this, what));
        synchronized (pool) {
            background = true;
            pool.noteWaiting(this);
        }
        change(Activity.WAITING, what);
    }

    @Override
    public void waitOver() {
        change(Activity.RUNNING, null);
    }
}
