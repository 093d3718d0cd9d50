package dev.palimpsest.bench;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;

/** A store in an array, right or wrong as a test wants it. */
final class ArrayStore implements Store {
    private final boolean losesUpdates;
    private AtomicLongArray balances;

    ArrayStore(boolean losesUpdates) {
        this.losesUpdates = losesUpdates;
    }

    @Override
    public void open(Path directory, Mode mode) {}

    @Override
    public void load(int rows) {
        long[] initial = new long[rows];
        Arrays.fill(initial, Rows.INITIAL_BALANCE);
        balances = new AtomicLongArray(initial);
    }

    @Override
    public void close() {}

    @Override
    public Worker worker() {
        return new Worker() {
            private int adds;

            @Override
            public long read(long key) {
                return Rows.expectedRead(key, balances.get((int) key));
            }

            @Override
            public void add(long key, long delta) {
                if (losesUpdates && ++adds == 1_000) {
                    return;
                }
                balances.addAndGet((int) key, delta);
            }

            @Override
            public long scan() {
                long sum = 0;
                for (int i = 0; i < balances.length(); i++) {
                    sum += balances.get(i);
                }
                return sum;
            }
        };
    }
}
