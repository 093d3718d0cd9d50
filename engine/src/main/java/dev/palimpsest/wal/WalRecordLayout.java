package dev.palimpsest.wal;

/**
 * A record: header, a descriptor for each block (with the image behind it, if it has one), payload, zeroes up to a multiple of 8.
 * Little-endian; it starts at a multiple of 8 and never spans segments.
 *
 * <pre>
 *   0  length      u32  whole record, a multiple of 8
 *   4  crc         u32  CRC32C of bytes [24, length), then [0, 4), then [8, 24): the bulk comes first, so that it is computed
 *                       before the record's place is known
 *   8  start       u64  the record's own LSN, so that bytes left from an older life never pass
 *  16  unforced    u32  (start - LSN known durable at the append) / 8, saturated: lets the reader tell a damaged record from a torn end
 *  20  zero        u32
 *  24  rmgr        u8   {@link ResourceManagerId}
 *  25  info        u8   the resource manager's own
 *  26  blockCount  u8
 *  27  flags       u8   bits 0-2 zeroes at the end; bit 3 FILLER: nothing more in this segment
 *  28  payload     u32  length of the payload
 *  32  xid         u64
 *  40  blocks, payload
 *
 *  block:  0 pageId u64 | 8 flags u16 (1 HAS_IMAGE, 2 INIT) | 10 holeStart u16 | 12 holeEnd u16 | 14 zero u16 | 16 image without hole
 * </pre>
 *
 * <p>Fewer than {@link #HEADER_BYTES} bytes at the end of a segment are skipped without a FILLER.
 */
final class WalRecordLayout {
    static final int LENGTH_OFFSET = 0;
    static final int CRC_OFFSET = LENGTH_OFFSET + Integer.BYTES;
    static final int START_OFFSET = CRC_OFFSET + Integer.BYTES;
    static final int UNFORCED_OFFSET = START_OFFSET + Long.BYTES;
    static final int BODY_OFFSET = UNFORCED_OFFSET + Long.BYTES;
    static final int RMGR_OFFSET = BODY_OFFSET;
    static final int INFO_OFFSET = RMGR_OFFSET + Byte.BYTES;
    static final int BLOCK_COUNT_OFFSET = INFO_OFFSET + Byte.BYTES;
    static final int FLAGS_OFFSET = BLOCK_COUNT_OFFSET + Byte.BYTES;
    static final int PAYLOAD_LENGTH_OFFSET = FLAGS_OFFSET + Byte.BYTES;
    static final int XID_OFFSET = PAYLOAD_LENGTH_OFFSET + Integer.BYTES;
    static final int HEADER_BYTES = XID_OFFSET + Long.BYTES;

    static final int PADDING_MASK = 7;
    static final int FILLER = 8;

    static final int BLOCK_PAGE_ID = 0;
    static final int BLOCK_FLAGS = BLOCK_PAGE_ID + Long.BYTES;
    static final int BLOCK_HOLE_START = BLOCK_FLAGS + Short.BYTES;
    static final int BLOCK_HOLE_END = BLOCK_HOLE_START + Short.BYTES;
    static final int BLOCK_BYTES = BLOCK_HOLE_END + 2 * Short.BYTES;

    static final int HAS_IMAGE = 1;
    static final int INIT = 2;

    static final int MAX_BLOCKS = 255;
    static final long UNFORCED_SATURATED = 0xFFFF_FFFFL;

    private WalRecordLayout() {}

    /** The value of the field {@code unforced}. */
    static int unforced(long start, long durable) {
        return (int) Math.min(start - durable >>> 3, UNFORCED_SATURATED);
    }
}
