package dev.palimpsest.wal;

import dev.palimpsest.id.Lsn;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * A segment file: {@code wal/} and its number in 16 hexadecimal digits. LSN = segment number × segment size + offset in the file; the
 * first segment is number 1, so that no record ends at LSN 0. Little-endian.
 *
 * <pre>
 *   0  magic         u64  "PLMPSWAL"
 *   8  version       u32
 *  12  segmentBytes  u32
 *  16  segment       u64  number
 *  24  databaseId    u64
 *  32  zero
 *  60  crc           u32  CRC32C of the 60 bytes before
 *  64  records ...
 * </pre>
 */
final class WalSegmentLayout {
    static final String DIRECTORY = "wal";
    static final String TEMPORARY_SUFFIX = ".tmp";

    static final int MAGIC_OFFSET = 0;
    static final int VERSION_OFFSET = MAGIC_OFFSET + Long.BYTES;
    static final int SEGMENT_BYTES_OFFSET = VERSION_OFFSET + Integer.BYTES;
    static final int SEGMENT_OFFSET = SEGMENT_BYTES_OFFSET + Integer.BYTES;
    static final int DATABASE_ID_OFFSET = SEGMENT_OFFSET + Long.BYTES;
    static final int CRC_OFFSET = 60;
    static final int HEADER_BYTES = 64;

    static final long MAGIC = 0x4C41_5753_504D_4C50L;
    static final int VERSION = 1;
    static final long FIRST_SEGMENT = 1;

    private WalSegmentLayout() {}

    static String path(long segment) {
        return DIRECTORY + "/" + fileName(segment);
    }

    static String fileName(long segment) {
        return String.format("%016X", segment);
    }

    /** The number in a segment's file name, or -1 if it isn't one. */
    static long segmentOf(String fileName) {
        if (fileName.length() != 16) {
            return -1;
        }
        for (int i = 0; i < 16; i++) {
            char c = fileName.charAt(i);
            if ((c < '0' || c > '9') && (c < 'A' || c > 'F')) {
                return -1;
            }
        }
        long segment = Long.parseUnsignedLong(fileName, 16);
        return segment < FIRST_SEGMENT ? -1 : segment;
    }

    /** Where a record that may start at {@code lsn} really starts: behind the header if {@code lsn} is a segment's first byte. */
    static long skipHeader(long lsn, int segmentBytes) {
        return (lsn & (segmentBytes - 1)) == 0 ? lsn + HEADER_BYTES : lsn;
    }

    static ByteBuffer header(long segment, int segmentBytes, long databaseId) {
        ByteBuffer header = ByteBuffer.allocateDirect(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        header.putLong(MAGIC_OFFSET, MAGIC);
        header.putInt(VERSION_OFFSET, VERSION);
        header.putInt(SEGMENT_BYTES_OFFSET, segmentBytes);
        header.putLong(SEGMENT_OFFSET, segment);
        header.putLong(DATABASE_ID_OFFSET, databaseId);
        header.putInt(CRC_OFFSET, crc(header));
        return header;
    }

    /** What is wrong with a segment's header as {@code name=value} pairs, or null. */
    static String problem(ByteBuffer header, long segment, int segmentBytes, long databaseId) {
        if (header.getLong(MAGIC_OFFSET) != MAGIC) {
            return "magic=" + Long.toHexString(header.getLong(MAGIC_OFFSET)) + " expected=" + Long.toHexString(MAGIC);
        }
        if (header.getInt(CRC_OFFSET) != crc(header)) {
            return "header crc=" + Integer.toHexString(header.getInt(CRC_OFFSET)) + " expected="
                    + Integer.toHexString(crc(header));
        }
        if (header.getInt(VERSION_OFFSET) != VERSION) {
            return "version=" + header.getInt(VERSION_OFFSET) + " expected=" + VERSION;
        }
        if (header.getInt(SEGMENT_BYTES_OFFSET) != segmentBytes) {
            return "segmentBytes=" + header.getInt(SEGMENT_BYTES_OFFSET) + " expected=" + segmentBytes;
        }
        if (header.getLong(SEGMENT_OFFSET) != segment) {
            return "segment=" + header.getLong(SEGMENT_OFFSET) + " expected=" + segment;
        }
        if (header.getLong(DATABASE_ID_OFFSET) != databaseId) {
            return "databaseId=" + header.getLong(DATABASE_ID_OFFSET) + " expected=" + databaseId;
        }
        return null;
    }

    /** For messages: {@code wal/0000000000000001 offset=64 lsn=0/1000040}. */
    static String where(long lsn, int segmentBytes) {
        return path(lsn / segmentBytes) + " offset=" + lsn % segmentBytes + " lsn=" + Lsn.toString(lsn);
    }

    private static int crc(ByteBuffer header) {
        CRC32C crc = new CRC32C();
        crc.update(header.duplicate().position(0).limit(CRC_OFFSET));
        return (int) crc.getValue();
    }
}
