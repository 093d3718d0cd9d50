package dev.palimpsest.wal;

import static dev.palimpsest.wal.WalRecordLayout.*;

import dev.palimpsest.page.PageLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * One record in the making, reused for the next: {@link #begin}, then {@link #block}s and payload in any order, then
 * {@link Wal#append(WalRecordBuilder)}. Keeps its arrays, so that building allocates nothing once it has grown.
 *
 * <p>Not thread-safe: one per thread or task.
 */
public final class WalRecordBuilder {
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int FIRST_HEAD_BYTES = HEADER_BYTES + 8 * BLOCK_BYTES;
    private static final int FIRST_PAYLOAD_BYTES = 512;

    /** Arrays grown beyond this by a big record aren't kept for ever. */
    private static final int KEPT_BYTES = 256 << 10;

    private final CRC32C crc = new CRC32C();

    /** Header and block descriptors with their images; the first {@link #headLength} bytes count. */
    private byte[] head = new byte[FIRST_HEAD_BYTES];

    private int headLength;
    private byte[] payload = new byte[FIRST_PAYLOAD_BYTES];
    private int payloadLength;
    private int padding;

    private long[] pageIds = new long[4];
    private ByteBuffer[] pages = new ByteBuffer[4];
    private boolean[] inits = new boolean[4];
    private int blockCount;

    private ResourceManagerId rmgr;
    private int info;
    private long xid;

    /** Starts a record. */
    public WalRecordBuilder begin(ResourceManagerId resourceManager, int recordInfo, long recordXid) {
        assert recordInfo >= 0 && recordInfo <= 255 : "info=" + recordInfo;
        rmgr = resourceManager;
        info = recordInfo;
        xid = recordXid;
        blockCount = 0;
        payloadLength = 0;
        if (head.length > KEPT_BYTES) {
            head = new byte[FIRST_HEAD_BYTES];
        }
        if (payload.length > KEPT_BYTES) {
            payload = new byte[FIRST_PAYLOAD_BYTES];
        }
        return this;
    }

    /**
     * The record changes this page: latched exclusively by the caller until the append is over, already modified and marked dirty.
     *
     * @param init redo makes the page anew from the payload alone, so that its former bytes don't matter
     */
    public WalRecordBuilder block(long pageId, ByteBuffer page, boolean init) {
        assert blockCount < MAX_BLOCKS : "too many blocks";
        if (blockCount == pages.length) {
            pageIds = Arrays.copyOf(pageIds, blockCount * 2);
            pages = Arrays.copyOf(pages, blockCount * 2);
            inits = Arrays.copyOf(inits, blockCount * 2);
        }
        pageIds[blockCount] = pageId;
        pages[blockCount] = page;
        inits[blockCount++] = init;
        return this;
    }

    public WalRecordBuilder putByte(int value) {
        reserve(Byte.BYTES);
        payload[payloadLength++] = (byte) value;
        return this;
    }

    public WalRecordBuilder putShort(int value) {
        reserve(Short.BYTES);
        SHORT.set(payload, payloadLength, (short) value);
        payloadLength += Short.BYTES;
        return this;
    }

    public WalRecordBuilder putInt(int value) {
        reserve(Integer.BYTES);
        INT.set(payload, payloadLength, value);
        payloadLength += Integer.BYTES;
        return this;
    }

    public WalRecordBuilder putLong(long value) {
        reserve(Long.BYTES);
        LONG.set(payload, payloadLength, value);
        payloadLength += Long.BYTES;
        return this;
    }

    public WalRecordBuilder putBytes(byte[] source, int offset, int length) {
        reserve(length);
        System.arraycopy(source, offset, payload, payloadLength, length);
        payloadLength += length;
        return this;
    }

    /** Absolute: {@code source}'s position and limit don't matter or change. */
    public WalRecordBuilder putBytes(ByteBuffer source, int index, int length) {
        reserve(length);
        source.get(index, payload, payloadLength, length);
        payloadLength += length;
        return this;
    }

    public int payloadLength() {
        return payloadLength;
    }

    boolean hasBlocks() {
        return blockCount > 0;
    }

    /**
     * Lays the record out except for its place, with an image of every page whose last change is not after {@code redoLsn}.
     *
     * @return its length
     */
    int assemble(long redoLsn) {
        headLength = HEADER_BYTES;
        for (int i = 0; i < blockCount; i++) {
            assembleBlock(i, redoLsn);
        }
        padding = -(headLength + payloadLength) & PADDING_MASK;
        int length = headLength + payloadLength + padding;
        reserve(padding);
        Arrays.fill(payload, payloadLength, payloadLength + padding, (byte) 0);

        INT.set(head, LENGTH_OFFSET, length);
        head[RMGR_OFFSET] = (byte) rmgr.code();
        head[INFO_OFFSET] = (byte) info;
        head[BLOCK_COUNT_OFFSET] = (byte) blockCount;
        head[FLAGS_OFFSET] = (byte) padding;
        INT.set(head, PAYLOAD_LENGTH_OFFSET, payloadLength);
        LONG.set(head, XID_OFFSET, xid);

        crc.reset();
        crc.update(head, BODY_OFFSET, headLength - BODY_OFFSET);
        crc.update(payload, 0, payloadLength + padding);
        crc.update(head, 0, CRC_OFFSET);
        return length;
    }

    /** Puts the assembled record at its place in the ring. Once per assembly. Caller holds WAL_INSERT. */
    void copyTo(WalRing ring, long start, long durable) {
        LONG.set(head, START_OFFSET, start);
        LONG.set(head, UNFORCED_OFFSET, unforced(start, durable) & 0xFFFF_FFFFL);
        crc.update(head, START_OFFSET, BODY_OFFSET - START_OFFSET);
        INT.set(head, CRC_OFFSET, (int) crc.getValue());
        ring.put(start, head, headLength);
        ring.put(start + headLength, payload, payloadLength + padding);
    }

    /** After the append; the pages are still latched by the caller. */
    void setPageLsns(long lsn) {
        for (int i = 0; i < blockCount; i++) {
            PageLayout.setLsn(pages[i], lsn);
        }
    }

    private void assembleBlock(int i, long redoLsn) {
        ByteBuffer page = pages[i];
        boolean image = !inits[i] && PageLayout.lsn(page) <= redoLsn;
        int holeStart = 0;
        int holeEnd = 0;
        if (image) {
            int lower = PageLayout.lower(page);
            int upper = PageLayout.upper(page);
            if (lower >= PageLayout.HEADER_BYTES && lower < upper && upper <= PageLayout.SIZE) {
                holeStart = lower;
                holeEnd = upper;
            }
        }
        int imageLength = image ? PageLayout.SIZE - (holeEnd - holeStart) : 0;
        reserveHead(BLOCK_BYTES + imageLength);
        LONG.set(head, headLength + BLOCK_PAGE_ID, pageIds[i]);
        SHORT.set(head, headLength + BLOCK_FLAGS, (short) ((image ? HAS_IMAGE : 0) | (inits[i] ? INIT : 0)));
        SHORT.set(head, headLength + BLOCK_HOLE_START, (short) holeStart);
        SHORT.set(head, headLength + BLOCK_HOLE_END, (short) holeEnd);
        SHORT.set(head, headLength + BLOCK_HOLE_END + Short.BYTES, (short) 0);
        headLength += BLOCK_BYTES;
        if (image) {
            page.get(0, head, headLength, holeStart);
            page.get(holeEnd, head, headLength + holeStart, PageLayout.SIZE - holeEnd);
            headLength += imageLength;
        }
    }

    private void reserve(int bytes) {
        if (payload.length - payloadLength < bytes) {
            payload = Arrays.copyOf(payload, Math.max(payload.length * 2, payloadLength + bytes));
        }
    }

    private void reserveHead(int bytes) {
        if (head.length - headLength < bytes) {
            head = Arrays.copyOf(head, Math.max(head.length * 2, headLength + bytes));
        }
    }
}
