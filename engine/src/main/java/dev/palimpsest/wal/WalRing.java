package dev.palimpsest.wal;

import static dev.palimpsest.wal.WalRecordLayout.*;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The WAL buffer: byte {@code lsn} lives at {@code lsn % size}. Pure bytes: who may touch which stretch is {@link Wal}'s business
 * ([written, written + size) belongs to appenders under WAL_INSERT, what is inserted but not yet written to the WAL task).
 */
final class WalRing {
    private final ByteBuffer bytes;

    /** The WAL task's, for writes: position and limit move. */
    private final ByteBuffer window;

    private final int mask;

    WalRing(int sizeBytes) {
        bytes = ByteBuffer.allocateDirect(sizeBytes).order(ByteOrder.LITTLE_ENDIAN);
        window = bytes.duplicate();
        mask = sizeBytes - 1;
    }

    int size() {
        return mask + 1;
    }

    void put(long lsn, byte[] source, int length) {
        int index = (int) lsn & mask;
        int first = Math.min(length, size() - index);
        bytes.put(index, source, 0, first);
        if (first < length) {
            bytes.put(0, source, first, length - first);
        }
    }

    /** A FILLER record: the rest of the segment stays unused. Caller holds WAL_INSERT. */
    void putFiller(long start, long durable) {
        ByteBuffer filler = ByteBuffer.wrap(new byte[HEADER_BYTES]).order(ByteOrder.LITTLE_ENDIAN);
        filler.putInt(LENGTH_OFFSET, HEADER_BYTES);
        filler.putLong(START_OFFSET, start);
        filler.putInt(UNFORCED_OFFSET, unforced(start, durable));
        filler.put(FLAGS_OFFSET, (byte) FILLER);
        CRC32C crc = new CRC32C();
        crc.update(filler.array(), BODY_OFFSET, HEADER_BYTES - BODY_OFFSET);
        crc.update(filler.array(), 0, CRC_OFFSET);
        crc.update(filler.array(), START_OFFSET, BODY_OFFSET - START_OFFSET);
        filler.putInt(CRC_OFFSET, (int) crc.getValue());
        put(start, filler.array(), HEADER_BYTES);
    }

    /** Zeroes, so that no older bytes get into a gap. Caller holds WAL_INSERT. */
    void zero(long from, long to) {
        for (long lsn = from; lsn < to; lsn += Long.BYTES) {
            bytes.putLong((int) lsn & mask, 0);
        }
    }

    /** The stretch from {@code from} to {@code to} or to the ring's end, whichever comes first. Only the WAL task; valid until the next call. */
    ByteBuffer window(long from, long to) {
        int index = (int) from & mask;
        int length = (int) Math.min(to - from, size() - index);
        return window.limit(index + length).position(index);
    }
}
