package dev.palimpsest.isolation;

import dev.palimpsest.isolation.IsolationSpec.PlannedStep;
import dev.palimpsest.isolation.IsolationSpec.SpecSession;
import dev.palimpsest.isolation.Message.Done;
import dev.palimpsest.isolation.Message.Failed;
import dev.palimpsest.isolation.Message.Notice;
import dev.palimpsest.sql.plan.SqlError;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs permutations: setup, the steps in their order, teardown. A step that waits is left alone and looked at again after each further step.
 *
 * <p>Steps are looked at in the order in which they began to wait, and each look ends only when the step has ended or stands still, so what
 * is printed doesn't depend on timing. Used by one thread.
 */
final class PermutationRun {
    private static final long POLL_MILLIS = 1;

    private final IsolationSpec spec;
    private final Connection control;
    private final List<Connection> sessions;
    private final WaitGraph graph;
    private final Report report;
    private final long limitNanos;

    /** Steps reported as waiting, in that order. */
    private final List<RunningStep> waiting = new ArrayList<>();

    PermutationRun(IsolationSpec spec, Connection control, List<Connection> sessions, Report report, int limitSeconds) {
        this.spec = spec;
        this.control = control;
        this.sessions = sessions;
        this.graph = new WaitGraph(sessions);
        this.report = report;
        this.limitNanos = limitSeconds * 1_000_000_000L;
    }

    /** @throws SpecException when the run must end */
    void run(List<PlannedStep> steps) throws InterruptedException {
        report.permutation(steps);
        setUp();
        for (PlannedStep step : steps) {
            Connection session = sessions.get(step.step().session());
            awaitIdle(session);
            RunningStep running = session.begin(step, noticesSoFar());
            boolean done = tryComplete(running, true, false);
            tryCompleteWaiting(true);
            if (!done) {
                waiting.add(running);
            }
        }
        tryCompleteWaiting(false);
        if (!waiting.isEmpty()) {
            throw new SpecException("failed to complete permutation due to mutually-blocking steps");
        }
        tearDown();
    }

    private List<Integer> noticesSoFar() {
        return sessions.stream().map(Connection::notices).toList();
    }

    private void setUp() throws InterruptedException {
        for (String sql : spec.setups()) {
            SqlError error = execute(control, sql);
            if (error != null) {
                throw new SpecException("setup failed: " + Report.inFull(error));
            }
        }
        for (Connection session : sessions) {
            String sql = specOf(session).setup();
            SqlError error = sql == null ? null : execute(session, sql);
            if (error != null) {
                throw new SpecException("setup of session " + session.name() + " failed: " + Report.inFull(error));
            }
        }
    }

    private void tearDown() throws InterruptedException {
        for (Connection session : sessions) {
            String sql = specOf(session).teardown();
            SqlError error = sql == null ? null : execute(session, sql);
            if (error != null) {
                report.complain("teardown of session " + session.name() + " failed: " + Report.inFull(error));
            }
        }
        SqlError error = spec.teardown() == null ? null : execute(control, spec.teardown());
        if (error != null) {
            report.complain("teardown failed: " + Report.inFull(error));
        }
    }

    private SpecSession specOf(Connection session) {
        return spec.sessions().get(sessions.indexOf(session));
    }

    /** Runs a setup or teardown and prints the result of its last statement. Returns its error, or null. */
    private SqlError execute(Connection connection, String sql) throws InterruptedException {
        Message message = connection.send(sql);
        long begin = System.nanoTime();
        while (!message.hasEnded()) {
            message.await(POLL_MILLIS);
            if (connection.blockers().isEmpty()) {
                begin = System.nanoTime();
            } else if (System.nanoTime() - begin > limitNanos) {
                connection.cancel(); // it waits for a session that has nothing to do any more
            }
        }
        ResultTable last = null;
        for (Message.Event event : message.takeAll()) {
            if (event instanceof Notice notice) {
                notice(connection, notice);
            } else if (event instanceof Failed failed) {
                return failed.error();
            } else {
                last = ((Done) event).table();
            }
        }
        if (last != null) {
            report.result(last);
        }
        return null;
    }

    private void notice(Connection connection, Notice notice) {
        if (connection != control) {
            report.notice(connection, notice);
        }
    }

    /** Before a session's next step its last one must be done, whatever that takes. */
    private void awaitIdle(Connection session) throws InterruptedException {
        long begin = System.nanoTime();
        while (session.active() != null) {
            RunningStep old = session.active();
            if (tryComplete(old, false, true)) {
                waiting.remove(old);
            }
            tryCompleteWaiting(true);
            long nanos = System.nanoTime() - begin;
            if (session.active() != null && nanos > 2 * limitNanos) {
                report.complain(
                        "step " + session.active().name() + " timed out after " + nanos / 1_000_000_000 + " seconds");
                StringBuilder active = new StringBuilder("active steps are:");
                sessions.stream()
                        .filter(other -> other.active() != null)
                        .forEach(other ->
                                active.append(' ').append(other.active().name()));
                throw new SpecException(active.toString());
            }
        }
    }

    /** Again as long as an end or a notice may have released a step that was looked at before. */
    private void tryCompleteWaiting(boolean mayWait) throws InterruptedException {
        boolean again = true;
        while (again) {
            int before = waiting.size();
            int notices = sessions.stream().mapToInt(Connection::notices).sum();
            boolean heldBack = false;
            for (RunningStep step : List.copyOf(waiting)) {
                if (tryComplete(step, mayWait, true)) {
                    waiting.remove(step);
                } else {
                    heldBack |= step.hasBlockers();
                }
            }
            boolean news = waiting.size() < before
                    || sessions.stream().mapToInt(Connection::notices).sum() > notices;
            again = heldBack && news;
        }
    }

    /**
     * Waits for a step's end and reports it.
     *
     * @param mayWait come back when the step stands still
     * @param retry it was reported as waiting
     * @return false if it isn't done, or is held back
     */
    private boolean tryComplete(RunningStep step, boolean mayWait, boolean retry) throws InterruptedException {
        if (!retry && step.isMarkedWaiting()) {
            report.waiting(step);
            return false;
        }
        if (!awaitEnd(step, mayWait) || step.isHeldBack(sessions)) {
            if (!retry) {
                report.waiting(step);
            }
            return false;
        }
        report(step, retry);
        return true;
    }

    /** Notices that follow a result at once come before it, the first result's also before the step's line: so libpq shows them. */
    private void report(RunningStep step, boolean wasWaiting) {
        boolean begun = false;
        Message.Event result = null;
        for (Message.Event event : step.message().takeAll()) {
            if (event instanceof Notice notice) {
                notice(step.connection(), notice);
                continue;
            }
            if (result != null) {
                begun = reportResult(step, wasWaiting, begun, result);
            }
            result = event;
        }
        reportResult(step, wasWaiting, begun, result);
        step.connection().reported();
    }

    private boolean reportResult(RunningStep step, boolean wasWaiting, boolean begun, Message.Event result) {
        if (!begun) {
            report.done(step, wasWaiting);
        }
        if (result instanceof Failed failed) {
            report.error(failed.error());
        } else if (result instanceof Done done && done.table() != null) {
            report.result(done.table());
        }
        return true;
    }

    /** Returns false only if it may wait and stands still. */
    private boolean awaitEnd(RunningStep step, boolean mayWait) throws InterruptedException {
        Message message = step.message();
        long begin = System.nanoTime();
        boolean cancelled = false;
        boolean still = false;
        while (!message.hasEnded() && !still) {
            message.await(POLL_MILLIS);
            still = mayWait && graph.standsStill(step.connection());
            if (step.connection().blockers().isEmpty()) {
                begin = System.nanoTime(); // the limit is for waits: how long work takes says nothing
            }
            long nanos = System.nanoTime() - begin;
            if (!still && nanos > limitNanos && !cancelled) {
                step.connection().cancel();
                report.cancelling(step, nanos / 1_000_000_000);
                cancelled = true;
            }
            if (!still && nanos > 2 * limitNanos) {
                throw new SpecException(
                        "step " + step.name() + " timed out after " + nanos / 1_000_000_000 + " seconds");
            }
        }
        boolean ended = message.hasEnded();
        message.takeEarlyNotices().forEach(notice -> notice(step.connection(), notice));
        return ended;
    }
}
