package dev.palimpsest.sql.exec;

import dev.palimpsest.api.AdvisoryKey;
import dev.palimpsest.api.Session;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.sql.plan.SessionCalls;
import dev.palimpsest.sql.plan.SqlError;
import java.util.List;
import java.util.stream.Collectors;

/** What functions do, done by the engine's session. One for each statement; not thread-safe. */
record EngineCalls(
        Session session,
        Transaction transaction,
        SessionSettings settings,
        SessionDirectory directory,
        Interrupts interrupts,
        ResultHandler handler)
        implements SessionCalls {

    @Override
    public long backendPid() {
        return session.id();
    }

    @Override
    public long xidIfAssigned() {
        return transaction.xidIfAssigned();
    }

    @Override
    public long assignedXid() {
        return transaction.assignXid();
    }

    @Override
    public String currentSnapshot() {
        return transaction.snapshotInfo().toString();
    }

    @Override
    public boolean advisoryLock(AdvisoryKey key, boolean shared, boolean lasting, boolean waits) {
        interrupts.beforeWait();
        WaitPolicy policy = waits ? WaitPolicy.BLOCK : WaitPolicy.SKIP_LOCKED;
        return lasting ? session.advisoryLock(key, shared, policy) : transaction.advisoryLock(key, shared, policy);
    }

    @Override
    public boolean advisoryUnlock(AdvisoryKey key, boolean shared) {
        boolean held = session.advisoryUnlock(key, shared);
        if (!held) {
            String mode = shared ? "ShareLock" : "ExclusiveLock";
            handler.notice("WARNING", "01000", "you don't own a lock of type " + mode);
        }
        return held;
    }

    @Override
    public void advisoryUnlockAll() {
        session.advisoryUnlockAll();
    }

    @Override
    public String blockingPids(long pid) {
        SqlSession other = directory.find(pid);
        return other == null
                ? "{}"
                : other.blockers().stream().map(String::valueOf).collect(Collectors.joining(",", "{", "}"));
    }

    @Override
    public boolean cancelBackend(long pid) {
        SqlSession other = directory.find(pid);
        if (other == null) {
            handler.notice("WARNING", "01000", "PID " + pid + " is not a PostgreSQL backend process");
            return false;
        }
        other.cancel();
        return true;
    }

    @Override
    public String setting(String name, boolean missingOk) {
        return missingOk && !settings.current().has(name)
                ? null
                : settings.current().show(name);
    }

    @Override
    public String changeSetting(String name, String value, boolean local) {
        settings.set(name, value == null ? List.of() : List.of(value), local);
        return settings.current().show(name);
    }

    @Override
    public long nextValue(String sequence) {
        checkWritable("nextval()");
        return transaction.nextValue(sequence);
    }

    @Override
    public long currentValue(String sequence) {
        return transaction.currentValue(sequence);
    }

    @Override
    public long lastValue() {
        return transaction.lastValue();
    }

    @Override
    public long setValue(String sequence, long value, boolean called) {
        checkWritable("setval()");
        transaction.setValue(sequence, value, called);
        return value;
    }

    private void checkWritable(String what) {
        if (transaction.options().readOnly()) {
            throw SqlError.of("25006", "cannot execute " + what + " in a read-only transaction");
        }
    }
}
