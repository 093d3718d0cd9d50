package dev.palimpsest.isolation;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.WaitListener;
import dev.palimpsest.isolation.IsolationSpec.PlannedStep;
import dev.palimpsest.sql.exec.SqlSession;
import dev.palimpsest.sql.plan.SqlError;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** A SQL session with a thread of its own, on which its statements run one text after the other. Used by the tester's thread. */
final class Connection implements WaitListener {
    private static final Runnable STOP = () -> {};

    private final String name;
    private final SqlSession session;
    private final BlockingQueue<Runnable> work = new ArrayBlockingQueue<>(1);
    private final Thread thread;
    private volatile Message message;

    /** How many waits have begun. Written by the session's thread. */
    private volatile long waits;

    /** The step that has begun and not been reported as done, or null. */
    private RunningStep active;

    private int notices;

    Connection(Database database, String name) {
        this.name = name;
        session = new SqlSession(database, this);
        thread = new Thread(this::loop, "isolation " + name);
        thread.setDaemon(true);
        thread.start();
    }

    String name() {
        return name;
    }

    RunningStep active() {
        return active;
    }

    int notices() {
        return notices;
    }

    void countNotice() {
        notices++;
    }

    private void loop() {
        try {
            for (Runnable task = work.take(); task != STOP; task = work.take()) {
                task.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Begins to run a text of statements; the session is idle. */
    Message send(String sql) {
        Message sent = new Message();
        message = sent;
        work.add(() -> run(sql, sent));
        return sent;
    }

    private void run(String sql, Message sent) {
        try {
            session.executeMessage(sql, sent);
        } catch (SqlError e) {
            sent.fail(e);
        } catch (RuntimeException | Error e) {
            sent.fail(SqlError.of("XX000", "internal error: " + e));
            e.printStackTrace();
        } finally {
            sent.end();
        }
    }

    RunningStep begin(PlannedStep step, List<Integer> noticesBefore) {
        active = new RunningStep(step, this, send(step.step().sql()), noticesBefore);
        return active;
    }

    void reported() {
        active = null;
    }

    void cancel() {
        session.cancel();
    }

    boolean isRunning() {
        Message current = message;
        return current != null && !current.hasEnded();
    }

    long id() {
        return session.id();
    }

    /** Ids of the sessions that this one waits for now. */
    List<Long> blockers() {
        return session.blockers();
    }

    long waits() {
        return waits;
    }

    @Override
    public void waiting(String what) {
        waits++;
        message.poke();
    }

    @Override
    public void waitOver() {}

    /** Gives up what runs and rolls back. */
    void close() throws InterruptedException {
        while (isRunning()) {
            cancel();
            message.await(10);
        }
        work.put(STOP);
        thread.join();
        session.close();
    }
}
