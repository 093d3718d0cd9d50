package dev.palimpsest.wal;

import static dev.palimpsest.wal.WalSegmentLayout.*;

import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.DiskFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The segment files: made, listed, cut off at either end. A segment gets its name only once its zeroes and its header are durable, so
 * that a file with that name is always whole. Stateless, thread-safe; whatever writes is for engine tasks.
 */
final class WalSegments {
    private static final int CHUNK_BYTES = 64 << 10;

    private final Disk disk;
    private final int segmentBytes;
    private final long databaseId;

    WalSegments(Disk disk, int segmentBytes, long databaseId) {
        this.disk = disk;
        this.segmentBytes = segmentBytes;
        this.databaseId = databaseId;
    }

    int segmentBytes() {
        return segmentBytes;
    }

    long segmentOf(long lsn) {
        return lsn / segmentBytes;
    }

    /** Numbers of the segments that exist, ascending. */
    List<Long> numbers() {
        List<Long> numbers = new ArrayList<>();
        for (String name : disk.list(DIRECTORY)) {
            long segment = WalSegmentLayout.segmentOf(name);
            if (segment >= 0) {
                numbers.add(segment);
            }
        }
        return numbers;
    }

    boolean exists(long segment) {
        return disk.exists(path(segment));
    }

    DiskFile open(long segment) {
        return disk.open(path(segment), false);
    }

    /**
     * Makes a segment of zeroes: durable, content and name, when this returns.
     *
     * @param filled whether the zeroes are written, so that the file has its blocks; else it is a hole of the same length
     */
    void create(long segment, boolean filled) {
        String temporary = path(segment) + TEMPORARY_SUFFIX;
        disk.delete(temporary);
        try (DiskFile file = disk.open(temporary, true)) {
            int bytes = filled ? Math.min(segmentBytes, 1 << 20) : Long.BYTES;
            ByteBuffer zeroes = ByteBuffer.allocateDirect(bytes);
            for (long offset = filled ? 0 : segmentBytes - bytes; offset < segmentBytes; offset += bytes) {
                file.write(zeroes.clear(), offset);
            }
            file.write(header(segment, segmentBytes, databaseId), 0);
            file.force();
        }
        disk.rename(temporary, path(segment));
        disk.forceDirectory(DIRECTORY);
    }

    /**
     * Makes {@code end} the place where the log goes on: nothing valid can ever be read behind it. The rest of this segment becomes zeroes,
     * durable when this returns, and so is everything before {@code end} in it. Later segments go (should one come back, it is empty:
     * this one was never full and forced).
     */
    void cutOffAt(long end) {
        long last = segmentOf(end);
        List<String> names = disk.list(DIRECTORY);
        for (int i = names.size() - 1; i >= 0; i--) {
            String name = names.get(i);
            if (name.endsWith(TEMPORARY_SUFFIX) || WalSegmentLayout.segmentOf(name) > last) {
                disk.delete(DIRECTORY + "/" + name);
            }
        }
        if (!exists(last)) {
            create(last, false);
            return;
        }
        try (DiskFile file = open(last)) {
            zeroFrom(file, (int) (skipHeader(end, segmentBytes) % segmentBytes));
            file.force();
        }
    }

    /**
     * Makes everything that can be read from {@code lsn} on durable: a killed process leaves bytes that the system hasn't written yet.
     * Names are durable already: nothing is written into a segment before.
     */
    void forceFrom(long lsn) {
        long first = segmentOf(lsn);
        for (long segment : numbers()) {
            if (segment >= first) {
                try (DiskFile file = open(segment)) {
                    file.force();
                }
            }
        }
    }

    /**
     * Removes the segments that lie entirely before {@code lsn}. Not made durable: one that comes back after a power cut lies before
     * the redo position, where nobody reads, and goes with the next checkpoint.
     *
     * @return how many
     */
    int removeBefore(long lsn) {
        int removed = 0;
        long first = segmentOf(lsn);
        for (long segment : numbers()) {
            if (segment < first) {
                disk.delete(path(segment));
                removed++;
            }
        }
        return removed;
    }

    /** Writes only where there is something else, so that reopening a database costs a read. */
    private void zeroFrom(DiskFile file, int offset) {
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer zeroes = ByteBuffer.allocateDirect(CHUNK_BYTES);
        for (int at = offset; at < segmentBytes; ) {
            int length = Math.min(segmentBytes - at, CHUNK_BYTES - at % CHUNK_BYTES);
            int read = file.read(chunk.clear().limit(length), at);
            if (read < length || !isZero(chunk, length)) {
                file.write(zeroes.clear().limit(length), at);
            }
            at += length;
        }
    }

    private static boolean isZero(ByteBuffer chunk, int length) {
        long seen = 0;
        int i = 0;
        for (; i + Long.BYTES <= length; i += Long.BYTES) {
            seen |= chunk.getLong(i);
        }
        for (; i < length; i++) {
            seen |= chunk.get(i);
        }
        return seen == 0;
    }
}
