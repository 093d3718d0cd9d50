package dev.palimpsest.retention;

import dev.palimpsest.scheduler.Step;
import dev.palimpsest.sim.ForwardingScheduler;
import dev.palimpsest.sim.SeededScheduler;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * A seeded scheduler that can hold the others still while one task looks around, that knows who is about to take a snapshot, and that can cut
 * the power at a step of one task. Used by the tasks of one run, one at a time.
 */
final class FreezingScheduler extends ForwardingScheduler {
    final SeededScheduler seeded;

    /** Who has read the published number and not yet claimed a slot, and what he read. */
    private final Map<Thread, Long> claiming = new HashMap<>();

    private LongSupplier published = () -> 0;
    /** Who looks around, and whether he had to wait meanwhile. */
    private final Map<Thread, Boolean> spoiled = new HashMap<>();

    private Thread cutIn;
    private long stepsToCut;
    private Runnable cut;

    FreezingScheduler(SeededScheduler seeded) {
        super(seeded);
        this.seeded = seeded;
    }

    /** The engine is open. */
    void watch(LongSupplier publishedNumber) {
        published = publishedNumber;
        claiming.clear();
    }

    /** After so many steps of the calling task {@code powerCut} runs. */
    void cutAfter(long steps, Runnable powerCut) {
        cutIn = Thread.currentThread();
        stepsToCut = steps;
        cut = powerCut;
    }

    void cutNoMore() {
        cutIn = null;
    }

    /**
     * Runs something during which no other task runs.
     *
     * @return false if it had to wait for somebody, so that others did run: what it saw is worth nothing
     */
    boolean frozen(Runnable look) {
        Thread self = Thread.currentThread();
        boolean unspoiled;
        spoiled.put(self, false);
        try {
            look.run();
        } catch (AssertionError e) {
            if (!isSpoiled()) {
                throw e;
            }
        } finally {
            unspoiled = !spoiled.remove(self);
        }
        return unspoiled;
    }

    /** Within {@link #frozen}: others did run meanwhile. */
    boolean isSpoiled() {
        return spoiled.get(Thread.currentThread());
    }

    /** Nobody will take a snapshot as of less than this, of those who haven't claimed a slot. */
    long lowestClaim() {
        return claiming.values().stream().mapToLong(Long::longValue).min().orElse(Long.MAX_VALUE);
    }

    @Override
    public void step(Step step) {
        Thread self = Thread.currentThread();
        if (spoiled.getOrDefault(self, true) == Boolean.FALSE) {
            return;
        }
        if (step == Step.SNAPSHOT_PENDING && claiming.remove(self) == null) {
            claiming.put(self, published.getAsLong()); // the first of the two steps: the slot isn't claimed yet
        }
        if (cutIn == self && --stepsToCut == 0) {
            cut.run();
        }
        super.step(step);
    }

    @Override
    public void park(Object blocker, long nanos) {
        spoiled.computeIfPresent(Thread.currentThread(), (thread, before) -> true);
        super.park(blocker, nanos);
    }
}
