package dev.palimpsest.wal;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;

/**
 * Sizes and delays of the log.
 *
 * @param segmentBytes size of a segment file, a power of two from 64 KiB; fixed for the life of a database
 * @param bufferBytes size of the ring buffer, a power of two from 128 KiB
 * @param writerDelayNanos a record is forced at most this long after its append although nobody asks
 * @param fullPageImages whether a page's first change after a checkpoint is logged as a whole page. Off only where no write is ever torn,
 *     and in the test that proves that torn pages heal by it
 */
public record WalOptions(int segmentBytes, int bufferBytes, long writerDelayNanos, boolean fullPageImages) {
    public static final WalOptions DEFAULT = new WalOptions(16 << 20, 8 << 20, 200_000_000L);

    public WalOptions(int segmentBytes, int bufferBytes, long writerDelayNanos) {
        this(segmentBytes, bufferBytes, writerDelayNanos, true);
    }

    public WalOptions {
        check("segmentBytes", segmentBytes, 64 << 10, 1 << 30);
        check("bufferBytes", bufferBytes, 128 << 10, 1 << 30);
        if (writerDelayNanos <= 0) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE,
                    "invalid value for WAL option",
                    "writerDelayNanos=" + writerDelayNanos);
        }
    }

    public WalOptions withSegmentBytes(int bytes) {
        return new WalOptions(bytes, bufferBytes, writerDelayNanos, fullPageImages);
    }

    public WalOptions withBufferBytes(int bytes) {
        return new WalOptions(segmentBytes, bytes, writerDelayNanos, fullPageImages);
    }

    public WalOptions withWriterDelayNanos(long nanos) {
        return new WalOptions(segmentBytes, bufferBytes, nanos, fullPageImages);
    }

    public WalOptions withFullPageImages(boolean value) {
        return new WalOptions(segmentBytes, bufferBytes, writerDelayNanos, value);
    }

    /**
     * The largest record: it fits into an empty segment, and into the buffer together with the gap that it may leave at the end of the
     * segment before (a gap is always smaller than the record that didn't fit into it).
     */
    public int maxRecordBytes() {
        return Math.min(segmentBytes - WalSegmentLayout.HEADER_BYTES, (bufferBytes - WalSegmentLayout.HEADER_BYTES) / 2)
                & -8;
    }

    private static void check(String name, int value, int min, int max) {
        if (value < min || value > max || Integer.bitCount(value) != 1) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE,
                    "invalid value for WAL option",
                    name + "=" + value + " min=" + min + " max=" + max + " (a power of two)");
        }
    }
}
