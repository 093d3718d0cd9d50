package dev.palimpsest.heap;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.buffer.PageGuard;
import dev.palimpsest.id.PageId;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.tuple.BigValueWriter;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tx.Transaction;
import dev.palimpsest.wal.RedoPages;
import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalRecord;
import dev.palimpsest.wal.WalRecordBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;

/**
 * Values too big for their row, as chains of pages of their own that are written once and never changed. A value is reached only through
 * a tuple, and so has that tuple's visibility; versions that didn't change it share it.
 *
 * <pre>
 *  page:  common header, u32 next block (0 for the last: block 0 is never a value's second page), u32 zero, payload up to lower
 *  block 0: new, or a page without payload, whose next block is the first free one; free pages are the same, each leads to the next
 *  record WRITE: block 0: page (INIT). u32 next block, payload
 *  record FREE:  block 0: page that becomes free (INIT), block 1: page 0 (INIT if new). u32 next free block
 *  record TAKE:  block 0: page 0. u32 next free block
 * </pre>
 *
 * <p>Each page is logged whole before the tuple that names the first one is, so a tuple that survives a crash has its value. Pages
 * of a value that no tuple names any more, or never did, are found and freed by {@link #sweep}: README.md, rule 11.
 *
 * <p>Thread-safe. One page is in memory at a time, however long the value.
 */
public final class BigValues {
    /** 1 GiB, as in PostgreSQL. */
    public static final long MAX_BYTES = 1L << 30;

    private static final int NEXT = PageLayout.HEADER_BYTES;
    private static final int PAYLOAD = NEXT + 2 * Integer.BYTES;
    static final int PAGE_PAYLOAD = PageLayout.SIZE - PAYLOAD;
    private static final int WRITE = 0;
    private static final int FREE = 1;
    private static final int TAKE = 2;

    private final PageFile file;
    private final Wal wal;

    /** Pages that running transactions took, by transaction. An entry's content is guarded by page 0's latch. */
    private final ConcurrentHashMap<Transaction, Blocks> underWay = new ConcurrentHashMap<>();

    /** One for each running transaction that may read values of rows which no snapshot protects any more. */
    private final Set<Object> holders = ConcurrentHashMap.newKeySet();

    // The sweeper's: pages that nothing refers to, and who may still read them
    private BitSet waiting = new BitSet();
    private Set<Object> waitingFor = Set.of();

    /** The free pages; null until the first sweep. Guarded by page 0's latch. */
    private BitSet free;

    /** A version with big values has gone since the last sweep, or a writer of some was rolled back, or nobody knows yet. */
    private volatile boolean mayBeFree = true;

    /** A growing list of blocks. */
    private static final class Blocks {
        private int[] blocks = new int[4];
        private int count;

        void add(int block) {
            if (count == blocks.length) {
                blocks = Arrays.copyOf(blocks, 2 * count);
            }
            blocks[count++] = block;
        }

        void clearIn(BitSet set) {
            for (int i = 0; i < count; i++) {
                set.clear(blocks[i]);
            }
        }
    }

    BigValues(PageFile file, Wal wal) {
        this.file = file;
        this.wal = wal;
    }

    /** Where a transaction puts its values: none of them is swept before it has ended. */
    public BigValueWriter writer(Transaction transaction) {
        return bytes -> write(bytes, pagesOf(transaction));
    }

    /**
     * The transaction was shown a row with values and may read them until its end, also when the snapshot has gone that showed it: at READ
     * COMMITTED, while that snapshot is held. Once for each transaction.
     */
    public void hold(Transaction transaction) {
        Object holder = new Object();
        holders.add(holder);
        transaction.atEnd(committed -> holders.remove(holder));
    }

    private Blocks pagesOf(Transaction transaction) {
        Blocks known = underWay.get(transaction);
        if (known != null) {
            return known;
        }
        Blocks pages = new Blocks();
        underWay.put(transaction, pages);
        transaction.atEnd(committed -> {
            underWay.remove(transaction);
            if (!committed) {
                mayBeFree = true;
            }
        });
        return pages;
    }

    private BigValueWriter.Stored write(InputStream bytes, Blocks pages) throws IOException {
        byte[] chunk = new byte[PAGE_PAYLOAD];
        byte[] ahead = new byte[PAGE_PAYLOAD];
        int length = read(bytes, chunk, 0);
        int firstBlock = newBlock(pages);
        long total = length;
        for (int block = firstBlock; ; ) {
            int aheadLength = length < PAGE_PAYLOAD ? 0 : read(bytes, ahead, total);
            int next = aheadLength == 0 ? 0 : newBlock(pages);
            fill(block, next, chunk, length);
            if (next == 0) {
                return new BigValueWriter.Stored(firstBlock, total);
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
     * A free page, or a new one, with any content until it is filled. Neither latched nor pinned: reading the stream may take as long as it likes,
     * and many may do so at once.
     */
    private int newBlock(Blocks pages) {
        while (file.blockCount() == 0) {
            unlatch(file.pinNew()); // block 0 holds no value, so that "next = 0" means the end
        }
        try (PageGuard list = file.latchExclusive(0)) {
            int block = PageLayout.isNew(list.page()) ? 0 : list.page().getInt(NEXT);
            if (block == 0) {
                Frame frame = file.pinNew();
                block = frame.block();
                unlatch(frame);
            } else {
                take(list, block);
            }
            pages.add(block); // in the same hold: a sweep sees it here, or sees the page free or not there
            return block;
        }
    }

    private static void unlatch(Frame frame) {
        frame.releaseExclusive();
        frame.unpin();
    }

    /** The first free page leaves the list. */
    private void take(PageGuard list, int block) {
        int next = nextFree(block);
        list.markDirty();
        log(() -> {
            list.page().putInt(NEXT, next);
            WalRecordBuilder record = HeapLog.begin(ResourceManagerId.BIG_VALUE, TAKE, 0);
            record.block(list.frame().pageId(), list.page(), false).putInt(next);
            wal.append(record);
        });
        if (free != null) {
            free.clear(block);
        }
    }

    private int nextFree(int block) {
        try (PageGuard guard = file.latchShared(block)) {
            ByteBuffer page = guard.page();
            if (PageLayout.isNew(page)
                    || PageLayout.type(page) != PageType.BIG_VALUE.code()
                    || PageLayout.lower(page) != PAYLOAD) {
                throw damaged(block, "in the list of free pages, but not free");
            }
            return page.getInt(NEXT);
        }
    }

    private void log(Runnable change) {
        try {
            change.run();
        } catch (Throwable e) {
            wal.poison(e);
            throw e;
        }
    }

    // ---- the sweep

    int blockCount() {
        return file.blockCount();
    }

    /** How many pages are free, as the list says. For checks and tests. */
    int freeCount() {
        usedPages();
        return free.cardinality();
    }

    /** How many versions with big values are on a heap page; 0 where no value was ever written. */
    int countOn(ByteBuffer page) {
        int count = 0;
        for (int number = SlottedPage.lineCount(page); number > 0 && file.blockCount() > 1; number--) {
            int offset = HeapPage.bodyOffset(page, number);
            count += offset >= 0 && (HeapPage.flags(page, offset) & TupleLayout.HAS_BIG_VALUES) != 0 ? 1 : 0;
        }
        return count;
    }

    /** A version that may have had big values has gone. */
    void noteRemoved() {
        mayBeFree = true;
    }

    /** Shows all references to values, on pages and in the archive. */
    interface References {
        /** @param reference told the first block of each, in any order and as often as it occurs */
        void forEach(IntConsumer reference);
    }

    /** Frees what nothing refers to. For the relation's one reclaimer. @return pages freed */
    int sweep(References references) {
        if (file.blockCount() <= 1) {
            return 0;
        }
        int freed = freeWaiting(references);
        if (!mayBeFree) {
            return freed;
        }
        mayBeFree = false; // before anything is looked at: what goes from now on is for the next one
        boolean done = false;
        try {
            BitSet unreferenced = usedPages();
            unreferenced.andNot(waiting);
            references.forEach(block -> reached(block, unreferenced));
            waiting.or(unreferenced);
            waitingFor = Set.copyOf(holders); // after the look: who was shown a row that it didn't meet is among them
            freed += freeWaiting(references);
            done = true;
            return freed;
        } finally {
            mayBeFree |= !done;
        }
    }

    /** Frees the pages that nobody may read any more; not those that only a second look finds in use: rolled-back versions'. */
    private int freeWaiting(References references) {
        if (waiting.isEmpty() || waitingFor.stream().anyMatch(holders::contains)) {
            return 0;
        }
        BitSet unreferenced = (BitSet) waiting.clone(); // a look that is broken off must not leave half a value
        references.forEach(block -> reached(block, unreferenced));
        waiting = unreferenced;
        int count = 0;
        for (int block = waiting.nextSetBit(0); block >= 0; block = waiting.nextSetBit(block)) {
            free(block);
            waiting.clear(block);
            count++;
        }
        return count;
    }

    /** Pages that aren't free, less those of values that may be without tuple as yet. */
    private BitSet usedPages() {
        BitSet used = new BitSet();
        try (PageGuard list = file.latchExclusive(0)) {
            if (free == null) {
                free = new BitSet();
                for (int block = PageLayout.isNew(list.page()) ? 0 : list.page().getInt(NEXT);
                        block != 0;
                        block = nextFree(block)) {
                    if (free.get(block)) {
                        throw damaged(block, "twice in the list of free pages");
                    }
                    free.set(block);
                }
            }
            used.set(1, file.blockCount());
            used.andNot(free);
            underWay.values().forEach(pages -> pages.clearIn(used));
        }
        return used;
    }

    /** A value is all in {@code unreferenced} or not at all: pages are taken and freed value by value, and marked by their first one. */
    private void reached(int firstBlock, BitSet unreferenced) {
        for (int block = firstBlock; block != 0 && unreferenced.get(block); ) {
            unreferenced.clear(block);
            try (PageGuard guard = file.latchShared(block)) {
                if (PageLayout.isNew(guard.page()) || PageLayout.type(guard.page()) != PageType.BIG_VALUE.code()) {
                    throw damaged(block, "not a page of a big value, type=" + PageLayout.type(guard.page()));
                }
                block = guard.page().getInt(NEXT);
            }
        }
    }

    private void free(int block) {
        try (PageGuard list = file.latchExclusive(0);
                PageGuard guard = file.latchExclusive(block)) {
            boolean init = PageLayout.isNew(list.page());
            int next = init ? 0 : list.page().getInt(NEXT);
            list.markDirty();
            guard.markDirty();
            log(() -> {
                applyFree(guard.page(), next);
                applyList(list.page(), init, block);
                WalRecordBuilder record = HeapLog.begin(ResourceManagerId.BIG_VALUE, FREE, 0);
                record.block(guard.frame().pageId(), guard.page(), true);
                record.block(list.frame().pageId(), list.page(), init);
                wal.append(record.putInt(next));
            });
            free.set(block);
        }
    }

    private static void applyFree(ByteBuffer page, int next) {
        apply(page, next);
        PageLayout.setLower(page, PAYLOAD);
    }

    private static void applyList(ByteBuffer page, boolean init, int first) {
        if (init) {
            applyFree(page, first);
        } else {
            page.putInt(NEXT, first);
        }
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

    /** Redo of all three. */
    static final class Log implements ResourceManager {
        @Override
        public ResourceManagerId id() {
            return ResourceManagerId.BIG_VALUE;
        }

        @Override
        public void redo(WalRecord record, RedoPages pages) {
            ByteBuffer page = pages.page(0);
            switch (record.info()) {
                case WRITE -> {
                    if (page != null) {
                        int length = record.payloadLength() - Integer.BYTES;
                        apply(page, record.payloadInt(0));
                        record.copyPayload(Integer.BYTES, page, PAYLOAD, length);
                        PageLayout.setLower(page, PAYLOAD + length);
                    }
                }
                case FREE -> {
                    if (page != null) {
                        applyFree(page, record.payloadInt(0));
                    }
                    ByteBuffer list = pages.page(1);
                    if (list != null) {
                        applyList(list, record.isInit(1), PageId.block(record.pageId(0)));
                    }
                }
                case TAKE -> {
                    if (page != null) {
                        page.putInt(NEXT, record.payloadInt(0));
                    }
                }
                default -> throw new IllegalStateException("unknown big-value record, info=" + record.info());
            }
        }

        @Override
        public String describe(WalRecord record) {
            if (record.info() != WRITE) {
                return (record.info() == FREE ? "FREE" : "TAKE") + " next=" + record.payloadInt(0);
            }
            return "WRITE next=" + record.payloadInt(0) + " bytes=" + (record.payloadLength() - Integer.BYTES);
        }
    }
}
