package dev.palimpsest.wal;

import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The one flag that stops the engine: after a failed write or force, or a change applied by half, memory and disk no longer agree and only
 * recovery can tell what is true. The first cause is kept and every later call names it. Thread-safe.
 */
public final class EnginePoison {
    private static final VarHandle CAUSE;

    static {
        try {
            CAUSE = MethodHandles.lookup().findVarHandle(EnginePoison.class, "cause", Throwable.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** CAS from null, once. */
    private volatile Throwable cause;

    private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();

    /** Stops the engine unless it has stopped already, and then wakes those who wait. */
    public void poison(Throwable first) {
        if (CAUSE.compareAndSet(this, (Throwable) null, first)) {
            listeners.forEach(Runnable::run);
        }
    }

    /** Runs once the engine is poisoned, on the thread that found the cause; at once if it is already. May run twice. Must not throw. */
    public void onPoison(Runnable wakeUp) {
        listeners.add(wakeUp);
        if (cause != null) {
            wakeUp.run();
        }
    }

    public boolean isPoisoned() {
        return cause != null;
    }

    /** The first cause, or null. */
    public Throwable cause() {
        return cause;
    }

    /** @throws StoppedException naming the first cause, if there is one */
    public void check() {
        Throwable first = cause;
        if (first != null) {
            throw stopped(first);
        }
    }

    private static StoppedException stopped(Throwable first) {
        SqlState state = first instanceof EngineException e ? e.sqlState() : SqlState.INTERNAL_ERROR;
        String detail = first instanceof EngineException e && e.detail() != null
                ? first.getMessage() + " (" + e.detail() + ")"
                : String.valueOf(first.getMessage() == null ? first : first.getMessage());
        return new StoppedException(
                state,
                "the database has stopped after an error",
                "First cause: " + detail,
                "Close it, mend the cause and open it again: every commit that returned is still there.",
                first);
    }
}
