package dev.palimpsest.heap;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.buffer.PageGuard;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.tuple.BigValueWriter;
import dev.palimpsest.wal.RedoPages;
import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalRecord;
import dev.palimpsest.wal.WalRecordBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * Values too big for their row, as chains of pages of their own that are written once and never changed. A value is reached only through
 * a tuple, and so has that tuple's visibility; versions that didn't change it share it.
 *
 * <pre>
 *  page:  common header, u32 next block (0 for the last: block 0 is never a value's second page), u32 zero, payload up to lower
 *  record WRITE: block 0: page (INIT). u32 next block, payload
 * </pre>
 *
 * <p>Each page is logged whole before the tuple that names the first one is, so a tuple that survives a crash has its value. Pages
 * of a value whose statement failed, or whose tuple died, are lost until vacuum sweeps them or the table is dropped.
 *
 * <p>Thread-safe. One page is in memory at a time, however long the value.
 */
public final class BigValues implements BigValueWriter {
    /** 1 GiB, as in PostgreSQL. */
    public static final long MAX_BYTES = 1L << 30;

    private static final int NEXT = PageLayout.HEADER_BYTES;
    private static final int PAYLOAD = NEXT + 2 * Integer.BYTES;
    static final int PAGE_PAYLOAD = PageLayout.SIZE - PAYLOAD;
    private static final int WRITE = 0;

    private final PageFile file;
    private final Wal wal;

    BigValues(PageFile file, Wal wal) {
        this.file = file;
        this.wal = wal;
    }

    @Override
    public Stored write(InputStream bytes) throws IOException {
        byte[] chunk = new byte[PAGE_PAYLOAD];
        byte[] ahead = new byte[PAGE_PAYLOAD];
        int length = read(bytes, chunk, 0);
        int firstBlock = newBlock();
        long total = length;
        for (int block = firstBlock; ; ) {
            int aheadLength = length < PAGE_PAYLOAD ? 0 : read(bytes, ahead, total);
            int next = aheadLength == 0 ? 0 : newBlock();
            fill(block, next, chunk, length);
            if (next == 0) {
                return new Stored(firstBlock, total);
            }
            byte[] filled = ahead;
            ahead = chunk;
            chunk = filled;
            block = next;
            length = aheadLength;
            total += length;
        }
    }

    /**
     * A new page, all zero until it is filled. Neither latched nor pinned: reading the stream may take as long as it likes, and many may
     * do so at once.
     */
    private int newBlock() {
        int block;
        do {
            Frame frame = file.pinNew();
            block = frame.block();
            frame.releaseExclusive();
            frame.unpin();
        } while (block == 0); // that one stays empty, so that "next = 0" means the end
        return block;
    }

    private static int read(InputStream bytes, byte[] into, long before) throws IOException {
        int length = bytes.readNBytes(into, 0, into.length);
        if (before + length > MAX_BYTES) {
            throw new UsageException(
                    SqlState.PROGRAM_LIMIT_EXCEEDED, "value is longer than 1 GiB", "bytes read=" + (before + length));
        }
        return length;
    }

    private void fill(int block, int next, byte[] bytes, int length) {
        try (PageGuard guard = file.latchExclusive(block)) {
            Frame frame = guard.frame();
            frame.markDirty();
            apply(frame.page, next);
            frame.page.put(PAYLOAD, bytes, 0, length);
            PageLayout.setLower(frame.page, PAYLOAD + length);
            WalRecordBuilder record = HeapLog.begin(ResourceManagerId.BIG_VALUE, WRITE, 0);
            record.block(frame.pageId(), frame.page, true);
            record.putInt(next).putBytes(bytes, 0, length);
            wal.append(record);
        }
    }

    private static void apply(ByteBuffer page, int next) {
        PageLayout.init(page, PageType.BIG_VALUE, 0);
        page.putInt(NEXT, next);
    }

    /**
     * The bytes of a stored value. Pages are read one by one and nothing is held between reads, so the caller's snapshot has to see the
     * tuple until the stream is closed.
     */
    public InputStream open(int firstBlock, long lengthBytes) {
        return new ValueStream(firstBlock, lengthBytes);
    }

    /** Copies one page's payload; returns its length. {@code next[0]} becomes the next block. */
    int readPage(int block, byte[] into, int[] next) {
        if (block <= 0 || block >= file.blockCount()) {
            throw damaged(block, "past the end, blocks=" + file.blockCount());
        }
        try (PageGuard guard = file.latchShared(block)) {
            ByteBuffer page = guard.page();
            if (PageLayout.isNew(page) || PageLayout.type(page) != PageType.BIG_VALUE.code()) {
                throw damaged(block, "not a page of a big value, type=" + PageLayout.type(page));
            }
            int length = PageLayout.lower(page) - PAYLOAD;
            if (length < 0) {
                throw damaged(block, "lower=" + PageLayout.lower(page));
            }
            page.get(PAYLOAD, into, 0, length);
            next[0] = page.getInt(NEXT);
            return length;
        }
    }

    private StoppedException damaged(int block, String what) {
        return new StoppedException(
                SqlState.DATA_CORRUPTED,
                "invalid big value in block " + block + " of relation file " + file.path(),
                what);
    }

    private final class ValueStream extends InputStream {
        private final byte[] chunk = new byte[PAGE_PAYLOAD];
        private final int[] next = new int[1];
        private long left;
        private int at;
        private int length;

        ValueStream(int firstBlock, long lengthBytes) {
            next[0] = firstBlock;
            left = lengthBytes;
        }

        @Override
        public int read() {
            return ensure() ? chunk[at++] & 0xFF : -1;
        }

        @Override
        public int read(byte[] into, int offset, int wanted) {
            if (wanted == 0) {
                return 0;
            }
            if (!ensure()) {
                return -1;
            }
            int n = Math.min(wanted, length - at);
            System.arraycopy(chunk, at, into, offset, n);
            at += n;
            return n;
        }

        @Override
        public int available() {
            return length - at;
        }

        private boolean ensure() {
            if (at < length) {
                return true;
            }
            if (left == 0) {
                return false;
            }
            int block = next[0];
            length = readPage(block, chunk, next);
            at = 0;
            left -= length;
            if (left < 0 || length == 0 || left > 0 && next[0] == 0) {
                throw damaged(block, "the value ends in another place than its row says, bytes left=" + left);
            }
            return true;
        }
    }

    /** Redo of WRITE. */
    static final class Log implements ResourceManager {
        @Override
        public ResourceManagerId id() {
            return ResourceManagerId.BIG_VALUE;
        }

        @Override
        public void redo(WalRecord record, RedoPages pages) {
            ByteBuffer page = pages.page(0);
            if (page != null) {
                int length = record.payloadLength() - Integer.BYTES;
                apply(page, record.payloadInt(0));
                record.copyPayload(Integer.BYTES, page, PAYLOAD, length);
                PageLayout.setLower(page, PAYLOAD + length);
            }
        }

        @Override
        public String describe(WalRecord record) {
            return "WRITE next=" + record.payloadInt(0) + " bytes=" + (record.payloadLength() - Integer.BYTES);
        }
    }
}
