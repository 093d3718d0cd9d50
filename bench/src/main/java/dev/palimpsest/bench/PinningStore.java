package dev.palimpsest.bench;

import java.io.IOException;

/** A store whose readers can hold on to a moment while others write. */
public interface PinningStore extends Store {

    /** From now on, reads through it see what is committed now; may be called beside writing workers. */
    Pin pin() throws Exception;

    /** One moment of the store. Used by one thread at a time, not always the same one; closed before its store is. */
    interface Pin extends AutoCloseable {

        /** The sum of all balances as of the pin's moment. */
        long sum() throws Exception;

        @Override
        void close() throws IOException;
    }
}
