package dev.palimpsest.isolation;

import dev.palimpsest.sql.exec.ResultHandler;
import dev.palimpsest.sql.plan.ResultColumn;
import dev.palimpsest.sql.plan.SqlError;
import java.util.ArrayList;
import java.util.List;

/**
 * One text of statements on its way: filled by the session's thread, read by the tester's. Guarded by its own monitor, which is notified at
 * its end and whenever the session begins to wait.
 */
final class Message implements ResultHandler {
    /** What a client receives, in its order. */
    sealed interface Event permits Notice, Done, Failed {}

    /** @param text as libpq gives it, with its line end */
    record Notice(String text) implements Event {}

    /** @param table null if the statement returns no rows */
    record Done(ResultTable table) implements Event {}

    record Failed(SqlError error) implements Event {}

    private final List<Event> events = new ArrayList<>();

    /** Rows of the running statement: if it fails they are dropped, as libpq does. Used by the session's thread. */
    private ResultTable table;

    private boolean ended;
    private int taken;

    @Override
    public void columns(List<ResultColumn> columns) {
        table = new ResultTable(columns);
    }

    @Override
    public void row(Object[] values) {
        table.add(values);
    }

    @Override
    public void complete(String tag) {
        add(new Done(table));
        table = null;
    }

    @Override
    public void notice(String severity, String sqlState, String message) {
        add(new Notice(severity + ":  " + message + "\n"));
    }

    void fail(SqlError error) {
        add(new Failed(error));
    }

    private synchronized void add(Event event) {
        events.add(event);
    }

    /** All statements have ended, one way or the other. */
    synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** Has the tester look whether the session is blocked. */
    synchronized void poke() {
        notifyAll();
    }

    synchronized boolean hasEnded() {
        return ended;
    }

    /** Returns at its end, when the session begins to wait, or after a while. */
    synchronized void await(long millis) throws InterruptedException {
        if (!ended) {
            wait(millis);
        }
    }

    /** Notices not yet taken that came before the first statement's end: a client sees them while it still waits. */
    synchronized List<Notice> takeEarlyNotices() {
        List<Notice> notices = new ArrayList<>();
        while (taken < events.size() && events.get(taken) instanceof Notice notice) {
            notices.add(notice);
            taken++;
        }
        return notices;
    }

    /** Everything not yet taken; it has ended. */
    synchronized List<Event> takeAll() {
        List<Event> rest = List.copyOf(events.subList(taken, events.size()));
        taken = events.size();
        return rest;
    }
}
