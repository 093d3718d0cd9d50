package dev.palimpsest.recovery;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.buffer.BufferPool;
import dev.palimpsest.buffer.WritePacer;
import dev.palimpsest.id.PageId;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.DiskFile;
import dev.palimpsest.storage.RelationFiles;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * The file {@code lengths}: how long, at least, every relation file is that a checkpoint has forced. Without it a file that is gone, or cut
 * off between two pages, would read as pages of zeroes, which are legal. Little-endian, replaced whole:
 *
 * <pre>
 *   0  magic    u64  "PLMPLENS"
 *   8  version  u32
 *  12  count    u32
 *  16  count times: page id of the file's block 0 (u64), blocks (u32)
 *      crc      u32  CRC32C of all before
 * </pre>
 *
 * <p>Used by one task at a time: first the one that opens the database, then the checkpointer. Rules: README.md.
 */
public final class FileLengths {
    public static final String PATH = "lengths";

    private static final String TEMPORARY_PATH = PATH + ".tmp";
    private static final long MAGIC = 0x534E_454C_504D_4C50L;
    private static final int VERSION = 1;
    private static final int VERSION_OFFSET = Long.BYTES;
    private static final int COUNT_OFFSET = VERSION_OFFSET + Integer.BYTES;
    private static final int HEADER_BYTES = COUNT_OFFSET + Integer.BYTES;
    private static final int ENTRY_BYTES = Long.BYTES + Integer.BYTES;

    private final Disk disk;

    /** What the file holds; null if that isn't known. */
    private byte[] written;

    /** Files found shorter than recorded, by page id of block 0, with their size in bytes before redo. */
    private final Map<Long, Long> found = new TreeMap<>();

    /** Recorded blocks of the files in {@link #found}. */
    private final Map<Long, Integer> expected = new TreeMap<>();

    public FileLengths(Disk disk) {
        this.disk = disk;
    }

    /** Replaces the list, durably. {@code blocks} by the page id of block 0; all of it is on disk already. */
    public void write(Map<Long, Integer> blocks) {
        byte[] bytes = form(new TreeMap<>(blocks));
        if (Arrays.equals(bytes, written)) {
            return;
        }
        written = null;
        try (DiskFile file = disk.open(TEMPORARY_PATH, true)) {
            file.truncate(0); // a crash may have left a longer one
            file.write(ByteBuffer.allocateDirect(bytes.length).put(bytes).flip(), 0);
            file.force();
        }
        disk.rename(TEMPORARY_PATH, PATH);
        disk.forceDirectory("");
        written = bytes;
    }

    /** A checkpoint's step 4: the list promises less, files are cut, pages written and forced, the list promises more. Why so: README.md. */
    public void writePages(BufferPool pool, WritePacer pacer) {
        if (pool.promiseLess()) {
            write(pool.forcedBlocks());
        }
        pool.cutFiles();
        pool.writeDirty(pacer);
        pool.forceFiles();
        write(pool.forcedBlocks());
    }

    /**
     * The list as of the last checkpoint.
     *
     * @throws StoppedException XX001 if the file is missing or damaged
     */
    public Map<Long, Integer> read() {
        if (!disk.exists(PATH)) {
            throw damaged("file \"" + PATH + "\" of the database is missing", null);
        }
        ByteBuffer bytes;
        try (DiskFile file = disk.open(PATH, false)) {
            bytes = ByteBuffer.allocateDirect((int) Math.min(Integer.MAX_VALUE, file.size()))
                    .order(ByteOrder.LITTLE_ENDIAN);
            file.read(bytes, 0);
            bytes.clear();
        }
        String problem = problem(bytes);
        if (problem != null) {
            throw damaged("file \"" + PATH + "\" of the database is damaged", problem);
        }
        Map<Long, Integer> blocks = new TreeMap<>();
        bytes.position(HEADER_BYTES);
        for (int i = bytes.getInt(COUNT_OFFSET); i > 0; i--) {
            blocks.put(bytes.getLong(), bytes.getInt());
        }
        written = new byte[bytes.capacity()];
        bytes.get(0, written);
        return blocks;
    }

    /**
     * Looks for files that are shorter than recorded. Before redo, which may make them long again, with holes; a file that was dropped or
     * whose creator didn't commit may be gone, which only the catalog tells.
     *
     * @param alwaysThere file numbers below this are never dropped
     * @throws StoppedException XX001 naming a file of those, if it is too short
     */
    public void measure(Map<Long, Integer> recorded, int alwaysThere) {
        recorded.forEach((pageId, blocks) -> {
            long bytes = sizeBytes(path(pageId));
            if (bytes / PageLayout.SIZE < blocks) {
                found.put(pageId, bytes);
                expected.put(pageId, blocks);
                if (PageId.fileNumber(pageId) < alwaysThere) {
                    throw cutOff(pageId);
                }
            }
        });
    }

    /** Whether {@link #measure} found anything to be {@link #check checked}. */
    public boolean isSuspicious() {
        return !found.isEmpty();
    }

    /**
     * After redo.
     *
     * @param fileNumbers of the relations that the catalog names
     * @return those that were too short, all of them gone for good
     * @throws StoppedException XX001 naming the file if one that is in use was too short
     */
    public Set<Long> check(Set<Integer> fileNumbers) {
        for (long pageId : found.keySet()) {
            if (fileNumbers.contains(PageId.fileNumber(pageId))) {
                throw cutOff(pageId);
            }
        }
        Set<Long> gone = Set.copyOf(found.keySet());
        found.clear();
        return gone;
    }

    /**
     * After an open that failed, when nobody writes any more: cuts what redo has added to files that were too short, lest the next open
     * takes them for whole.
     */
    public void putBack() {
        found.forEach((pageId, bytes) -> {
            if (sizeBytes(path(pageId)) > bytes) {
                try (DiskFile file = disk.open(path(pageId), false)) {
                    file.truncate(bytes);
                    file.force();
                }
            }
        });
    }

    private StoppedException cutOff(long pageId) {
        return damaged(
                "relation file " + path(pageId) + " is missing or cut off",
                "blocks=" + found.get(pageId) / PageLayout.SIZE + " expected=" + expected.get(pageId));
    }

    private long sizeBytes(String path) {
        if (!disk.exists(path)) {
            return 0;
        }
        try (DiskFile file = disk.open(path, false)) {
            return file.size();
        }
    }

    private static String path(long pageId) {
        return RelationFiles.path(PageId.fileNumber(pageId), PageId.fork(pageId));
    }

    private static StoppedException damaged(String message, String detail) {
        return new StoppedException(
                SqlState.DATA_CORRUPTED,
                message,
                detail,
                "Restore the file, or the database from a backup. Nothing was deleted.",
                null);
    }

    private static byte[] form(Map<Long, Integer> blocks) {
        ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES + blocks.size() * ENTRY_BYTES + Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(MAGIC).putInt(VERSION).putInt(blocks.size());
        blocks.forEach((pageId, count) -> bytes.putLong(pageId).putInt(count));
        bytes.putInt(crc(bytes));
        return bytes.array();
    }

    private static String problem(ByteBuffer bytes) {
        int size = bytes.capacity();
        if (size < HEADER_BYTES + Integer.BYTES || bytes.getLong(0) != MAGIC) {
            return "bytes=" + size + " magic=" + (size < Long.BYTES ? "none" : Long.toHexString(bytes.getLong(0)));
        }
        int stored = bytes.getInt(size - Integer.BYTES);
        if (stored != crc(bytes)) {
            return "crc=" + Integer.toHexString(stored) + " expected=" + Integer.toHexString(crc(bytes));
        }
        if (bytes.getInt(VERSION_OFFSET) != VERSION) {
            return "formatVersion=" + bytes.getInt(VERSION_OFFSET) + " expected=" + VERSION;
        }
        long wanted = HEADER_BYTES + (long) bytes.getInt(COUNT_OFFSET) * ENTRY_BYTES + Integer.BYTES;
        return wanted == size ? null : "bytes=" + size + " expected=" + wanted;
    }

    /** Of all but the last four bytes of the whole buffer. */
    private static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().clear().limit(bytes.capacity() - Integer.BYTES));
        return (int) crc.getValue();
    }
}
