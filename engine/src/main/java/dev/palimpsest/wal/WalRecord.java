package dev.palimpsest.wal;

import static dev.palimpsest.wal.WalRecordLayout.*;

import dev.palimpsest.id.PageId;
import dev.palimpsest.page.PageLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A verified record as read from the log: a view of the reader's buffer, valid until the reader's next step. Not thread-safe.
 */
public final class WalRecord {
    private ByteBuffer buffer;
    private int base;
    private long start;
    private int[] blockOffsets = new int[4];
    private int blockCount;
    private int payloadOffset;
    private int payloadLength;

    WalRecord() {}

    /**
     * Points this view at a record whose CRC is right.
     *
     * @return what is wrong inside it, or null
     */
    String reset(ByteBuffer source, int offset, long recordStart) {
        buffer = source;
        base = offset;
        start = recordStart;
        int length = source.getInt(offset + LENGTH_OFFSET);
        blockCount = source.get(offset + BLOCK_COUNT_OFFSET) & 0xFF;
        payloadLength = source.getInt(offset + PAYLOAD_LENGTH_OFFSET);
        if (blockOffsets.length < blockCount) {
            blockOffsets = Arrays.copyOf(blockOffsets, blockCount);
        }
        int at = HEADER_BYTES;
        for (int i = 0; i < blockCount; i++) {
            if (at + BLOCK_BYTES > length) {
                return "block=" + i + " beyond length=" + length;
            }
            blockOffsets[i] = at;
            int holeStart = holeStart(i);
            int holeEnd = holeEnd(i);
            if (holeStart > holeEnd || holeEnd > PageLayout.SIZE) {
                return "block=" + i + " hole=" + holeStart + ".." + holeEnd;
            }
            at += BLOCK_BYTES + (hasImage(i) ? PageLayout.SIZE - (holeEnd - holeStart) : 0);
        }
        payloadOffset = at;
        int padding = source.get(offset + FLAGS_OFFSET) & PADDING_MASK;
        if (payloadLength < 0 || (long) at + payloadLength + padding != length) {
            return "payload=" + payloadLength + " beyond length=" + length;
        }
        return rmgr() == null ? "unknown resource manager=" + (source.get(offset + RMGR_OFFSET) & 0xFF) : null;
    }

    /** Where the record starts. */
    public long startLsn() {
        return start;
    }

    /** Its LSN: where it ends. */
    public long lsn() {
        return start + length();
    }

    /** Bytes in the log, a multiple of 8. */
    public int length() {
        return buffer.getInt(base + LENGTH_OFFSET);
    }

    public ResourceManagerId rmgr() {
        return ResourceManagerId.of(buffer.get(base + RMGR_OFFSET) & 0xFF);
    }

    public int info() {
        return buffer.get(base + INFO_OFFSET) & 0xFF;
    }

    public long xid() {
        return buffer.getLong(base + XID_OFFSET);
    }

    public int blockCount() {
        return blockCount;
    }

    public long pageId(int block) {
        return buffer.getLong(base + blockOffsets[block] + BLOCK_PAGE_ID);
    }

    public boolean hasImage(int block) {
        return (flags(block) & HAS_IMAGE) != 0;
    }

    public boolean isInit(int block) {
        return (flags(block) & INIT) != 0;
    }

    /** Overwrites the whole page with the block's image, the hole with zeroes. */
    public void restoreImage(int block, ByteBuffer page) {
        assert hasImage(block) : "block=" + block + " has no image";
        int holeStart = holeStart(block);
        int holeEnd = holeEnd(block);
        int from = base + blockOffsets[block] + BLOCK_BYTES;
        page.put(0, buffer, from, holeStart);
        for (int i = holeStart; i < holeEnd; i++) {
            page.put(i, (byte) 0);
        }
        page.put(holeEnd, buffer, from + holeStart, PageLayout.SIZE - holeEnd);
    }

    public int payloadLength() {
        return payloadLength;
    }

    /** The payload, little-endian, read-only, position 0. */
    public ByteBuffer payload() {
        return buffer.slice(base + payloadOffset, payloadLength)
                .asReadOnlyBuffer()
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    public byte payloadByte(int offset) {
        return buffer.get(payloadIndex(offset, Byte.BYTES));
    }

    public short payloadShort(int offset) {
        return buffer.getShort(payloadIndex(offset, Short.BYTES));
    }

    public int payloadInt(int offset) {
        return buffer.getInt(payloadIndex(offset, Integer.BYTES));
    }

    public long payloadLong(int offset) {
        return buffer.getLong(payloadIndex(offset, Long.BYTES));
    }

    /** Copies payload bytes into {@code target} at {@code index}. */
    public void copyPayload(int offset, ByteBuffer target, int index, int length) {
        target.put(index, buffer, payloadIndex(offset, length), length);
    }

    /** What every record has, for the dump; the resource manager describes the rest. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder()
                .append("rmgr=")
                .append(rmgr())
                .append(" info=")
                .append(info())
                .append(" xid=")
                .append(xid())
                .append(" length=")
                .append(length());
        for (int i = 0; i < blockCount; i++) {
            text.append(" block ").append(i).append(": ").append(PageId.toString(pageId(i)));
            if (hasImage(i)) {
                text.append(" image");
            }
            if (isInit(i)) {
                text.append(" init");
            }
        }
        return text.toString();
    }

    /** Payload offsets come from verified bytes, but a resource manager of another version may expect more of them. */
    private int payloadIndex(int offset, int length) {
        if (offset < 0 || length < 0 || offset > payloadLength - length) {
            throw new IndexOutOfBoundsException(
                    "payload offset=" + offset + " length=" + length + " of=" + payloadLength);
        }
        return base + payloadOffset + offset;
    }

    private int flags(int block) {
        return buffer.getShort(base + blockOffsets[block] + BLOCK_FLAGS);
    }

    private int holeStart(int block) {
        return buffer.getShort(base + blockOffsets[block] + BLOCK_HOLE_START) & 0xFFFF;
    }

    private int holeEnd(int block) {
        return buffer.getShort(base + blockOffsets[block] + BLOCK_HOLE_END) & 0xFFFF;
    }
}
