package dev.palimpsest.vacuum.archive;

import java.nio.ByteBuffer;

/**
 * One thread's buffers for one slot of a {@link Shelf}: its key and its value, used again and again.
 *
 * <pre>
 *   key    relation (4) block (4) part (4)
 *   value  length of the whole blob (4), then this part's share of it; the last part is padded with what was there
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

    /** The whole blob's length, in the value just read. */
    int blobLength() {
        return valueBuffer.getInt(0);
    }

    void copyFrom(byte[] blob, int part) {
        int from = part * SHARE_BYTES;
        valueBuffer.putInt(0, blob.length);
        System.arraycopy(blob, from, value, HEADER_BYTES, Math.min(SHARE_BYTES, blob.length - from));
    }

    void copyTo(byte[] blob, int part) {
        int from = part * SHARE_BYTES;
        System.arraycopy(value, HEADER_BYTES, blob, from, Math.min(SHARE_BYTES, blob.length - from));
    }
}
