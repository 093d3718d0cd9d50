package dev.palimpsest.sql.exec;

import dev.palimpsest.api.AdvisoryKey;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.Session;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.Timeouts;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.api.WaitPolicy;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Until the engine opens sessions: transactions only. */
record PlainSession(Database database, long id) implements Session {
    private static final AtomicLong NEXT_ID = new AtomicLong(1);

    static Session open(Database database) {
        try {
            return database.openSession();
        } catch (UsageException e) {
            return new PlainSession(database, NEXT_ID.getAndIncrement());
        }
    }

    @Override
    public Transaction begin(TransactionOptions options) {
        return database.begin(options);
    }

    private static UsageException unsupported() {
        return new UsageException(SqlState.FEATURE_NOT_SUPPORTED, "sessions are not supported yet");
    }

    @Override
    public boolean advisoryLock(AdvisoryKey key, boolean shared, WaitPolicy wait) {
        throw unsupported();
    }

    @Override
    public boolean advisoryUnlock(AdvisoryKey key, boolean shared) {
        throw unsupported();
    }

    @Override
    public void advisoryUnlockAll() {
        throw unsupported();
    }

    @Override
    public long currentValue(String sequence) {
        throw unsupported();
    }

    @Override
    public long lastValue() {
        throw unsupported();
    }

    @Override
    public void timeouts(Timeouts timeouts) {}

    @Override
    public void cancel() {}

    @Override
    public List<Long> blockers() {
        return List.of();
    }

    @Override
    public void close() {}
}
