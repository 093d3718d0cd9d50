package dev.palimpsest.sim;

import dev.palimpsest.scheduler.Fault;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;
import java.util.random.RandomGenerator;

/** Does nothing of its own: for tests that want to know of some calls. */
public class ForwardingScheduler implements Scheduler {
    private final Scheduler scheduler;

    public ForwardingScheduler(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    @Override
    public void step(Step step) {
        scheduler.step(step);
    }

    @Override
    public void park(Object blocker, long nanos) {
        scheduler.park(blocker, nanos);
    }

    @Override
    public void unpark(Thread task) {
        scheduler.unpark(task);
    }

    @Override
    public Thread spawn(String name, Runnable body) {
        return scheduler.spawn(name, body);
    }

    @Override
    public void join(Thread task) {
        scheduler.join(task);
    }

    @Override
    public boolean onEngineTask() {
        return scheduler.onEngineTask();
    }

    @Override
    public long nanoTime() {
        return scheduler.nanoTime();
    }

    @Override
    public long currentTimeMicros() {
        return scheduler.currentTimeMicros();
    }

    @Override
    public RandomGenerator random() {
        return scheduler.random();
    }

    @Override
    public boolean isSeeded(Fault fault) {
        return scheduler.isSeeded(fault);
    }
}
