package dev.palimpsest.engine;

import dev.palimpsest.scheduler.Scheduler;
import java.util.function.Supplier;

/** Runs something on an engine task while the caller waits: files are only written there. Stateless. */
final class EngineTask {
    private EngineTask() {}

    static <T> T call(Scheduler scheduler, String name, Supplier<T> work) {
        if (scheduler.onEngineTask()) {
            return work.get();
        }
        Outcome<T> outcome = new Outcome<>();
        scheduler.join(scheduler.spawn(name, () -> outcome.run(work)));
        return outcome.get();
    }

    /** Written by the task, read after its end. */
    private static final class Outcome<T> {
        private T value;
        private Throwable failure;

        void run(Supplier<T> work) {
            try {
                value = work.get();
            } catch (Throwable e) {
                failure = e;
            }
        }

        T get() {
            if (failure instanceof RuntimeException e) {
                throw e;
            }
            if (failure instanceof Error e) {
                throw e;
            }
            return value;
        }
    }
}
