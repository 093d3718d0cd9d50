package dev.palimpsest.sim;

import java.util.concurrent.locks.LockSupport;

/**
 * A task of {@link SeededScheduler}: a thread that runs only while it has the turn.
 *
 * <p>All fields but {@link #turn} are guarded by the turn itself: whoever has it is the only one that runs, and handing
 * it over (a volatile store and load) publishes them.
 */
final class SimulatedTask extends Thread {
    enum State {
        RUNNABLE,
        PARKED,
        JOINING,
        ENDED
    }

    static final long NO_DEADLINE = Long.MAX_VALUE;

    final SeededScheduler scheduler;
    final int number;

    /** A session, whose end the run waits for; else an engine task. */
    final boolean foreground;

    State state = State.RUNNABLE;
    boolean started;
    boolean permit;
    boolean interruptPending;
    long deadline = NO_DEADLINE;
    Object blocker;
    SimulatedTask joined;
    long priority;
    int unwindings;

    /** Stored true by the task that hands over, false by this one when it takes it. */
    private volatile boolean turn;

    private final Runnable body;

    SimulatedTask(SeededScheduler scheduler, int number, String name, boolean foreground, Runnable body) {
        super(null, null, name, 0, false);
        this.scheduler = scheduler;
        this.number = number;
        this.foreground = foreground;
        this.body = body;
        setDaemon(true);
    }

    @Override
    public void run() {
        Throwable failure = null;
        try {
            takeTurn();
            scheduler.resumed(this);
            body.run();
        } catch (Throwable e) {
            failure = e;
        }
        scheduler.ended(this, failure);
    }

    /** The engine spreads threads by their ids: these must be the same for the same seed. */
    @Override
    @SuppressWarnings("deprecation") // from 19 on
    public long getId() {
        return number;
    }

    /** By the task that has the turn; it must not do anything more before it has it again. */
    void giveTurn() {
        turn = true;
        if (started) {
            LockSupport.unpark(this);
        } else {
            started = true;
            start();
        }
    }

    /** Waits for the turn. A real interrupt meanwhile is kept. */
    void takeTurn() {
        boolean interrupted = false;
        while (!turn) {
            LockSupport.park(this);
            interrupted |= Thread.interrupted();
        }
        turn = false;
        if (interrupted) {
            interrupt();
        }
    }

    boolean canRun(long clock) {
        return state == State.RUNNABLE || state == State.PARKED && deadline <= clock;
    }

    /** For reports: what it does or waits for, and where. */
    String describe() {
        StringBuilder text = new StringBuilder("  #")
                .append(number)
                .append(foreground ? " session " : " engine task ")
                .append(getName())
                .append(' ')
                .append(state);
        if (state == State.JOINING) {
            text.append(" #").append(joined.number).append(' ').append(joined.getName());
        } else if (state == State.PARKED) {
            text.append(" on ").append(blocker).append(deadline == NO_DEADLINE ? "" : " until clock=" + deadline);
        }
        for (StackTraceElement frame : getStackTrace()) {
            if (!frame.getClassName().startsWith("java.util.concurrent.locks.")
                    && !frame.getClassName().contains("misc.Unsafe")) {
                text.append("\n      at ").append(frame);
            }
        }
        return text.toString();
    }
}
