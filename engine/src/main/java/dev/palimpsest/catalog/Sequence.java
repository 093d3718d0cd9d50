package dev.palimpsest.catalog;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.buffer.PageGuard;
import dev.palimpsest.id.Xid;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalRecordBuilder;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Hands out 1, 2, 3, … for an identity column; not transactional. {@value #AHEAD} values are reserved in the log at a time, so a crash
 * leaves a gap of as many at most and never repeats one: whoever uses a value commits behind its reservation in the log.
 *
 * <p>Thread-safe. Source of the idea: PostgreSQL, {@code sequence.c}, SEQ_LOG_VALS.
 */
public final class Sequence {
    static final int AHEAD = 32;

    private final PageFile file;
    private final Wal wal;

    /** Used under the page's exclusive latch. */
    private final WalRecordBuilder record = new WalRecordBuilder();

    /** The next value. CAS; 0 until the page was read. */
    private final AtomicLong next = new AtomicLong();

    /** Values up to here are reserved. Written under the page's exclusive latch, before {@code next} passes it. */
    private volatile long reserved;

    Sequence(PageFile file, Wal wal) {
        this.file = file;
        this.wal = wal;
    }

    /** Makes the page of a new sequence. */
    void create(long xid) {
        try (PageGuard guard = file.latchNew()) {
            write(guard.frame(), 0, xid);
        }
        next.set(1);
    }

    /** @throws UsageException 22003 when the numbers are used up */
    public long nextValue() {
        for (; ; ) {
            long value = next.get();
            if (value == 0 || value > reserved) {
                reserveMore();
            } else if (value == Long.MAX_VALUE) {
                throw new UsageException(
                        SqlState.NUMERIC_VALUE_OUT_OF_RANGE,
                        "nextval: reached maximum value of sequence (" + Long.MAX_VALUE + ")",
                        "file=" + file.path());
            } else if (next.compareAndSet(value, value + 1)) {
                return value;
            }
        }
    }

    /** Before a clean shutdown: the next run goes on without a gap. Nobody takes values any more. */
    void giveBack() {
        long value = next.get();
        if (value != 0 && value <= reserved) {
            try (PageGuard guard = file.latchExclusive(0)) {
                write(guard.frame(), value - 1, Xid.NONE);
            }
        }
    }

    /** What is wrong with its page, or null. */
    public String problem() {
        if (file.blockCount() != 1) {
            return file.path() + " blocks=" + file.blockCount() + " expected=1";
        }
        try (PageGuard guard = file.latchShared(0)) {
            boolean sound = SequenceLog.isSequence(guard.page()) && SequenceLog.last(guard.page()) >= 0;
            return sound ? null : file.path() + " block 0: not a sequence's page";
        }
    }

    private void reserveMore() {
        try (PageGuard guard = file.latchExclusive(0)) {
            checkPage(guard.frame());
            long last = SequenceLog.last(guard.page());
            long value = next.get();
            if (value == 0) {
                next.compareAndSet(0, last + 1);
                value = last + 1;
            }
            if (value > reserved) {
                write(guard.frame(), value > Long.MAX_VALUE - AHEAD ? Long.MAX_VALUE : value + AHEAD - 1, Xid.NONE);
            }
        }
    }

    /** Caller holds the page exclusively. */
    private void write(Frame frame, long last, long xid) {
        frame.markDirty();
        try {
            SequenceLog.apply(frame.page, last);
            SequenceLog.form(record, frame.pageId(), frame.page, xid);
            wal.append(record);
        } catch (Throwable e) {
            wal.poison(e);
            throw e;
        }
        reserved = last;
    }

    private void checkPage(Frame frame) {
        if (!SequenceLog.isSequence(frame.page)) {
            throw new StoppedException(
                    SqlState.DATA_CORRUPTED, "invalid sequence in block 0 of relation file " + file.path());
        }
    }
}
