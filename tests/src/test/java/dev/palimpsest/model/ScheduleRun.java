package dev.palimpsest.model;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.LockInfo;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.crash.SimulatedEngine;
import dev.palimpsest.model.Model.Result;
import dev.palimpsest.model.ScheduledSession.State;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.SimulatedDisk;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/**
 * Plays a schedule on the engine and on the model, and compares after each step. One thing is asked at a time; who has to wait is left
 * waiting, and when a transaction's end wakes several, some order of their going on must explain what they did. Not thread-safe.
 */
final class ScheduleRun {
    static final int SESSIONS = 4;

    /** Virtual time, after which somebody is stuck. */
    private static final long PATIENCE_NANOS = 5_000_000_000L;

    private static final long REST_NANOS = 3_000_000_000L;

    /** @param repeatableRead the isolation level if this begins a transaction */
    record Step(int session, boolean repeatableRead, Action action) {}

    /** @param vacuums with autovacuum all the time, and an archive */
    record Schedule(long seed, boolean vacuums, List<Step> steps) {
        Schedule(long seed, List<Step> steps) {
            this(seed, false, steps);
        }

        Schedule withVacuum() {
            return new Schedule(seed, true, steps);
        }

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder("seed=" + seed + (vacuums ? " with vacuum" : ""));
            steps.forEach(step -> text.append("\n  s")
                    .append(step.session())
                    .append(step.repeatableRead() ? " RR " : " RC ")
                    .append(step.action()));
            return text.toString();
        }
    }

    private final Schedule schedule;
    private final SimulatedDisk disk;
    private final StringBuilder log = new StringBuilder();
    private Model model = new Model();
    private int at;
    private int lives;
    private SeededScheduler scheduler;
    private Database db;
    private Map<String, ScheduledSession> sessions;
    private long traceHash;
    int waits;
    int rollbacks;

    /** Versions, in lives that ended quietly. */
    long archived;

    ScheduleRun(Schedule schedule) {
        this.schedule = schedule;
        this.disk = new SimulatedDisk(schedule.seed());
    }

    /** @return over everything that happened */
    long run() {
        try {
            while (at <= schedule.steps().size()) {
                scheduler = new SeededScheduler(schedule.seed() * 100 + lives++).limitEvents(5_000_000);
                disk.requireEngineTasksOf(scheduler);
                scheduler.run(this::live);
                traceHash = traceHash * 31 + scheduler.traceHash();
                if (at <= schedule.steps().size()) {
                    disk.powerCut(schedule.seed() + lives);
                    disk.reopenAfterCut();
                    model.crash();
                }
            }
        } catch (RuntimeException | Error e) {
            throw new AssertionError(e + "\nWhat happened:" + log, e);
        }
        return traceHash;
    }

    /** Until the end or a power cut. */
    private void live() {
        SimulatedEngine.Settings settings = SimulatedEngine.Settings.small();
        db = SimulatedEngine.open(disk, scheduler, schedule.vacuums() ? settings.withVacuum(Long.MAX_VALUE) : settings);
        if (lives == 1) {
            ScheduledSession.createTable(db);
        }
        compareContents();
        sessions = new LinkedHashMap<>();
        for (int i = 0; i < SESSIONS; i++) {
            String name = "s" + i;
            sessions.put(name, new ScheduledSession(name, scheduler, db));
        }
        while (at < schedule.steps().size()) {
            Step step = schedule.steps().get(at++);
            if (step.action() instanceof Action.PowerCut) {
                note("power cut", null);
                scheduler.abandonAll();
            }
            perform(step);
        }
        at++;
        endAll();
        compareContents();
        sessions.values().forEach(ScheduledSession::end);
        archived += db.statistics().versionsArchived();
        db.close();
    }

    private void perform(Step step) {
        if (step.action() instanceof Action.Checkpoint) {
            db.checkpoint();
            return;
        }
        if (step.action() instanceof Action.Vacuum) {
            if (schedule.vacuums()) {
                db.vacuum(VacuumOptions.DEFAULT.withAwaitArchive(true));
            }
            return;
        }
        String name = "s" + step.session();
        ScheduledSession session = sessions.get(name);
        if (model.isWaiting(name)) {
            return;
        }
        if (step.action() instanceof Action.Statement statement) {
            if (!model.isOpen(name)) {
                model.begin(name, step.repeatableRead());
                session.begin(step.repeatableRead());
                note(name + " begin " + (step.repeatableRead() ? "repeatable read" : "read committed"), null);
            }
            if (isScan(statement) || model.isFailed(name) || !model.seesOneKeyTwice(name)) {
                execute(session, statement);
            }
        } else if (model.isOpen(name) && step.action() instanceof Action.Control control) {
            if (control instanceof Action.Savepoint || model.hasSavepoint(name, control.name())) {
                control(session, control);
            }
        } else if (model.isOpen(name)) {
            end(session, step.action() instanceof Action.Commit);
        }
    }

    private static boolean isScan(Action.Statement statement) {
        return statement instanceof Action.ScanRange
                || statement instanceof Action.ScanGroup
                || statement instanceof Action.ScanTable;
    }

    private void execute(ScheduledSession session, Action.Statement statement) {
        boolean byTable = statement instanceof Action.Update update
                ? update.change().id() == null && update.change().unique() == null && isFree(session, update.range())
                : statement instanceof Action.Delete delete && isFree(session, delete.range());
        Set<String> waiting = model.waitingFor(session.name);
        Result expected = model.execute(session.name, statement);
        note(session.name + " " + statement, expected);
        session.execute(statement, byTable);
        waits += expected == null ? 1 : 0;
        await(
                () -> session.state == (expected == null ? State.WAITING : State.IDLE),
                () -> session.state != State.IDLE,
                session.name + " " + statement + ": expected " + (expected == null ? "to wait" : expected));
        if (expected != null && !expected.equals(session.result)) {
            throw new AssertionError(
                    session.name + " " + statement + ": expected " + expected + " found " + session.result);
        }
        if (expected != null && expected.error() != null) {
            wake(waiting);
        }
    }

    /** May the order in which the rows are met be any? */
    private boolean isFree(ScheduledSession session, Action.Range range) {
        return !range.reverse() && !model.meetsOthers(session.name, range);
    }

    private void control(ScheduledSession session, Action.Control control) {
        Set<String> waiting = model.waitingFor(session.name);
        Result expected = model.control(session.name, control);
        note(session.name + " " + control, expected);
        session.control(control);
        await(() -> session.state == State.IDLE, () -> true, session.name + " " + control);
        if (!expected.equals(session.result)) {
            throw new AssertionError(
                    session.name + " " + control + ": expected " + expected + " found " + session.result);
        }
        if (control instanceof Action.RollbackTo) {
            rollbacks++;
            wake(waiting); // some wait for what it did before the savepoint, and go on waiting
        }
    }

    private void end(ScheduledSession session, boolean commits) {
        Set<String> woken = model.waitingFor(session.name);
        Result expected = Result.of("ok");
        if (commits) {
            expected = model.commit(session.name);
            session.commit();
        } else {
            model.rollback(session.name);
            session.rollback();
        }
        note(session.name + (commits ? " commit" : " rollback"), expected);
        await(() -> session.state == State.IDLE, () -> true, session.name + " to end");
        if (!expected.equals(session.result)) {
            throw new AssertionError(session.name + " ends: expected " + expected + " found " + session.result);
        }
        wake(woken);
    }

    private void wake(Set<String> woken) {
        if (!woken.isEmpty()) {
            woken.forEach(model::wake);
            settle(woken);
        }
    }

    /** Those woken have gone on, each to its end or into another wait, in some order that the model can follow. */
    private void settle(Set<String> woken) {
        // as long as anybody can run the clock hardly moves, so after this all have come to rest
        for (long until = scheduler.nanoTime() + REST_NANOS; scheduler.nanoTime() < until; ) {
            scheduler.park(this, until - scheduler.nanoTime());
        }
        Model explained = null;
        // several orders may explain what is seen so far: the one that also has everybody wait for whom he waits for is
        // taken first
        for (Map<String, String> waits : List.of(waitsFor(), Map.<String, String>of())) {
            explained = explained != null ? explained : explain(model, woken, false, waits);
            explained = explained != null ? explained : explain(model, woken, true, waits); // they may have taken turns
        }
        if (explained == null) {
            throw new AssertionError("no order explains what " + woken + " did" + states());
        }
        model = explained;
        woken.forEach(name -> note(name + " goes on", sessions.get(name).result));
    }

    /** Those who wait for a transaction's end in the engine, and whose. */
    private Map<String, String> waitsFor() {
        Map<Long, String> names = new HashMap<>();
        sessions.values().forEach(session -> names.put(session.sessionId(), session.name));
        Map<String, String> waits = new HashMap<>();
        List<LockInfo> locks = db.locks();
        for (LockInfo waiting : locks) {
            for (LockInfo held : locks) {
                boolean end =
                        waiting.type().equals("transactionid") && held.type().equals("transactionid");
                if (end && !waiting.granted() && held.granted() && held.xid() == waiting.xid()) {
                    waits.put(names.get(waiting.sessionId()), names.get(held.sessionId()));
                }
            }
        }
        return waits;
    }

    /**
     * @param left those who may go on
     * @param waits whom some have to wait for in the end
     */
    private Model explain(Model before, Set<String> left, boolean stepwise, Map<String, String> waits) {
        if (left.isEmpty()) {
            boolean same =
                    sessions.values().stream().allMatch(s -> before.isWaiting(s.name) == (s.state == State.WAITING));
            return same
                            && waits.entrySet().stream()
                                    .allMatch(wait -> wait.getValue().equals(before.waitsFor(wait.getKey())))
                    ? before
                    : null;
        }
        for (String name : left) {
            Result found = sessions.get(name).state == State.IDLE ? sessions.get(name).result : null;
            Model after = before.copy();
            Set<String> waiting = after.waitingFor(name);
            Result expected = after.resume(name, stepwise);
            Model explained = null;
            if (expected == null) {
                explained = explain(after, after.isBlocked(name) ? without(left, name) : left, stepwise, waits);
                if (explained == null && isVictim(found) && after.isBlocked(name)) {
                    after.failWaiting(name); // the other one queued up behind it before it went on
                    expected = found;
                }
            }
            if (explained == null && expected != null && expected.equals(found)) {
                Set<String> rest = without(left, name);
                if (after.isFailed(name)) {
                    waiting.forEach(after::wake);
                    rest.addAll(waiting);
                }
                explained = explain(after, rest, stepwise, waits);
            }
            if (explained != null) {
                return explained;
            }
        }
        return null;
    }

    private static Set<String> without(Set<String> names, String name) {
        Set<String> rest = new TreeSet<>(names);
        rest.remove(name);
        return rest;
    }

    private static boolean isVictim(Result found) {
        return found != null && found.error() == dev.palimpsest.api.SqlState.DEADLOCK_DETECTED;
    }

    private void endAll() {
        boolean open = true;
        while (open) {
            open = false;
            for (ScheduledSession session : sessions.values()) {
                if (model.isOpen(session.name)) {
                    open = true;
                    if (!model.isWaiting(session.name)) {
                        end(session, !model.isFailed(session.name));
                    }
                }
            }
        }
    }

    /** Everything committed, and every page. */
    private void compareContents() {
        SimulatedEngine.check(db);
        Model reader = model.copy();
        reader.begin("reader", true);
        String expected = reader.execute("reader", new Action.ScanTable(false)).text();
        String found = db.read(tx -> {
            List<Action.Values> rows = new ArrayList<>();
            try (RowStream stream = db.table("rows").scan(tx, Scan.all())) {
                stream.forEachRemaining(row -> rows.add(ScheduledSession.values(row)));
            }
            rows.sort(Model.ORDER);
            return rows.toString();
        });
        if (!expected.equals(found)) {
            throw new AssertionError("contents: expected " + expected + " found " + found);
        }
    }

    private void await(BooleanSupplier done, BooleanSupplier possible, String what) {
        long limit = scheduler.nanoTime() + PATIENCE_NANOS;
        while (!done.getAsBoolean()) {
            if (scheduler.nanoTime() > limit || !possible.getAsBoolean()) {
                throw new AssertionError("waited for: " + what + states());
            }
            scheduler.park(this, 10_000_000);
        }
    }

    private String states() {
        StringBuilder states = new StringBuilder();
        sessions.values()
                .forEach(s -> states.append("\n  ")
                        .append(s.name)
                        .append(' ')
                        .append(s.state)
                        .append(' ')
                        .append(s.result)
                        .append(model.isWaiting(s.name) ? " waits in the model" : ""));
        return states.toString();
    }

    private void note(String what, Result expected) {
        log.append("\n  ").append(what).append(" -> ").append(expected);
    }
}
