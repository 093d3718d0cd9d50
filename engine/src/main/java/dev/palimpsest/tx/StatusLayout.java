package dev.palimpsest.tx;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The status log on disk. A chunk holds the status of 32,768 xids, two bits each, low bits first, in 17 sectors of 512 bytes; 256 chunks
 * make a file. Each sector stands alone, so a torn write can't matter. Little-endian.
 *
 * <pre>
 *   sector   0 u32 crc32c of the rest and of the sector's number in the log
 *            4 u16 magic 0x5358   6 u16 format version
 *            8 504 bytes of status
 * </pre>
 *
 * All zero: never written, every status 0.
 */
final class StatusLayout {
    static final int XIDS_PER_CHUNK_BITS = 15;
    static final int XIDS_PER_CHUNK = 1 << XIDS_PER_CHUNK_BITS;
    static final int WORDS_PER_CHUNK = XIDS_PER_CHUNK / 32;

    static final int SECTOR_BYTES = 512;
    static final int CRC_OFFSET = 0;
    static final int MAGIC_OFFSET = CRC_OFFSET + Integer.BYTES;
    static final int VERSION_OFFSET = MAGIC_OFFSET + Short.BYTES;
    static final int DATA_OFFSET = VERSION_OFFSET + Short.BYTES;
    static final int WORDS_PER_SECTOR = (SECTOR_BYTES - DATA_OFFSET) / Long.BYTES;
    static final int SECTORS_PER_CHUNK = (WORDS_PER_CHUNK + WORDS_PER_SECTOR - 1) / WORDS_PER_SECTOR;
    static final int CHUNK_BYTES = SECTORS_PER_CHUNK * SECTOR_BYTES;

    static final int CHUNKS_PER_FILE = 256;

    static final short MAGIC = 0x5358;
    static final short VERSION = 1;

    private StatusLayout() {}

    static String path(int file) {
        return String.format("status/%08X", file);
    }

    /** The CRC that a sector at this place must have. */
    static int crc(ByteBuffer chunk, int sectorOffset, long sectorNumber) {
        CRC32C crc = new CRC32C();
        for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
            crc.update((int) (sectorNumber >>> shift) & 0xFF);
        }
        crc.update(chunk.slice(sectorOffset + MAGIC_OFFSET, SECTOR_BYTES - MAGIC_OFFSET));
        return (int) crc.getValue();
    }
}
