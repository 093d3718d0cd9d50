package dev.palimpsest.catalog;

import dev.palimpsest.api.SequenceSchema;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.buffer.PageGuard;
import dev.palimpsest.id.Xid;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalRecordBuilder;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Hands out a sequence's values; not transactional. {@value #AHEAD} values are reserved in the log at a time, so a crash leaves a gap of as
 * many at most and never repeats one: whoever uses a value commits behind its reservation in the log ({@link #isReservationDurable}).
 *
 * <p>Thread-safe. Source of the idea: PostgreSQL, {@code sequence.c}, SEQ_LOG_VALS.
 */
public final class Sequence {
    static final int AHEAD = 32;

    private final PageFile file;
    private final Wal wal;
    private final SequenceSchema schema;

    /** Used under the page's exclusive latch. */
    private final WalRecordBuilder record = new WalRecordBuilder();

    /** What is handed out from; null until the page was read. Replaced under the page's exclusive latch, when its record is in the log. */
    private volatile Reservation current;

    /** A run of values that the page says were handed out: {@code count} of them from {@code first} on. */
    private static final class Reservation {
        final long first;
        final int count;

        /** What the page said before: the truth if none of them is taken. */
        final long valueBefore;

        final boolean calledBefore;
        final long lsn;

        /** Grows beyond {@link #count} when they are used up. */
        final AtomicLong taken = new AtomicLong();

        Reservation(long first, int count, long valueBefore, boolean calledBefore, long lsn) {
            this.first = first;
            this.count = count;
            this.valueBefore = valueBefore;
            this.calledBefore = calledBefore;
            this.lsn = lsn;
        }
    }

    Sequence(PageFile file, Wal wal, SequenceSchema schema) {
        this.file = file;
        this.wal = wal;
        this.schema = schema;
    }

    /** Makes the page of a new sequence. */
    void create(long xid) {
        try (PageGuard guard = file.latchNew()) {
            write(guard.frame(), schema.start(), false, xid);
        }
    }

    public SequenceSchema schema() {
        return schema;
    }

    /** @throws UsageException 2200H when it is used up */
    public long nextValue() {
        for (; ; ) {
            Reservation reserved = current;
            if (reserved != null) {
                long index = reserved.taken.getAndIncrement();
                if (index < reserved.count) {
                    return reserved.first + index * schema.increment();
                }
            }
            reserveMore(reserved);
        }
    }

    /**
     * Would the values handed out so far stay handed out after a crash now? If not, who took one and tells somebody has to commit with a
     * record of his own, which is durable only after the reservation.
     */
    public boolean isReservationDurable() {
        Reservation reserved = current;
        return reserved == null || reserved.lsn <= wal.durableLsn();
    }

    /**
     * Makes a value the last one, or with {@code called} false the next one.
     *
     * @throws UsageException 22003
     */
    public void setValue(long value, boolean called, long xid) {
        if (value < schema.minValue() || value > schema.maxValue()) {
            throw new UsageException(
                    SqlState.NUMERIC_VALUE_OUT_OF_RANGE,
                    "setval: value " + value + " is out of bounds for sequence \"" + schema.name() + "\" ("
                            + schema.minValue() + ".." + schema.maxValue() + ")");
        }
        try (PageGuard guard = file.latchExclusive(0)) {
            checkPage(guard.frame());
            long lsn = write(guard.frame(), value, called, xid);
            current = new Reservation(value, 0, value, called, lsn);
        }
    }

    /** Before a clean shutdown: the next run goes on without a gap. Nobody takes values any more. */
    void giveBack() {
        Reservation reserved = current;
        if (reserved == null || reserved.taken.get() >= reserved.count) {
            return;
        }
        long taken = reserved.taken.get();
        long last = taken == 0 ? reserved.valueBefore : reserved.first + (taken - 1) * schema.increment();
        try (PageGuard guard = file.latchExclusive(0)) {
            write(guard.frame(), last, taken > 0 || reserved.calledBefore, Xid.NONE);
        }
    }

    /** What is wrong with its page, or null. */
    public String problem() {
        if (file.blockCount() != 1) {
            return file.path() + " blocks=" + file.blockCount() + " expected=1";
        }
        try (PageGuard guard = file.latchShared(0)) {
            if (!SequenceLog.isSequence(guard.page())) {
                return file.path() + " block 0: not a sequence's page";
            }
            long value = SequenceLog.value(guard.page());
            boolean inBounds = value >= schema.minValue() && value <= schema.maxValue();
            return inBounds
                    ? null
                    : file.path() + " block 0: value=" + value + " min=" + schema.minValue() + " max="
                            + schema.maxValue();
        }
    }

    /** @param used the reservation that has nothing left; null for none yet */
    private void reserveMore(Reservation used) {
        try (PageGuard guard = file.latchExclusive(0)) {
            if (current != used) {
                return; // somebody else did
            }
            ByteBuffer page = guard.page();
            checkPage(guard.frame());
            long value = SequenceLog.value(page);
            boolean called = SequenceLog.isCalled(page);
            long first = called ? following(value) : value;
            int count = room(first);
            long lsn = write(guard.frame(), first + (count - 1) * schema.increment(), true, Xid.NONE);
            current = new Reservation(first, count, value, called, lsn);
        }
    }

    /** The value after one within the bounds. */
    private long following(long value) {
        if (Long.compareUnsigned(distanceToEnd(value), step()) >= 0) {
            return value + schema.increment();
        }
        boolean up = schema.increment() > 0;
        if (!schema.cycle()) {
            throw new UsageException(
                    SqlState.SEQUENCE_GENERATOR_LIMIT_EXCEEDED,
                    "nextval: reached " + (up ? "maximum" : "minimum") + " value of sequence \"" + schema.name()
                            + "\" (" + (up ? schema.maxValue() : schema.minValue()) + ")");
        }
        return up ? schema.minValue() : schema.maxValue();
    }

    /** How many values may be handed out from {@code first} on, up to {@link #AHEAD}. */
    private int room(long first) {
        long steps = Long.divideUnsigned(distanceToEnd(first), step());
        return Long.compareUnsigned(steps, AHEAD - 1) >= 0 ? AHEAD : (int) steps + 1;
    }

    /** Unsigned: the bounds may be as far apart as longs are. */
    private long distanceToEnd(long value) {
        return schema.increment() > 0 ? schema.maxValue() - value : value - schema.minValue();
    }

    /** The increment without its sign, unsigned. */
    private long step() {
        return schema.increment() > 0 ? schema.increment() : -schema.increment();
    }

    /** Caller holds the page exclusively. */
    private long write(Frame frame, long value, boolean called, long xid) {
        frame.markDirty();
        try {
            SequenceLog.apply(frame.page, value, called);
            SequenceLog.form(record, frame.pageId(), frame.page, xid);
            return wal.append(record);
        } catch (Throwable e) {
            wal.poison(e);
            throw e;
        }
    }

    private void checkPage(Frame frame) {
        if (!SequenceLog.isSequence(frame.page)) {
            throw new StoppedException(
                    SqlState.DATA_CORRUPTED, "invalid sequence in block 0 of relation file " + file.path());
        }
    }
}
