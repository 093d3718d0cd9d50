package dev.palimpsest.wal;

import static dev.palimpsest.wal.WalRecordLayout.*;

import dev.palimpsest.storage.DiskFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/** Reads and verifies the records of one segment file. Not thread-safe. */
final class WalSegmentReader implements AutoCloseable {
    private static final int CHUNK_BYTES = 256 << 10;

    private final DiskFile file;
    private final long segment;
    private final int segmentBytes;
    private final CRC32C crc = new CRC32C();

    /** File bytes [{@link #bufferStart}, bufferStart + {@link #bufferLength}). */
    private ByteBuffer buffer;

    private int bufferStart;
    private int bufferLength;

    WalSegmentReader(DiskFile file, long segment, int segmentBytes) {
        this.file = file;
        this.segment = segment;
        this.segmentBytes = segmentBytes;
        this.buffer = allocate(Math.min(CHUNK_BYTES, segmentBytes));
    }

    long segment() {
        return segment;
    }

    /** What is wrong with the segment's header, or null. */
    String headerProblem(long databaseId) {
        load(0, WalSegmentLayout.HEADER_BYTES);
        return WalSegmentLayout.problem(buffer, segment, segmentBytes, databaseId);
    }

    /** A segment has its full length from the moment it has its name: a shorter one was cut off. @return what is wrong, or null */
    String lengthProblem() {
        long size = file.size();
        return size >= segmentBytes ? null : "the file is cut off: bytes=" + size + " expected=" + segmentBytes;
    }

    /** Why there is no valid record at this offset, or null if there is one; the caller leaves at least a header's room. */
    String problemAt(int offset) {
        load(offset, HEADER_BYTES);
        long start = segment * segmentBytes + offset;
        int length = at(offset).getInt(index(offset) + LENGTH_OFFSET);
        if (length < HEADER_BYTES || (length & PADDING_MASK) != 0 || length > segmentBytes - offset) {
            return "invalid record length=" + length;
        }
        long found = buffer.getLong(index(offset) + START_OFFSET);
        if (found != start) {
            return "unexpected start=" + found + " expected=" + start;
        }
        load(offset, length);
        int stored = buffer.getInt(index(offset) + CRC_OFFSET);
        int expected = crc(offset, length);
        return stored == expected
                ? null
                : "record crc=" + Integer.toHexString(stored) + " expected=" + Integer.toHexString(expected);
    }

    /** The bytes of the valid record at {@code offset} are at {@link #index} of this buffer, until the next call. */
    ByteBuffer at(int offset) {
        return buffer;
    }

    int index(int offset) {
        return offset - bufferStart;
    }

    /**
     * Searches behind a place without a valid record for a later record that was appended when the log was already durable beyond that
     * place.
     *
     * @return such a record's LSN, or 0
     */
    long laterProofOf(long broken, int offset) {
        for (int at = offset + Long.BYTES; at <= segmentBytes - HEADER_BYTES; at += Long.BYTES) {
            load(at, HEADER_BYTES);
            long start = segment * segmentBytes + at;
            if (buffer.getLong(index(at) + START_OFFSET) == start && problemAt(at) == null) {
                long unforced = buffer.getInt(index(at) + UNFORCED_OFFSET) & UNFORCED_SATURATED;
                if (unforced != UNFORCED_SATURATED && start - (unforced << 3) > broken) {
                    return start;
                }
            }
        }
        return 0;
    }

    @Override
    public void close() {
        file.close();
    }

    private int crc(int offset, int length) {
        int at = index(offset);
        crc.reset();
        update(at + BODY_OFFSET, length - BODY_OFFSET);
        update(at, CRC_OFFSET);
        update(at + START_OFFSET, BODY_OFFSET - START_OFFSET);
        return (int) crc.getValue();
    }

    private void update(int at, int length) {
        buffer.limit(at + length).position(at);
        crc.update(buffer);
        buffer.clear();
    }

    /** Past the file's end there are zeroes. */
    private void load(int offset, int length) {
        if (offset >= bufferStart && offset + length <= bufferStart + bufferLength) {
            return;
        }
        if (length > buffer.capacity()) {
            buffer = allocate(Math.min(segmentBytes, Integer.highestOneBit(length) * 2));
        }
        bufferStart = Math.min(offset, segmentBytes - buffer.capacity());
        bufferLength = buffer.capacity();
        int read = file.read(buffer.clear(), bufferStart);
        for (int i = read; i < bufferLength; i++) {
            buffer.put(i, (byte) 0);
        }
        buffer.clear();
    }

    private static ByteBuffer allocate(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
