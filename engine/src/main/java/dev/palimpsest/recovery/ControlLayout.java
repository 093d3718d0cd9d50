package dev.palimpsest.recovery;

import dev.palimpsest.page.PageLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * One copy of the control record, a single 512-byte sector; the file {@code control} has them at 0 and 4096. Little-endian.
 *
 * <pre>
 *   0  magic            u64  "PLMPCTRL"
 *   8  version          u32
 *  12  pageSize         u32
 *  16  sequence         u64
 *  24  databaseId       u64
 *  32  state            u32  1 in use, 2 shut down
 *  36  walSegmentBytes  u32
 *  40  checkpointLsn    u64
 *  48  redoLsn          u64
 *  56  nextXid          u64
 *  64  nextOid          u64
 *  72  nextFileNumber   u32
 *  76  zero
 *  80  statusPoint      u64
 *  88  zero
 * 508  crc              u32  CRC32C of the 508 bytes before
 * </pre>
 */
final class ControlLayout {
    static final int BYTES = 512;
    static final int COPY_DISTANCE = 4096;
    static final int COPIES = 2;

    private static final int MAGIC_OFFSET = 0;
    private static final int VERSION_OFFSET = MAGIC_OFFSET + Long.BYTES;
    private static final int PAGE_SIZE_OFFSET = VERSION_OFFSET + Integer.BYTES;
    private static final int SEQUENCE_OFFSET = PAGE_SIZE_OFFSET + Integer.BYTES;
    private static final int DATABASE_ID_OFFSET = SEQUENCE_OFFSET + Long.BYTES;
    private static final int STATE_OFFSET = DATABASE_ID_OFFSET + Long.BYTES;
    private static final int WAL_SEGMENT_BYTES_OFFSET = STATE_OFFSET + Integer.BYTES;
    private static final int CHECKPOINT_LSN_OFFSET = WAL_SEGMENT_BYTES_OFFSET + Integer.BYTES;
    private static final int REDO_LSN_OFFSET = CHECKPOINT_LSN_OFFSET + Long.BYTES;
    private static final int NEXT_XID_OFFSET = REDO_LSN_OFFSET + Long.BYTES;
    private static final int NEXT_OID_OFFSET = NEXT_XID_OFFSET + Long.BYTES;
    private static final int NEXT_FILE_NUMBER_OFFSET = NEXT_OID_OFFSET + Long.BYTES;
    private static final int STATUS_POINT_OFFSET = NEXT_FILE_NUMBER_OFFSET + 2 * Integer.BYTES;
    private static final int CRC_OFFSET = BYTES - Integer.BYTES;

    private static final long MAGIC = 0x4C52_5443_504D_4C50L;
    private static final int VERSION = 1;
    private static final int IN_USE = 1;
    private static final int SHUT_DOWN = 2;

    private ControlLayout() {}

    static ByteBuffer form(ControlRecord record) {
        ByteBuffer copy = ByteBuffer.allocateDirect(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        copy.putLong(MAGIC_OFFSET, MAGIC);
        copy.putInt(VERSION_OFFSET, VERSION);
        copy.putInt(PAGE_SIZE_OFFSET, PageLayout.SIZE);
        copy.putLong(SEQUENCE_OFFSET, record.sequence());
        copy.putLong(DATABASE_ID_OFFSET, record.databaseId());
        copy.putInt(STATE_OFFSET, record.clean() ? SHUT_DOWN : IN_USE);
        copy.putInt(WAL_SEGMENT_BYTES_OFFSET, record.walSegmentBytes());
        copy.putLong(CHECKPOINT_LSN_OFFSET, record.checkpointLsn());
        copy.putLong(REDO_LSN_OFFSET, record.redoLsn());
        copy.putLong(NEXT_XID_OFFSET, record.nextXid());
        copy.putLong(NEXT_OID_OFFSET, record.nextOid());
        copy.putInt(NEXT_FILE_NUMBER_OFFSET, record.nextFileNumber());
        copy.putLong(STATUS_POINT_OFFSET, record.statusPoint());
        copy.putInt(CRC_OFFSET, crc(copy));
        return copy;
    }

    /** Why these bytes are no copy of ours, as {@code name=value} pairs, or null. */
    static String problem(ByteBuffer copy) {
        if (copy.getLong(MAGIC_OFFSET) != MAGIC) {
            return "magic=" + Long.toHexString(copy.getLong(MAGIC_OFFSET)) + " expected=" + Long.toHexString(MAGIC);
        }
        if (copy.getInt(CRC_OFFSET) != crc(copy)) {
            return "crc=" + Integer.toHexString(copy.getInt(CRC_OFFSET)) + " expected="
                    + Integer.toHexString(crc(copy));
        }
        return null;
    }

    /** Why a sound copy isn't for this version of the engine, or null. */
    static String incompatibility(ByteBuffer copy) {
        if (copy.getInt(VERSION_OFFSET) != VERSION) {
            return "formatVersion=" + copy.getInt(VERSION_OFFSET) + " expected=" + VERSION;
        }
        if (copy.getInt(PAGE_SIZE_OFFSET) != PageLayout.SIZE) {
            return "pageSize=" + copy.getInt(PAGE_SIZE_OFFSET) + " expected=" + PageLayout.SIZE;
        }
        return null;
    }

    static ControlRecord deform(ByteBuffer copy) {
        return new ControlRecord(
                copy.getLong(SEQUENCE_OFFSET),
                copy.getLong(DATABASE_ID_OFFSET),
                copy.getInt(STATE_OFFSET) == SHUT_DOWN,
                copy.getLong(CHECKPOINT_LSN_OFFSET),
                copy.getLong(REDO_LSN_OFFSET),
                copy.getLong(NEXT_XID_OFFSET),
                copy.getInt(NEXT_FILE_NUMBER_OFFSET),
                copy.getLong(NEXT_OID_OFFSET),
                copy.getInt(WAL_SEGMENT_BYTES_OFFSET),
                copy.getLong(STATUS_POINT_OFFSET));
    }

    private static int crc(ByteBuffer copy) {
        CRC32C crc = new CRC32C();
        crc.update(copy.duplicate().position(0).limit(CRC_OFFSET));
        return (int) crc.getValue();
    }
}
