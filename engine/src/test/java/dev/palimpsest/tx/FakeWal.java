package dev.palimpsest.tx;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.wal.AppendHook;
import dev.palimpsest.wal.WalRecordBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;

/** A log in memory whose forces happen when the test says so. Records take 8 bytes each. */
final class FakeWal implements CommitWal {
    private final List<LongConsumer> listeners = new ArrayList<>();
    private volatile long inserted = 8;
    private volatile long durable = 8;
    private volatile boolean automatic = true;
    private volatile boolean failed;

    /** From now on a flush waits for {@link #force} or {@link #fail}. */
    FakeWal manual() {
        automatic = false;
        return this;
    }

    long insertLsn() {
        return inserted;
    }

    /** A force of all that was appended up to here. */
    synchronized void force(long lsn) {
        if (lsn > durable) {
            durable = lsn;
            listeners.forEach(listener -> listener.accept(lsn));
        }
    }

    void fail() {
        failed = true;
    }

    @Override
    public synchronized long append(WalRecordBuilder record, AppendHook hook) {
        if (failed) {
            throw stopped();
        }
        long end = inserted + 8;
        hook.appended(end);
        inserted = end;
        return end;
    }

    @Override
    public void flush(long lsn) {
        if (automatic) {
            force(inserted);
        }
        while (durable < lsn) {
            if (failed) {
                throw stopped();
            }
            LockSupport.parkNanos(100_000);
        }
    }

    @Override
    public long durableLsn() {
        return durable;
    }

    @Override
    public void onDurable(LongConsumer listener) {
        listeners.add(listener);
    }

    private static StoppedException stopped() {
        return new StoppedException(SqlState.IO_ERROR, "force failed");
    }
}
