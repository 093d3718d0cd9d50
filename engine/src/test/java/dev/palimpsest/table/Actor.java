package dev.palimpsest.table;

import dev.palimpsest.api.WaitListener;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** A second user on a thread of his own, who can be waited for until he waits. */
public final class Actor implements WaitListener, AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    private final AtomicReference<Thread> thread = new AtomicReference<>();
    private final ExecutorService executor = Executors.newSingleThreadExecutor(work -> {
        Thread made = new Thread(work, "actor");
        made.setDaemon(true);
        thread.set(made);
        return made;
    });
    private final Semaphore waits = new Semaphore(0);
    private volatile String waitingFor;

    public <T> Future<T> start(Callable<T> work) {
        return executor.submit(work);
    }

    public Thread thread() {
        return thread.get();
    }

    /** Returns once the actor is about to wait. */
    public String awaitWaiting() throws InterruptedException {
        if (!waits.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("the actor doesn't wait");
        }
        return waitingFor;
    }

    public static <T> T get(Future<T> future) throws Exception {
        try {
            return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    @Override
    public void waiting(String what) {
        waitingFor = what;
        waits.release();
    }

    @Override
    public void waitOver() {}

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
