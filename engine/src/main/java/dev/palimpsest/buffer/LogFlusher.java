package dev.palimpsest.buffer;

import dev.palimpsest.wal.Wal;

/** What the pool needs of the WAL. Thread-safe. */
public interface LogFlusher {
    /** Waits until the WAL is durable up to {@code lsn}; throws {@code StoppedException} when the engine is poisoned. */
    void flush(long lsn);

    /** Stops the engine: a page could not be written or forced, so what is on disk is unknown until recovery has run. */
    void poison(Throwable cause);

    /** Throws {@code StoppedException} when the engine is poisoned. */
    void checkUsable();

    static LogFlusher of(Wal wal) {
        return new LogFlusher() {
            @Override
            public void flush(long lsn) {
                wal.flush(lsn);
            }

            @Override
            public void poison(Throwable cause) {
                wal.poison(cause);
            }

            @Override
            public void checkUsable() {
                wal.checkUsable();
            }
        };
    }
}
