package dev.palimpsest.wal;

import dev.palimpsest.events.WalFlush;
import dev.palimpsest.latch.Latch;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.storage.DiskFile;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * The WAL task: all writes and forces of the log. Whoever needs durability raises {@link #requested} and waits; while one force runs,
 * the others' records gather in the ring, and the next force serves them all.
 *
 * <p>It is RUNNING (looks at the requests before it parks), TIMED (parked until the writer delay is over) or IDLE (parked for good: the
 * log had nothing new for a whole delay). Whoever wants something from a parked task takes it to RUNNING by CAS and unparks it, so there
 * is one wake-up however many want it, and none while it runs. The task stores its state before it looks for work the last time, and
 * the others store their wish before they look at its state (all volatile): so one of the two sees the other.
 *
 * <p>Thread-safe but for {@link #run}, the task's body.
 */
final class WalWriter {
    private static final int RUNNING = 0;
    private static final int TIMED = 1;
    private static final int IDLE = 2;

    /**
     * A force is due once this much is there without one and nobody waits: bounds what a crash takes from commits that don't wait, and
     * what the commit after a big load has to wait for.
     */
    private static final int FORCE_AFTER_BYTES = 4 << 20;

    /** This much is written at once while nobody waits; never more than half the ring. */
    private static final int WRITE_AFTER_BYTES = 1 << 20;

    /** By this share of a segment forces are told from small ones, and a hole is filled ahead of them. */
    private static final int STRETCHES = 64;

    /** The next segment is asked for once this share of one is written. */
    private static final int ASK_AFTER = 4;

    private static final VarHandle REQUESTED;
    private static final VarHandle STATE;

    static {
        try {
            REQUESTED = MethodHandles.lookup().findVarHandle(WalWriter.class, "requested", long.class);
            STATE = MethodHandles.lookup().findVarHandle(WalWriter.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final WalSegments segments;
    private final WalRing ring;
    private final Scheduler scheduler;
    private final EnginePoison poison;
    private final long delayNanos;
    private final LongSupplier inserted;
    private final WalSegmentAllocator allocator;
    private final LsnWaiters flushWaiters;
    private final LsnWaiters spaceWaiters;
    private final CopyOnWriteArrayList<LongConsumer> listeners;
    private final Thread task;

    /** Up to here somebody wants durability; grows by CAS. */
    private volatile long requested;

    /** In the files; single writer: the task. */
    private volatile long written;

    /** Forced; single writer: the task. */
    private volatile long durable;

    /** Forced, and the listeners know; single writer: the task. */
    private volatile long acknowledged;

    /** For statistics; single writer: the task. */
    private volatile long forceCount;

    /** CAS from TIMED or IDLE to RUNNING by anybody, otherwise stored by the task. */
    private volatile int state;

    private volatile boolean stopping;
    private volatile boolean ended;

    // The task's own.
    private DiskFile file;
    private long fileSegment;
    private boolean fileDirty;

    /** Up to this offset the segment surely has its blocks; behind it there may be a hole. */
    private int filledTo;

    private int forcesOfSegment;
    private boolean nextAskedFor;

    /** For {@link #fillAhead}; null until then. */
    private ByteBuffer zeroes;

    private boolean timerSet;
    private long timer;

    WalWriter(
            WalSegments segments,
            WalRing ring,
            Scheduler scheduler,
            EnginePoison poison,
            WalOptions options,
            long start,
            LongSupplier inserted,
            CopyOnWriteArrayList<LongConsumer> listeners) {
        this.segments = segments;
        this.ring = ring;
        this.scheduler = scheduler;
        this.poison = poison;
        this.delayNanos = options.writerDelayNanos();
        this.inserted = inserted;
        this.listeners = listeners;
        this.flushWaiters = new LsnWaiters(scheduler);
        this.spaceWaiters = new LsnWaiters(scheduler);
        this.requested = start;
        this.written = start;
        this.durable = start;
        this.acknowledged = start;
        this.fileSegment = segments.segmentOf(start);
        this.file = segments.open(fileSegment);
        this.filledTo = (int) (start % segments.segmentBytes());
        this.allocator = new WalSegmentAllocator(segments, scheduler, fileSegment);
        this.task = scheduler.spawn("wal writer", this::run);
        poison.onPoison(this::wakeUp);
    }

    long written() {
        return written;
    }

    long durable() {
        return durable;
    }

    long acknowledged() {
        return acknowledged;
    }

    long forceCount() {
        return forceCount;
    }

    /** Called after each append, without latches of the log: makes sure that what was inserted gets written some time. */
    void inserted(long end) {
        int now = state;
        if (now != RUNNING && (now == IDLE || needsSpace(end))) {
            wakeUp();
        }
    }

    /** Asks for durability without waiting. {@code lsn} was inserted. */
    void request(long lsn) {
        for (long before = requested; before < lsn; before = requested) {
            if (REQUESTED.compareAndSet(this, before, lsn)) {
                wakeUp();
                return;
            }
        }
    }

    /** Waits until {@code lsn} is durable and acknowledged, or the task has ended. Caller has {@link #request}ed it. */
    void awaitFlush(long lsn) {
        assert Thread.currentThread() != task : "the WAL task can't wait for itself";
        assert Latch.noneHeld() : "waits for a force while holding a latch";
        flushWaiters.await(this, lsn, () -> acknowledged >= lsn || ended);
    }

    /** Waits until {@code lsn} is written, or the task has ended: then a ring's size behind it is free. */
    void awaitWritten(long lsn) {
        assert Thread.currentThread() != task : "the WAL task can't wait for itself";
        wakeUp();
        spaceWaiters.await(ring, lsn, () -> written >= lsn || ended);
    }

    /** Writes and forces what is left, unless the engine is poisoned, and ends the tasks. Callers see to it that nothing is appended. */
    void close() {
        stopping = true;
        wakeUp();
        scheduler.join(task);
    }

    private void wakeUp() {
        int now = state;
        if (now != RUNNING && STATE.compareAndSet(this, now, RUNNING)) {
            scheduler.unpark(task);
        }
    }

    private boolean needsSpace(long end) {
        return end - written > Math.min(ring.size() / 2, WRITE_AFTER_BYTES);
    }

    private void run() {
        try {
            while (!poison.isPoisoned() && serve()) {
                // all in serve
            }
        } catch (RuntimeException e) {
            poison.poison(e); // which the waiters get
        } catch (Error e) {
            poison.poison(e);
            throw e;
        } finally {
            end();
        }
    }

    private void end() {
        ended = true;
        flushWaiters.wakeAll();
        spaceWaiters.wakeAll();
        allocator.close();
        file.close();
    }

    /** One round. @return false when everything is durable and the task is to stop */
    private boolean serve() {
        long end = inserted.getAsLong();
        boolean unforced = end > durable;
        if (requested > durable || unforced && (stopping || timerIsOver() || end - durable >= FORCE_AFTER_BYTES)) {
            write(end);
            force();
            acknowledge();
        } else if (needsSpace(end)) {
            write(end);
        } else if (stopping) {
            return false;
        } else {
            await();
        }
        return true;
    }

    private void write(long end) {
        while (written < end) {
            long from = written;
            if (segments.segmentOf(from) != fileSegment) {
                nextSegment();
            }
            from = WalSegmentLayout.skipHeader(from, segments.segmentBytes());
            long to = Math.min(end, (fileSegment + 1) * segments.segmentBytes());
            var window = ring.window(from, to);
            to = from + window.remaining();
            file.write(window, from - fileSegment * segments.segmentBytes());
            fileDirty = true;
            written = to;
            spaceWaiters.wake(to);
            askForNext();
        }
        scheduler.step(Step.WAL_WRITTEN);
    }

    /**
     * In time, but not at once: a small database never needs a second segment. Where few forces fill a segment, writing its zeroes first would
     * be half of all that is written, and each of the few pays for its blocks easily; so then it is made without.
     */
    private void askForNext() {
        int offset = offsetInSegment();
        if (!nextAskedFor && offset >= segments.segmentBytes() / ASK_AFTER) {
            nextAskedFor = true;
            allocator.request(fileSegment + 1, offset / (forcesOfSegment + 1) < stretch());
        }
    }

    private int offsetInSegment() {
        return (int) (written - fileSegment * segments.segmentBytes());
    }

    private int stretch() {
        return segments.segmentBytes() / STRETCHES;
    }

    /**
     * The segment that is full is forced before anything is written to the next: so a record in a later segment proves that all before it
     * was durable, and the reader can tell damage from the end of the log.
     */
    private void nextSegment() {
        if (fileDirty) {
            file.force();
            fileDirty = false;
        }
        allocator.await(fileSegment + 1);
        file.close();
        fileSegment++;
        file = segments.open(fileSegment);
        filledTo = allocator.isFilled(fileSegment) ? segments.segmentBytes() : 0;
        forcesOfSegment = 0;
        nextAskedFor = false;
    }

    private void force() {
        if (fileDirty) {
            WalFlush event = WalFlush.start();
            fillAhead();
            file.force();
            event.finish(written - durable);
            forcesOfSegment++;
            fileDirty = false;
            forceCount++;
        }
        timerSet = false;
        durable = written;
        scheduler.step(Step.WAL_FORCED);
    }

    /**
     * A force after a write into a hole has to record the new blocks too, which costs another write. Where forces are small, the first of
     * them gets blocks for the next ones as well: zeroes behind the log's end, where there are none but zeroes.
     */
    private void fillAhead() {
        int offset = offsetInSegment();
        int length = Math.min(stretch(), segments.segmentBytes() - offset);
        if (offset <= filledTo || length <= 0) {
            return;
        }
        filledTo = offset;
        if (written - durable < stretch()) {
            if (zeroes == null) {
                zeroes = ByteBuffer.allocateDirect(stretch());
            }
            file.write(zeroes.clear().limit(length), offset);
            filledTo += length;
        }
    }

    private void acknowledge() {
        long reached = durable;
        for (LongConsumer listener : listeners) {
            listener.accept(reached);
        }
        acknowledged = reached;
        flushWaiters.wake(reached);
    }

    private void await() {
        long now = scheduler.nanoTime();
        if (!timerSet) {
            timerSet = true;
            timer = now + delayNanos;
        }
        boolean idle = now - timer >= 0; // and nothing unforced, or serve would have forced it
        state = idle ? IDLE : TIMED;
        if (!hasWork(idle)) {
            scheduler.park(this, idle ? Long.MAX_VALUE : timer - now);
        }
        state = RUNNING;
        if (idle) {
            timerSet = false;
        }
    }

    private boolean hasWork(boolean idle) {
        long end = inserted.getAsLong();
        return requested > durable || stopping || poison.isPoisoned() || needsSpace(end) || idle && end > durable;
    }

    private boolean timerIsOver() {
        return timerSet && scheduler.nanoTime() - timer >= 0;
    }
}
