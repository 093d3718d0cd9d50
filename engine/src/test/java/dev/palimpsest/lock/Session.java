package dev.palimpsest.lock;

import dev.palimpsest.api.EngineException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** An owner for tests, and threads that act for it. */
final class Session extends LockOwner {
    private final long id;
    Thread thread;

    Session(long id) {
        this.id = id;
    }

    @Override
    public long processId() {
        return id;
    }

    Session withXid(long xid) {
        exposeXid(xid);
        return this;
    }

    /** Runs a request of this owner on a thread of its own; ends with null or the error. */
    CompletableFuture<EngineException> async(Runnable request) {
        CompletableFuture<EngineException> result = new CompletableFuture<>();
        thread = new Thread(() -> {
            try {
                request.run();
                result.complete(null);
            } catch (EngineException e) {
                result.complete(e);
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    /** {@link #async}, and returns once the owner waits. */
    CompletableFuture<EngineException> waits(Runnable request) {
        CompletableFuture<EngineException> result = async(request);
        until(() -> waitingFor() != null);
        return result;
    }

    static void until(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("didn't happen in 20 s");
            }
            Thread.onSpinWait();
        }
    }

    static EngineException end(CompletableFuture<EngineException> result) {
        try {
            return result.get(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
