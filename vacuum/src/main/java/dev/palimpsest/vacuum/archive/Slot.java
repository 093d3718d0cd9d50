package dev.palimpsest.vacuum.archive;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * One thread's buffers for one slot of a {@link Shelf}: its key and its value, used again and again.
 *
 * <pre>
 *   key    relation (4) block (4) part (4)
 *   value  length of the whole blob in part 0, the part's number in others (4), then this part's share of the blob; the last part is padded
 *          with what was there
 * </pre>
 *
 * Native byte order doesn't matter, since nothing of it outlives the process.
 */
final class Slot {
    static final int KEY_BYTES = 3 * Integer.BYTES;

    /** What the map allocates for a slot: two to five versions of a small row with their headers. */
    static final int CHUNK_BYTES = 1024;

    /** In front of a value the map stores its length. */
    private static final int LENGTH_BYTES = 2;

    static final int VALUE_BYTES = CHUNK_BYTES - KEY_BYTES - LENGTH_BYTES;

    private static final int HEADER_BYTES = Integer.BYTES;
    static final int SHARE_BYTES = VALUE_BYTES - HEADER_BYTES;

    final byte[] key = new byte[KEY_BYTES];
    final byte[] value = new byte[VALUE_BYTES];

    private final ByteBuffer keyBuffer = ByteBuffer.wrap(key);
    private final ByteBuffer valueBuffer = ByteBuffer.wrap(value);

    /** How many slots a blob takes; one also where it is empty. */
    static int parts(int length) {
        return Math.max(1, (length + SHARE_BYTES - 1) / SHARE_BYTES);
    }

    Slot at(int relation, int block, int part) {
        keyBuffer.putInt(0, relation).putInt(Integer.BYTES, block).putInt(2 * Integer.BYTES, part);
        return this;
    }

    Slot part(int part) {
        keyBuffer.putInt(2 * Integer.BYTES, part);
        return this;
    }

    /** The whole blob's length, in the value of part 0 just read. */
    int blobLength() {
        return valueBuffer.getInt(0);
    }

    /** Was this part of its blob read? (The first has the blob's length instead.) */
    boolean isPart(int part) {
        return valueBuffer.getInt(0) == part;
    }

    void copyFrom(byte[] blob, int part) {
        int from = part * SHARE_BYTES;
        valueBuffer.putInt(0, header(blob, part));
        System.arraycopy(blob, from, value, HEADER_BYTES, Math.min(SHARE_BYTES, blob.length - from));
    }

    /** Does the value just read say what {@link #copyFrom} would make of it? */
    boolean isSame(byte[] blob, int part) {
        int from = part * SHARE_BYTES;
        int share = Math.min(SHARE_BYTES, blob.length - from);
        return valueBuffer.getInt(0) == header(blob, part)
                && Arrays.equals(value, HEADER_BYTES, HEADER_BYTES + share, blob, from, from + share);
    }

    private static int header(byte[] blob, int part) {
        return part == 0 ? blob.length : part;
    }

    void copyTo(byte[] blob, int part) {
        int from = part * SHARE_BYTES;
        System.arraycopy(value, HEADER_BYTES, blob, from, Math.min(SHARE_BYTES, blob.length - from));
    }
}
