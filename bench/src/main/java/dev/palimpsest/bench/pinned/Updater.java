package dev.palimpsest.bench.pinned;

import dev.palimpsest.bench.Rows;
import dev.palimpsest.bench.Store;

/** One thread's stream of updates of hot rows, with an account of what they added. Not thread-safe. */
final class Updater {
    /** How many updates between two looks at the clock. */
    private static final int BATCH = 16;

    private final Store.Worker worker;
    private final HotRows keys;
    private long sum;

    Updater(Store.Worker worker, HotRows keys, int rows) {
        this.worker = worker;
        this.keys = keys;
        this.sum = rows * Rows.INITIAL_BALANCE;
    }

    /** What all balances add up to now. */
    long sum() {
        return sum;
    }

    /** Updates until the clock says so. Returns how many. */
    long until(long deadlineNanos) throws Exception {
        long updates = 0;
        while (System.nanoTime() < deadlineNanos) {
            times(BATCH);
            updates += BATCH;
        }
        return updates;
    }

    void times(long updates) throws Exception {
        for (long i = 0; i < updates; i++) {
            long key = keys.next();
            long delta = Rows.delta(key);
            worker.add(key, delta);
            sum += delta;
        }
    }

    /** A slice in tenths: updates a second in each of them. */
    double[] tenths(double seconds) throws Exception {
        double[] rates = new double[10];
        long tenth = (long) (seconds * 1e8);
        for (int i = 0; i < rates.length; i++) {
            long begin = System.nanoTime();
            long updates = until(begin + tenth);
            rates[i] = updates * 1e9 / (System.nanoTime() - begin);
        }
        return rates;
    }
}
