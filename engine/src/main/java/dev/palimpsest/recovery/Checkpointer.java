package dev.palimpsest.recovery;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.events.Checkpoint;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.wal.EnginePoison;
import dev.palimpsest.wal.Wal;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The task that moves the redo position forward, so that recovery stays short and the log can be cut off behind it.
 *
 * <p>A checkpoint begins on request, by log volume, or by time. There is one at a time, all on this task. Its steps, why they are in this
 * order and what a crash between any two leaves: README.md.
 *
 * <p>Thread-safe but for {@link #run}.
 */
public final class Checkpointer {
    /** The pacer looks again this often. */
    private static final long PACE_NANOS = 20_000_000L;

    private final Wal wal;
    private final ControlFile controlFile;
    private final CheckpointParticipants participants;
    private final Scheduler scheduler;
    private final CheckpointOptions options;
    private final EnginePoison poison;
    private final AtomicLong requested = new AtomicLong();
    private final ConcurrentLinkedQueue<Thread> waiters = new ConcurrentLinkedQueue<>();

    /** How many requests are fulfilled; single writer: the task. */
    private volatile long served;

    /** Checkpoints done; single writer: the task. */
    private volatile long checkpointCount;

    /** Start of the last checkpoint; single writer: the task. */
    private volatile long lastRedo;

    /** The last control record written; single writer: the task. */
    private volatile ControlRecord control;

    private volatile boolean stopping;
    private volatile boolean cleanShutdown;
    private volatile boolean ended;
    private volatile Thread task;

    // The task's own.
    private long lastStart;

    /** @param control as read at open; of sequence 0 for a new database, whose first checkpoint then creates the control file */
    public Checkpointer(
            Wal wal,
            ControlFile controlFile,
            ControlRecord control,
            CheckpointParticipants participants,
            Scheduler scheduler,
            CheckpointOptions options) {
        this.wal = wal;
        this.controlFile = controlFile;
        this.control = control;
        this.participants = participants;
        this.scheduler = scheduler;
        this.options = options;
        this.poison = wal.poison();
    }

    /**
     * Starts the task, once the log is started; on the engine task that opens the database.
     *
     * @param checkpointNow recovery ends with a checkpoint; false after a clean shutdown, which left nothing to write
     */
    public void start(boolean checkpointNow) {
        if (checkpointNow) {
            checkpoint(false, true);
        } else {
            control = controlFile.write(control, control.inUse());
        }
        lastRedo = wal.redoLsn();
        lastStart = scheduler.nanoTime();
        wal.onDurable(this::wakeByVolume);
        poison.onPoison(this::wakeUp);
        task = scheduler.spawn("checkpointer", this::run);
    }

    /**
     * Waits for a checkpoint that begins after this call, at full speed. Interrupts don't end the wait.
     *
     * @throws StoppedException if the engine stops before it is done
     */
    public void checkpoint() {
        wal.checkUsable();
        long mine = requested.incrementAndGet();
        waiters.add(Thread.currentThread());
        wakeUp();
        scheduler.awaitUninterruptibly(this, () -> served >= mine || ended);
        waiters.remove(Thread.currentThread());
        if (served < mine) {
            wal.checkUsable();
            throw new StoppedException(SqlState.ADMIN_SHUTDOWN, "the database is closed");
        }
    }

    /**
     * Ends the task, with a last checkpoint if {@code clean}: then everybody else has stopped changing the database. The log is closed
     * after this.
     */
    public void close(boolean clean) {
        cleanShutdown = clean;
        stopping = true;
        wakeUp();
        Thread running = task;
        if (running != null) {
            scheduler.join(running);
        }
    }

    public long checkpointCount() {
        return checkpointCount;
    }

    /** The last control record written. */
    public ControlRecord control() {
        return control;
    }

    private void run() {
        try {
            while (!stopping && !poison.isPoisoned()) {
                if (!checkpointIfDue()) {
                    await();
                }
            }
            if (cleanShutdown && !poison.isPoisoned()) {
                checkpoint(true, true);
            }
        } catch (RuntimeException e) {
            poison.poison(e);
        } catch (Error e) {
            poison.poison(e);
            throw e;
        } finally {
            ended = true;
            waiters.forEach(scheduler::unpark);
        }
    }

    private boolean checkpointIfDue() {
        long wanted = requested.get();
        boolean now = wanted > served;
        if (!now && !isDueByVolume(wal.insertLsn()) && !isDueByTime()) {
            return false;
        }
        checkpoint(false, now);
        if (now) {
            served = wanted;
            waiters.forEach(scheduler::unpark);
        }
        return true;
    }

    /** One checkpoint, step by step as in README.md. A crash anywhere in it leaves the one before in force. */
    private void checkpoint(boolean shutdown, boolean immediate) {
        lastStart = scheduler.nanoTime();
        Checkpoint event = Checkpoint.start();
        long redo = wal.moveRedo();
        lastRedo = redo;
        scheduler.step(Step.CHECKPOINT_REDO_CHOSEN);
        wal.flush(redo);
        participants.awaitEffects(redo);

        long nextXid = participants.nextXid(); // before the statuses are written, which then cover all xids below it
        participants.writeStatus();
        long statusPoint = participants.statusPoint(); // after them: what was cut off meanwhile isn't among them
        participants.writePages((done, total) -> pace(redo, immediate, done, total));
        scheduler.step(Step.CHECKPOINT_PAGES_WRITTEN);

        int nextFileNumber = participants.nextFileNumber();
        long nextOid = participants.nextOid();
        long end = wal.append(CheckpointRecord.form(shutdown, redo, nextXid, nextFileNumber, nextOid));
        wal.flush(end);
        scheduler.step(Step.CHECKPOINT_LOGGED);

        ControlRecord before = control;
        ControlRecord next = new ControlRecord(
                0,
                before.databaseId(),
                shutdown,
                end,
                redo,
                nextXid,
                nextFileNumber,
                nextOid,
                before.walSegmentBytes(),
                statusPoint);
        control = before.sequence() == 0 ? controlFile.create(next) : controlFile.write(before, next);
        scheduler.step(Step.CHECKPOINT_CONTROL_WRITTEN);
        // what the other copy of the control record needs stays
        wal.removeBefore(before.redoLsn());
        participants.removeStatus(before.statusPoint());
        checkpointCount++;
        event.finish(immediate, redo);
    }

    /** Waits while the share of the pages written is ahead of the share of the log volume and of the time that it may take. */
    private void pace(long redo, boolean immediate, int done, int total) {
        while (!immediate && !isHurried() && isAhead(redo, done, total)) {
            scheduler.park(this, PACE_NANOS);
        }
    }

    private boolean isHurried() {
        return stopping || requested.get() > served || poison.isPoisoned();
    }

    private boolean isAhead(long redo, int done, int total) {
        double target = options.completionTarget();
        double share = (double) done / Math.max(1, total) * target;
        double volume = (double) (wal.insertLsn() - redo) / options.maxWalBytes();
        double time = (double) (scheduler.nanoTime() - lastStart) / options.timeoutNanos();
        return done < total && share > volume && share > time;
    }

    private void await() {
        scheduler.park(this, Math.max(1, options.timeoutNanos() - (scheduler.nanoTime() - lastStart)));
    }

    private boolean isDueByVolume(long end) {
        return end - lastRedo >= options.maxWalBytes();
    }

    /** Not in a database that rests: behind the last checkpoint there is its own record at most. */
    private boolean isDueByTime() {
        if (scheduler.nanoTime() - lastStart < options.timeoutNanos()) {
            return false;
        }
        if (wal.insertLsn() > control.checkpointLsn()) {
            return true;
        }
        lastStart = scheduler.nanoTime();
        return false;
    }

    private void wakeByVolume(long durable) {
        if (isDueByVolume(durable)) {
            wakeUp();
        }
    }

    private void wakeUp() {
        Thread running = task;
        if (running != null) {
            scheduler.unpark(running);
        }
    }
}
