package dev.palimpsest.buffer;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.id.PageId;
import dev.palimpsest.latch.Latch;
import dev.palimpsest.latch.LatchRank;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.storage.RelationFiles;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * One fork of a relation, as a sequence of pages. One object per fork for the life of the pool, or until the file is dropped.
 *
 * <p>The translation array from block to frame comes in chunks of {@value #CHUNK_BLOCKS}: a look-up is a load of the chunk and a load
 * of the frame, without hashing, locks or stores. An entry goes from null to a frame by the frame's loader and back to null by its
 * evictor, never straight to another frame.
 *
 * <p>The file comes into being with the first write-out of one of its pages. Until then, and for blocks past the file's end, pages are
 * zero ("new").
 *
 * <p>The last page can be cut off ({@link #cutLast}). Who follows a block number that may be older than that asks {@link #pinIfPresent},
 * and who has a pin asks {@link #isCut} under the latch: README.md, "Cutting the tail off".
 *
 * <p>Thread-safe. Principal entry points: {@link #cached}, {@link #pin}, {@link #pinNew}, {@link #latchShared},
 * {@link #latchExclusive}.
 */
public final class PageFile {
    private static final int CHUNK_SHIFT = 10;
    private static final int CHUNK_BLOCKS = 1 << CHUNK_SHIFT;
    private static final long EVICTION_NANOS = 20_000;
    private static final int NOT_CUT = Integer.MAX_VALUE;

    private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(Frame[].class);
    private static final VarHandle CHUNKS;

    static {
        try {
            CHUNKS = MethodHandles.lookup().findVarHandle(PageFile.class, "chunks", Frame[][].class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final BufferPool pool;
    private final RelationFile file;
    private final long firstPageId;

    /** The length of the fork in memory. */
    private final Latch extend;

    /** For assertions only: replaced by the room that opens the file with its own rank, before it latches anything. */
    private volatile LatchRank rank;

    /** Changed under {@code extend}; a block below it is either on disk, cached, or a page of zeroes. */
    private volatile int blockCount;

    /**
     * The lowest count since the file on disk was last cut: behind it the disk may have pages of before the cut. Changed under {@code extend}.
     */
    private volatile int cutFrom = NOT_CUT;

    /** The end of the last record of a cut. Guarded by {@code extend}. */
    private long cutLsn;

    /** CAS: replaced whole when a chunk is added. Entries by CAS; null is what most are. */
    private volatile Frame[][] chunks = new Frame[0][];

    /** Single-writer: {@link #discard}; never cleared. */
    private volatile boolean dropped;

    PageFile(BufferPool pool, RelationFile file, LatchRank rank) {
        this.pool = pool;
        this.file = file;
        this.rank = rank;
        firstPageId = PageId.of(file.fileNumber(), file.fork(), 0);
        extend = new Latch(LatchRank.EXTEND, pool.scheduler());
        // a power cut may leave part of a page at the end: its block was never made durable, so the WAL makes it anew
        blockCount = (int) Math.min(Integer.MAX_VALUE, file.sizeBytes() / PageLayout.SIZE);
    }

    public int fileNumber() {
        return file.fileNumber();
    }

    public int fork() {
        return file.fork();
    }

    /** For messages: {@code base/17}. */
    public String path() {
        return RelationFiles.path(file.fileNumber(), file.fork());
    }

    public long pageId(int block) {
        return firstPageId | block;
    }

    /** Blocks from 0 to this, exclusive, may be pinned. */
    public int blockCount() {
        return blockCount;
    }

    /**
     * The frame that holds the block, or null if none does. Not pinned: by the time the caller looks, the frame may hold another page,
     * which {@link Frame#beginRead} finds out. Any number may be asked for.
     */
    public Frame cached(int block) {
        Frame[][] table = chunks;
        int index = block >>> CHUNK_SHIFT;
        if (index >= table.length) {
            return null;
        }
        Frame[] chunk = table[index];
        return chunk == null ? null : (Frame) ENTRY.getAcquire(chunk, block & CHUNK_BLOCKS - 1);
    }

    /**
     * Pins the block's page, reading it if no frame holds it. May wait for a clean frame; callers may hold latches on other pages.
     *
     * @param block below {@link #blockCount}: callers that follow a reference which may be stale check first
     * @throws StoppedException XX001 if the page is damaged or past the end, 58030 if it can't be read, 53000 if every frame is pinned
     */
    public Frame pin(int block) {
        Frame frame = pin(block, true);
        if (frame == null) {
            throw pastEnd(block);
        }
        return frame;
    }

    /** As {@link #pin(int)}, for a block number that may be stale: null if the fork ends before it. */
    public Frame pinIfPresent(int block) {
        return pin(block, true);
    }

    /** Was the page cut off? Caller holds its latch; the answer stays right for as long as it holds its pin if it is yes. */
    public boolean isCut(Frame frame) {
        return Integer.compareUnsigned(frame.block(), blockCount) >= 0;
    }

    /** Pins and latches shared: also the slow path of a reader whose optimistic attempts failed. */
    public PageGuard latchShared(int block) {
        return PageGuard.shared(pin(block));
    }

    /** As {@link #latchShared}, for a block number that may be stale: null if the fork ends before it. */
    public PageGuard latchSharedIfPresent(int block) {
        Frame frame = pinIfPresent(block);
        return frame == null ? null : PageGuard.shared(frame);
    }

    public PageGuard latchExclusive(int block) {
        return PageGuard.exclusive(pin(block));
    }

    /**
     * Extends the fork by one page of zeroes, which is pinned, latched exclusively and dirty: the caller initialises and logs it. If
     * that fails the page stays new, which every reader can stand.
     */
    public Frame pinNew() {
        while (true) {
            checkNotDropped();
            Frame stale = cached(blockCount);
            if (stale != null) {
                discardCut(blockCount, stale); // cut off a moment ago, and somebody still has a pin
            }
            Frame frame = extend(pool.takeFrame());
            if (frame != null) {
                return frame;
            }
        }
    }

    /** Null if the block after the last one was in somebody's hands, who follows a stale number: he lets go. */
    private Frame extend(Frame frame) {
        PageLayout.zero(frame.page);
        extend.acquireExclusive();
        try {
            int block = blockCount;
            if (block == Integer.MAX_VALUE) {
                frame.unclaim();
                throw new StoppedException(
                        SqlState.PROGRAM_LIMIT_EXCEEDED,
                        "cannot extend relation file " + path() + " beyond " + block + " blocks");
            }
            frame.assign(this, pageId(block), true);
            if (install(block, frame) != null) {
                frame.discard();
                return null;
            }
            boolean latched = frame.tryAcquireExclusive();
            assert latched : "latched while loading";
            frame.markDirty();
            blockCount = block + 1;
            frame.endLoading();
            return frame;
        } finally {
            extend.releaseExclusive();
        }
    }

    /** As {@link #pinNew}, behind a guard. */
    public PageGuard latchNew() {
        return PageGuard.latched(pinNew());
    }

    /**
     * For redo: as {@link #pin}, but the fork is as long as needed (a block past its end is a page of zeroes).
     *
     * @param overwrite true if the caller replaces the whole page (a full-page image, an INIT record): it isn't read then, so it may be
     *     damaged or torn on disk; a page that no frame holds comes as zeroes
     */
    public Frame pinOrExtendForRedo(int block, boolean overwrite) {
        int before = blockCount;
        if (Integer.compareUnsigned(block, before) >= 0) {
            extend.acquireExclusive();
            try {
                blockCount = block + 1;
            } finally {
                extend.releaseExclusive();
            }
            if (cutFrom != NOT_CUT) {
                makeNew(before, block);
            }
        }
        return pin(block, !overwrite);
    }

    /** For redo, where the fork grows over a hole: the disk may have pages of before a cut there. */
    private void makeNew(int from, int to) {
        for (int block = from; block < to; block++) {
            Frame frame = pin(block, false);
            frame.acquireExclusive();
            frame.markDirty();
            frame.releaseExclusive();
            frame.unpin();
        }
    }

    /** {@link #pinOrExtendForRedo(int, boolean)} of a page whose old content counts. */
    public Frame pinOrExtendForRedo(int block) {
        return pinOrExtendForRedo(block, false);
    }

    /** Null if there is no such block. */
    private Frame pin(int block, boolean read) {
        long pageId = pageId(block);
        while (true) {
            if (Integer.compareUnsigned(block, blockCount) >= 0) {
                return null;
            }
            Frame frame = cached(block);
            if (frame == null) {
                checkNotDropped();
                frame = load(block, pageId, read);
                if (frame != null) {
                    return frame;
                }
            } else if (frame.tryPin(pageId)) {
                frame.touch();
                return frame;
            } else if (cached(block) == frame) {
                // between the evictor's claim and its taking the entry out, or a failed load and the same: a few
                // instructions,
                // unless its thread was preempted there
                pool.scheduler().park(this, EVICTION_NANOS);
            }
        }
    }

    /** Null if somebody else's load came first, or the block has been cut off. */
    private Frame load(int block, long pageId, boolean read) {
        pool.scheduler().step(Step.PAGE_MISSED);
        Frame frame = pool.takeFrame();
        frame.assign(this, pageId, true);
        if (install(block, frame) != null) {
            frame.discard();
            return null;
        }
        // again, after the installation: whoever cuts or extends looks at the table after the count, so one sees the
        // other
        if (Integer.compareUnsigned(block, blockCount) >= 0) {
            uninstall(block, frame);
            frame.discard();
            return null;
        }
        try {
            if (read) {
                pool.read(file, block, frame);
            } else {
                PageLayout.zero(frame.page);
            }
        } catch (Throwable e) {
            uninstall(block, frame);
            frame.discard();
            throw e;
        }
        frame.loaded();
        pool.loaded();
        return frame;
    }

    /** Null if the entry was empty and is the frame now; otherwise who is there. */
    private Frame install(int block, Frame frame) {
        return (Frame) ENTRY.compareAndExchange(chunk(block >>> CHUNK_SHIFT), block & CHUNK_BLOCKS - 1, null, frame);
    }

    void uninstall(int block, Frame frame) {
        boolean was = ENTRY.compareAndSet(chunks[block >>> CHUNK_SHIFT], block & CHUNK_BLOCKS - 1, frame, null);
        assert was : "not in the table: " + frame;
    }

    private Frame[] chunk(int index) {
        while (true) {
            Frame[][] table = chunks;
            if (index < table.length && table[index] != null) {
                return table[index];
            }
            Frame[][] grown = Arrays.copyOf(table, Math.max(table.length, index + 1));
            grown[index] = new Frame[CHUNK_BLOCKS];
            CHUNKS.compareAndSet(this, table, grown);
        }
    }

    /** Throws away every cached page, waiting for write-outs under way. Nobody else uses the file any more. */
    void discard() {
        dropped = true;
        for (Frame[] chunk : chunks) {
            for (int i = 0; chunk != null && i < CHUNK_BLOCKS; i++) {
                Frame frame = (Frame) ENTRY.getAcquire(chunk, i);
                if (frame != null) {
                    discard(chunk, i, frame);
                }
            }
        }
    }

    private void discard(Frame[] chunk, int i, Frame frame) {
        boolean[] claimed = new boolean[1];
        pool.events().unpinned().await(() -> {
            claimed[0] = frame.tryClaim();
            return claimed[0] || ENTRY.getAcquire(chunk, i) != frame;
        });
        if (claimed[0]) {
            if (frame.file() == this) {
                frame.evict();
            }
            frame.unclaim();
        }
    }

    // ---- cutting the tail off ----

    /**
     * Cuts off the last page, which nobody needs: for whoever looks from now on the fork ends before it. Caller has pinned it, holds its
     * exclusive latch, has seen that it holds nothing, gives both back and then calls {@link #discardCut(int)}.
     *
     * @param record appends the record of the cut; returns its end. Called at most once, with the fork's length held
     * @return false if it isn't the last page any more
     */
    public boolean cutLast(Frame last, LongSupplier record) {
        assert last.isHeldExclusive() && last.file() == this;
        extend.acquireExclusive();
        try {
            int block = last.block();
            if (blockCount != block + 1) {
                return false;
            }
            cutLsn = record.getAsLong(); // first: an extension is logged behind the cut, or waits for us
            cutFrom = Math.min(cutFrom, block);
            blockCount = block;
            return true;
        } finally {
            extend.releaseExclusive();
        }
    }

    /** After {@link #cutLast}: throws away the page, once whoever has a pin on it has let go. Caller holds no latch and no pin on it. */
    public void discardCut(int block) {
        Frame frame = cached(block);
        if (frame != null) {
            discardCut(block, frame);
        }
    }

    /** No effect if the block is there again: that can't come to be while a frame of before is in the table. */
    private void discardCut(int block, Frame frame) {
        boolean[] claimed = new boolean[1];
        pool.events().unpinned().await(() -> {
            claimed[0] = Integer.compareUnsigned(block, blockCount) >= 0 && cached(block) == frame && frame.tryClaim();
            return claimed[0] || Integer.compareUnsigned(block, blockCount) < 0 || cached(block) != frame;
        });
        if (claimed[0]) {
            if (frame.pageId() == pageId(block) && Integer.compareUnsigned(block, blockCount) >= 0) {
                frame.evict();
            }
            frame.unclaim();
        }
    }

    /** For redo, alone with the page writer: the fork ends before the block. */
    public void cutForRedo(int block) {
        extend.acquireExclusive();
        try {
            if (block >= blockCount) {
                return;
            }
            cutFrom = Math.min(cutFrom, block);
            blockCount = block;
        } finally {
            extend.releaseExclusive();
        }
        discardAllCut();
    }

    /** The blocks that the list of lengths may promise at most before the file is cut on disk; any number where nothing is to be cut. */
    int cutFrom() {
        return cutFrom;
    }

    boolean isToBeCut() {
        return cutFrom != NOT_CUT;
    }

    /**
     * Cuts the file on disk, after the record is durable. On the checkpoint's task, between its choice of a redo position and its look for
     * dirty pages. If the fork was cut further meanwhile, the rest is left to the next call.
     *
     * @param listed the list of lengths says no more than this, durably
     */
    void cutOnDisk(int listed) {
        for (long flushed = 0; ; ) {
            discardAllCut();
            long lsn;
            extend.acquireExclusive();
            try {
                lsn = cutLsn;
                if (lsn <= flushed && !isAnyCutCached()) {
                    // nobody extends the fork now, and no page behind its end is on its way to disk: that takes a pin
                    file.truncate((long) Math.max(blockCount, listed) * PageLayout.SIZE);
                    if (cutFrom >= listed) {
                        cutFrom = NOT_CUT;
                    }
                    return;
                }
            } finally {
                extend.releaseExclusive();
            }
            pool.log().flush(lsn);
            flushed = lsn;
        }
    }

    private void discardAllCut() {
        for (int block = blockCount; block >>> CHUNK_SHIFT < chunks.length; block++) {
            discardCut(block);
        }
    }

    private boolean isAnyCutCached() {
        for (int block = blockCount; block >>> CHUNK_SHIFT < chunks.length; block++) {
            if (cached(block) != null) {
                return true;
            }
        }
        return false;
    }

    void checkNotDropped() {
        if (dropped) {
            throw new StoppedException(SqlState.UNDEFINED_FILE, "relation file " + path() + " was dropped");
        }
    }

    boolean isDropped() {
        return dropped;
    }

    RelationFile file() {
        return file;
    }

    LatchRank rank() {
        return rank;
    }

    void setRank(LatchRank rank) {
        this.rank = rank;
    }

    private StoppedException pastEnd(int block) {
        return new StoppedException(
                SqlState.DATA_CORRUPTED,
                "could not read block " + Integer.toUnsignedString(block) + " of relation file " + path()
                        + ": past its end",
                "blocks=" + blockCount);
    }
}
