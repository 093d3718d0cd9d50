package dev.palimpsest.bench;

import java.io.IOException;
import java.nio.file.Path;

/**
 * One store under measurement, holding one table of (bigint key, bigint balance, 100 bytes filler), see {@link Rows}.
 *
 * <p>An implementation has a public constructor without parameters, is listed by name in {@link StoreProcess} and is
 * used as open, load, workers, close. Open, load and close are called by one thread while no worker is in use.
 */
public interface Store extends AutoCloseable {

    /**
     * Opens the store, creating it where the directory is empty.
     *
     * @param directory an existing directory of the store's own
     */
    void open(Path directory, Mode mode) throws Exception;

    /** Fills the empty store with keys 0 to rows - 1 in the way it likes best; all is durable when this returns. */
    void load(int rows) throws Exception;

    /** A handle for one thread; may be called by several threads at once. */
    Worker worker() throws Exception;

    /** Everything committed is on disk when this returns, whatever the mode. */
    @Override
    void close() throws IOException;

    /** One thread's access. Not thread-safe; closed before its store is. */
    interface Worker extends AutoCloseable {

        /**
         * A point read in a transaction of its own, which takes both columns out of the store.
         *
         * @return the balance plus {@link Rows#probe} of the filler
         */
        long read(long key) throws Exception;

        /**
         * Adds to a balance in a transaction of its own, atomic with all concurrent ones, retried inside where the
         * store wants that. Whether it is durable on return is the mode's business.
         */
        void add(long key, long delta) throws Exception;

        /**
         * Reads every row with all its columns in one transaction.
         *
         * @return the sum of all balances
         */
        long scan() throws Exception;

        @Override
        default void close() throws IOException {}
    }
}
