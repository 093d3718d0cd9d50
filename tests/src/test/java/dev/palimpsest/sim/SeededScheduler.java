package dev.palimpsest.sim;

import dev.palimpsest.scheduler.Fault;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.sim.SimulatedTask.State;
import dev.palimpsest.sim.Trace.Event;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * Runs tasks one at a time on real threads and chooses the next one by seed at each {@link #park}, {@link #step}, join
 * and end, so that the same seed gives the same interleaving. The clock is virtual: it moves a little at each step, and
 * jumps to the earliest timeout when nobody can run. One object serves one run. See README.md.
 *
 * <p>{@link #unpark} and {@link #spawn} never switch, so they may be called in a monitor; {@link #park} and {@link
 * #step} may not: the next task would block in the monitor, which is reported after {@link #STUCK_SECONDS}.
 *
 * <p>Thread-safe: all fields are guarded by the turn (see {@link SimulatedTask}), of which there is one; before {@link
 * #run} it is with the thread that made the object.
 */
public final class SeededScheduler implements Scheduler {
    private static final long STUCK_SECONDS = 60;
    private static final long STALL_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final long START_MICROS = 1_700_000_000_000_000L;
    private static final int MOST_UNWINDINGS = 1_000;
    private static final long[] STEP_NANOS = {100, 10_000, 1_000_000};

    private final long seed;
    private final SplittableRandom choices;
    private final SplittableRandom handedOut;
    private final SwitchPolicy policy;
    private final Trace trace = new Trace();
    private final List<SimulatedTask> tasks = new ArrayList<>();
    private final List<SimulatedTask> candidates = new ArrayList<>();
    private final CountDownLatch done = new CountDownLatch(1);
    private final long stepNanos;
    private final boolean wakesSpuriously;
    private final Set<Fault> faults = EnumSet.noneOf(Fault.class);
    private long mostEvents = 20_000_000;
    private int sessionsLeft;
    private long lastSessionClock;
    private boolean endedByPowerCut;
    private SimulationFailure failure;

    /** Also read by threads that aren't tasks. */
    private volatile long clock;

    /** The task that has the turn; read by {@link #run}'s watch too. */
    private volatile SimulatedTask running;

    /** Steps and waits so far; read by {@link #run}'s watch too. */
    private volatile long beat;

    private volatile boolean over;

    public SeededScheduler(long seed) {
        this.seed = seed;
        SplittableRandom root = new SplittableRandom(seed);
        choices = root.split();
        handedOut = root.split();
        policy = new SwitchPolicy(root.split());
        stepNanos = STEP_NANOS[choices.nextInt(STEP_NANOS.length)];
        wakesSpuriously = choices.nextInt(4) == 0;
    }

    /** A limit on a run that finds no end; 20 million events unless told. */
    public SeededScheduler limitEvents(long count) {
        mostEvents = count;
        return this;
    }

    /** Puts a bug into the engine that is opened with this. */
    public SeededScheduler seed(Fault fault) {
        faults.add(fault);
        return this;
    }

    @Override
    public boolean isSeeded(Fault fault) {
        return faults.contains(fault);
    }

    /**
     * Runs {@code root} as the first session until all sessions have ended, then unwinds the engine tasks that are
     * left.
     *
     * @throws SimulationFailure if a task failed, all sessions wait for ever, or there is no end. A task that died of a power cut
     *     is no failure: all others die with it and this returns ({@link #endedByPowerCut})
     */
    public void run(Runnable root) {
        if (running != null || over) {
            throw new IllegalStateException("a scheduler runs once: make a new one");
        }
        spawnSession("main", root);
        SimulatedTask first = policy.choose(List.copyOf(tasks), null);
        running = first;
        first.giveTurn();
        awaitEnd();
        if (failure != null) {
            throw failure;
        }
    }

    /** Starts a session: a task whose end {@link #run} waits for, and that may not write to the disk itself. */
    public Thread spawnSession(String name, Runnable body) {
        return start(name, true, body);
    }

    /** The only interrupt that is delivered at a defined moment: ends the task's wait, or waits for it there. */
    public void interrupt(Thread thread) {
        SimulatedTask self = current();
        SimulatedTask task = taskOf(thread);
        trace.add(self, Event.INTERRUPT, task.number);
        if (task == self) {
            self.interrupt();
        } else {
            task.interruptPending = true;
            if (task.state == State.PARKED) {
                task.state = State.RUNNABLE;
            }
        }
    }

    /** Ends the simulation from within a task: all tasks unwind. */
    public void abandonAll() {
        current();
        over = true;
        throw new SimulationOver();
    }

    public boolean endedByPowerCut() {
        return endedByPowerCut;
    }

    /** Over each event's task, kind and detail, in order. After {@link #run}. */
    public long traceHash() {
        return trace.hash();
    }

    public long eventCount() {
        return trace.count();
    }

    @Override
    public void step(Step step) {
        SimulatedTask self = current();
        trace.add(self, Event.STEP, step.ordinal());
        tick(self);
        if (policy.wantsChoice(self)) {
            handOver(self, self);
        }
    }

    @Override
    public void park(Object blocker, long nanos) {
        SimulatedTask self = current();
        boolean pending = Thread.currentThread().isInterrupted();
        if (self.permit || pending || nanos <= 0) {
            trace.add(self, Event.PARK_WITH_PERMIT, 0);
            self.permit = false;
        } else if (wakesSpuriously && choices.nextInt(16) == 0) {
            trace.add(self, Event.SPURIOUS, 0);
        } else {
            trace.add(self, Event.PARK, nanos);
            self.state = State.PARKED;
            self.blocker = blocker;
            self.deadline = nanos > Long.MAX_VALUE - clock ? SimulatedTask.NO_DEADLINE : clock + nanos;
        }
        tick(self);
        policy.wantsChoice(self); // a park that returns at once counts towards a long run
        handOver(self, null);
    }

    @Override
    public void unpark(Thread thread) {
        if (over) {
            return;
        }
        SimulatedTask self = current();
        SimulatedTask task = taskOf(thread);
        trace.add(self, Event.UNPARK, task.number);
        if (task.state == State.PARKED) {
            task.state = State.RUNNABLE;
        } else if (task.state != State.ENDED) {
            task.permit = true;
        }
    }

    @Override
    public Thread spawn(String name, Runnable body) {
        return start(name, false, body);
    }

    @Override
    public void join(Thread thread) {
        SimulatedTask self = current();
        SimulatedTask task = taskOf(thread);
        trace.add(self, Event.JOIN, task.number);
        if (task.state != State.ENDED) {
            self.state = State.JOINING;
            self.joined = task;
        }
        handOver(self, null);
    }

    @Override
    public boolean onEngineTask() {
        return Thread.currentThread() instanceof SimulatedTask task && task.scheduler == this && !task.foreground;
    }

    @Override
    public long nanoTime() {
        return clock;
    }

    @Override
    public long currentTimeMicros() {
        return START_MICROS + clock / 1_000;
    }

    /** Part of the seed's choices: only for tasks. */
    @Override
    public RandomGenerator random() {
        current();
        return handedOut;
    }

    /** The task runs for the first time, or again. */
    void resumed(SimulatedTask self) {
        running = self;
        if (over) {
            unwind(self);
        }
        if (self.state == State.PARKED) {
            trace.add(self, Event.TIMEOUT, clock);
            self.state = State.RUNNABLE;
        }
        self.deadline = SimulatedTask.NO_DEADLINE;
        self.blocker = null;
        if (self.foreground) {
            lastSessionClock = clock;
        }
        if (self.interruptPending) {
            self.interruptPending = false;
            self.interrupt();
        }
    }

    /** The task's last words, on its own thread. */
    void ended(SimulatedTask self, Throwable thrown) {
        if (self.state == State.ENDED) {
            return; // given up before
        }
        trace.add(self, Event.END, 0);
        self.state = State.ENDED;
        if (thrown != null && !over && !(thrown instanceof SimulationOver)) {
            if (isPowerCut(thrown)) {
                endedByPowerCut = true;
                over = true;
            } else {
                fail((self.foreground ? "session " : "engine task ") + self.getName() + " failed: " + thrown, thrown);
            }
        }
        for (SimulatedTask task : tasks) {
            if (task.state == State.JOINING && task.joined == self) {
                task.state = State.RUNNABLE;
            }
        }
        if (self.foreground && --sessionsLeft == 0) {
            over = true;
        }
        giveTurn(self, next(null));
    }

    private Thread start(String name, boolean foreground, Runnable body) {
        SimulatedTask self = running == null ? null : current();
        if (over) {
            throw new SimulationOver();
        }
        SimulatedTask task = new SimulatedTask(this, tasks.size(), name, foreground, body);
        policy.created(task);
        tasks.add(task);
        sessionsLeft += foreground ? 1 : 0;
        if (self != null) {
            trace.add(self, Event.SPAWN, task.number);
        }
        return task;
    }

    private void tick(SimulatedTask self) {
        clock += stepNanos;
        if (++beat > mostEvents) {
            fail("no end after " + mostEvents + " steps and waits", null);
            unwind(self);
        }
    }

    /** @param leaving this task where it is to give way though it could go on, or null */
    private void handOver(SimulatedTask self, SimulatedTask leaving) {
        SimulatedTask next = next(leaving);
        if (next != self) {
            giveTurn(self, next);
            self.takeTurn();
        }
        resumed(self);
    }

    private void giveTurn(SimulatedTask self, SimulatedTask next) {
        if (next == null) {
            done.countDown();
        } else {
            trace.add(self, Event.SWITCH, next.number);
            next.giveTurn();
        }
    }

    /** @return null when all have ended */
    private SimulatedTask next(SimulatedTask leaving) {
        while (!over) {
            candidates.clear();
            long earliest = SimulatedTask.NO_DEADLINE;
            for (SimulatedTask task : tasks) {
                if (task.canRun(clock)) {
                    candidates.add(task);
                } else if (task.state == State.PARKED) {
                    earliest = Math.min(earliest, task.deadline);
                }
            }
            if (sessionsStall(earliest)) {
                fail("deadlock: no session can ever run", null);
            } else if (!candidates.isEmpty()) {
                return policy.choose(candidates, leaving);
            } else {
                clock = earliest;
            }
        }
        return nextToUnwind();
    }

    /** Nobody can run at all; or engine tasks only tick for a long time while every session waits without a timeout. */
    private boolean sessionsStall(long earliest) {
        if (candidates.isEmpty() && earliest == SimulatedTask.NO_DEADLINE) {
            return true;
        }
        if (clock - lastSessionClock < STALL_NANOS) {
            return false;
        }
        for (SimulatedTask task : tasks) {
            if (task.foreground && (task.canRun(clock) || task.deadline != SimulatedTask.NO_DEADLINE)) {
                return false;
            }
        }
        return true;
    }

    private SimulatedTask nextToUnwind() {
        for (SimulatedTask task : tasks) {
            if (!task.started) {
                task.state = State.ENDED;
            }
            if (task.state != State.ENDED) {
                return task;
            }
        }
        return null;
    }

    /** Ends this task's part in a run that is over; one that swallows that again and again is left standing. */
    private void unwind(SimulatedTask self) {
        self.state = State.RUNNABLE;
        if (++self.unwindings > MOST_UNWINDINGS) {
            self.state = State.ENDED;
            if (failure == null) {
                fail("task " + self.getName() + " swallows the end of the simulation\n" + self.describe(), null);
            }
            giveTurn(self, nextToUnwind());
            self.takeTurn(); // never comes
        }
        throw new SimulationOver();
    }

    private void fail(String what, Throwable cause) {
        over = true;
        failure = new SimulationFailure(report(what, cause == null), cause);
    }

    private String report(String what, boolean withTasks) {
        StringBuilder text = new StringBuilder(what)
                .append("\n  seed=")
                .append(seed)
                .append(" clock=")
                .append(clock)
                .append(" events=")
                .append(trace.count())
                .append(" (")
                .append(policy)
                .append(")\n  last events:")
                .append(trace.lastEvents());
        if (withTasks) {
            for (SimulatedTask task : tasks) {
                if (task.state != State.ENDED) {
                    text.append('\n').append(task.describe());
                }
            }
        }
        return text.toString();
    }

    /** The one wait in real time: a task that blocks outside the scheduler would hang the run without a word. */
    private void awaitEnd() {
        try {
            long seen = -1;
            int quiet = 0;
            while (!done.await(1, TimeUnit.SECONDS)) {
                quiet = beat == seen ? quiet + 1 : 0;
                seen = beat;
                if (quiet >= STUCK_SECONDS) {
                    throw new SimulationFailure(
                            report(
                                    "task " + running.getName() + " hasn't reached a wait or a step for "
                                            + STUCK_SECONDS
                                            + " s: does it block outside the scheduler, or is a monitor held over a step?",
                                    true),
                            null);
                }
            }
            for (SimulatedTask task : tasks) {
                if (task.started && task.unwindings <= MOST_UNWINDINGS) {
                    task.join();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SimulationFailure(report("the thread that waits for the run was interrupted", false), e);
        }
    }

    /** The task that calls. */
    private SimulatedTask current() {
        if (!(Thread.currentThread() instanceof SimulatedTask task) || task.scheduler != this) {
            throw new IllegalStateException("thread " + Thread.currentThread().getName()
                    + " isn't a task of this seeded scheduler: make the call inside run(...) or spawnSession(...)");
        }
        assert task == running : "a task runs without its turn: " + task.getName();
        if (over && task.state != State.ENDED) {
            unwind(task);
        }
        return task;
    }

    private SimulatedTask taskOf(Thread thread) {
        if (thread instanceof SimulatedTask task && task.scheduler == this) {
            return task;
        }
        throw new IllegalStateException("thread " + thread.getName() + " isn't a task of this seeded scheduler");
    }

    private static boolean isPowerCut(Throwable thrown) {
        for (Throwable e = thrown; e != null; e = e.getCause()) {
            if (e instanceof PowerCutException) {
                return true;
            }
        }
        return false;
    }
}
