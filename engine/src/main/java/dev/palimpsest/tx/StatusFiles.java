package dev.palimpsest.tx;

import static dev.palimpsest.tx.StatusLayout.*;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.DiskFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.TreeMap;

/** The status log's files: reads and writes chunks. Caller holds STATUS for everything but {@link #write}. */
final class StatusFiles {
    private static final String DIRECTORY = "status";

    private final Disk disk;

    /** Open files by number. Guarded by STATUS. */
    private final Map<Integer, DiskFile> files = new TreeMap<>();

    /** Files before this one are gone. Guarded by STATUS. */
    private int removedBefore;

    StatusFiles(Disk disk) {
        this.disk = disk;
    }

    /**
     * The statuses of a chunk, all 0 where nothing was ever written.
     *
     * @param isWritten whether a checkpoint has written all of it
     * @throws StoppedException XX001 naming file and offset
     */
    long[] read(int chunk, boolean isWritten) {
        long[] words = new long[WORDS_PER_CHUNK];
        DiskFile file = file(chunk, false);
        if (file == null) {
            if (isWritten) {
                throw new StoppedException(
                        SqlState.DATA_CORRUPTED, "status file " + path(chunk / CHUNKS_PER_FILE) + " is missing");
            }
            return words;
        }
        ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        file.read(buffer, position(chunk)); // what is past the end stays zero
        for (int sector = 0; sector < SECTORS_PER_CHUNK; sector++) {
            verify(buffer, sector, chunk, file, isWritten);
            int base = sector * SECTOR_BYTES + DATA_OFFSET;
            int from = sector * WORDS_PER_SECTOR;
            for (int i = 0; i < WORDS_PER_SECTOR && from + i < WORDS_PER_CHUNK; i++) {
                words[from + i] = buffer.getLong(base + i * Long.BYTES);
            }
        }
        return words;
    }

    /** Lays a chunk out for {@link #write}. */
    static void form(long[] words, int chunk, ByteBuffer buffer) {
        buffer.clear();
        for (int sector = 0; sector < SECTORS_PER_CHUNK; sector++) {
            int at = sector * SECTOR_BYTES;
            int from = sector * WORDS_PER_SECTOR;
            buffer.putShort(at + MAGIC_OFFSET, MAGIC).putShort(at + VERSION_OFFSET, VERSION);
            for (int i = 0; i < WORDS_PER_SECTOR; i++) {
                long word = from + i < WORDS_PER_CHUNK ? words[from + i] : 0;
                buffer.putLong(at + DATA_OFFSET + i * Long.BYTES, word);
            }
            buffer.putInt(at + CRC_OFFSET, crc(buffer, at, sectorNumber(chunk, sector)));
        }
    }

    /** The file of a chunk, created on demand and its directory forced; null if it isn't there and {@code create} is false. */
    DiskFile file(int chunk, boolean create) {
        int number = chunk / CHUNKS_PER_FILE;
        DiskFile file = files.get(number);
        if (file == null) {
            String path = path(number);
            boolean missing = !disk.exists(path);
            if (missing && !create) {
                return null;
            }
            if (missing) {
                disk.createDirectory(DIRECTORY);
            }
            file = disk.open(path, create);
            if (missing) {
                disk.forceDirectory(DIRECTORY);
                disk.forceDirectory("");
            }
            files.put(number, file);
        }
        return file;
    }

    void write(DiskFile file, int chunk, ByteBuffer formed) {
        file.write(formed.duplicate().clear(), position(chunk));
    }

    /** Removes the files whose chunks are all before this one. */
    void removeBefore(int chunk) {
        int first = chunk / CHUNKS_PER_FILE;
        if (first <= removedBefore) {
            return;
        }
        for (String name : disk.list(DIRECTORY)) {
            int number = Integer.parseUnsignedInt(name, 16);
            if (number < first) {
                DiskFile open = files.remove(number);
                if (open != null) {
                    open.close();
                }
                disk.delete(path(number)); // a crash may bring it back: nobody reads it, and this is done again
            }
        }
        removedBefore = first;
    }

    void close() {
        files.values().forEach(DiskFile::close);
        files.clear();
    }

    private static void verify(ByteBuffer buffer, int sector, int chunk, DiskFile file, boolean isWritten) {
        int at = sector * SECTOR_BYTES;
        if (!isWritten && isZero(buffer, at)) {
            return;
        }
        int stored = buffer.getInt(at + CRC_OFFSET);
        int computed = crc(buffer, at, sectorNumber(chunk, sector));
        short magic = buffer.getShort(at + MAGIC_OFFSET);
        short version = buffer.getShort(at + VERSION_OFFSET);
        if (stored != computed || magic != MAGIC || version != VERSION) {
            throw new StoppedException(
                    SqlState.DATA_CORRUPTED,
                    "invalid sector in status file " + file.path(),
                    String.format(
                            "offset=%d crc=%08X expected=%08X magic=%04X version=%d",
                            position(chunk) + at, stored, computed, magic, version));
        }
    }

    private static boolean isZero(ByteBuffer buffer, int at) {
        for (int i = 0; i < SECTOR_BYTES; i += Long.BYTES) {
            if (buffer.getLong(at + i) != 0) {
                return false;
            }
        }
        return true;
    }

    private static long position(int chunk) {
        return (long) (chunk % CHUNKS_PER_FILE) * CHUNK_BYTES;
    }

    private static long sectorNumber(int chunk, int sector) {
        return (long) chunk * SECTORS_PER_CHUNK + sector;
    }
}
