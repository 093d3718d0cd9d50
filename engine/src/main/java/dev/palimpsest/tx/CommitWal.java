package dev.palimpsest.tx;

import dev.palimpsest.wal.AppendHook;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalRecordBuilder;
import java.util.function.LongConsumer;

/** What commits need of the WAL; the tests of publication order put one of their own behind it. Thread-safe. */
public interface CommitWal {
    /** Appends; the hook runs in record order. @return the record's end */
    long append(WalRecordBuilder record, AppendHook hook);

    /** Waits, whatever interrupts come, until all up to here is durable. */
    void flush(long lsn);

    long durableLsn();

    /** Called after each force with the durable LSN, before those who wait in {@link #flush} go on. */
    void onDurable(LongConsumer listener);

    /** The engine's. */
    static CommitWal of(Wal wal) {
        return new CommitWal() {
            @Override
            public long append(WalRecordBuilder record, AppendHook hook) {
                return wal.append(record, hook);
            }

            @Override
            public void flush(long lsn) {
                wal.flush(lsn);
            }

            @Override
            public long durableLsn() {
                return wal.durableLsn();
            }

            @Override
            public void onDurable(LongConsumer listener) {
                wal.onDurable(listener);
            }
        };
    }
}
