package dev.palimpsest.api;

import java.util.Iterator;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Rows of a scan, one at a time, all as of one snapshot however long it takes. Holds no latch or pin between rows. To be closed;
 * closing its transaction closes it too. Used by one thread at a time.
 */
public interface RowStream extends Iterator<Row>, AutoCloseable {
    @Override
    boolean hasNext();

    /** @throws java.util.NoSuchElementException past the last row */
    @Override
    Row next();

    /**
     * Locks a row that this stream has returned, for scans begun with {@link Scan#lockOnDemand}.
     *
     * @return the version that is locked now, newer than {@code row} where others have changed it (READ COMMITTED); null if the row is
     *     gone, no longer within the scan, or skipped by SKIP LOCKED
     * @throws RetryException 40001 where others have changed the row (REPEATABLE READ), 40P01
     * @throws CanceledException 55P03 with NOWAIT or after a timeout, 57014
     */
    Row lock(Row row);

    @Override
    void close();

    /** The rows as a stream that closes this when it is closed. */
    default Stream<Row> stream() {
        int order = Spliterator.ORDERED | Spliterator.NONNULL;
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(this, order), false)
                .onClose(this::close);
    }
}
