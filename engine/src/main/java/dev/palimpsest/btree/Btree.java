package dev.palimpsest.btree;

import static dev.palimpsest.btree.BtreeLayout.*;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.id.PageId;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalRecordBuilder;
import java.nio.ByteBuffer;

/**
 * One index: a B-link tree over byte strings, each string being a key and the tid of a row (the root line pointer of its HOT chain).
 *
 * <p>This object is the shared handle; the work is done by {@link BtreeCursor} (look-ups), {@link BtreeScan} (ranges) and
 * {@link BtreeWriter} (changes), of which every session has its own.
 *
 * <p>Thread-safe. Source: Lehman and Yao 1981; PostgreSQL's nbtree, whose rules for splits, unique checks and tids as the last part of the
 * order are kept (README.md lists the differences).
 */
public final class Btree {
    private final PageFile file;
    private final Wal wal;
    private final Scheduler scheduler;
    private final String name;
    private final long firstPageId;
    private final BtreeEpochs epochs = new BtreeEpochs();
    private final BtreeFreePages freePages;

    /**
     * The root, or a page that was the root once: then it is the leftmost of its level, and a descent from it only has to move right
     * more. 0 before the first use. Volatile; any writer may store what it read in the meta page.
     */
    private volatile int rootHint;

    /**
     * @param map the file's free-space fork
     * @param name the index's name, for messages
     */
    public Btree(PageFile file, PageFile map, Wal wal, Scheduler scheduler, String name) {
        this.file = file;
        this.wal = wal;
        this.scheduler = scheduler;
        this.name = name;
        this.firstPageId = file.pageId(0);
        freePages = new BtreeFreePages(map, epochs);
    }

    /** Formats an empty file as an empty index: the meta page and a leaf as root, in one WAL record. */
    public static void create(PageFile file, Wal wal, WalRecordBuilder record, long xid) {
        Frame meta = file.pinNew();
        try {
            Frame root = file.pinNew();
            try {
                formatMeta(meta.page);
                PageLayout.init(root.page, PageType.BTREE, SPECIAL_SIZE);
                BtreeLog.create(record, xid, meta, root);
                wal.append(record);
            } catch (Throwable e) {
                wal.poison(e);
                throw e;
            } finally {
                root.releaseExclusive();
                root.unpin();
            }
        } finally {
            meta.releaseExclusive();
            meta.unpin();
        }
    }

    static void formatMeta(ByteBuffer page) {
        PageLayout.init(page, PageType.BTREE_META, 0);
        page.putInt(META_ROOT, META_BLOCK + 1);
        page.putInt(META_LEVEL, 0);
        page.putShort(PageLayout.LOWER_OFFSET, (short) META_END);
    }

    public PageFile file() {
        return file;
    }

    public String name() {
        return name;
    }

    Wal wal() {
        return wal;
    }

    Scheduler scheduler() {
        return scheduler;
    }

    BtreeEpochs epochs() {
        return epochs;
    }

    /** Pages of the file that splits may use again, now or when operations in flight have ended. */
    public int freePageCount() {
        return freePages.size();
    }

    BtreeFreePages freePages() {
        return freePages;
    }

    long pageId(int block) {
        return firstPageId | Integer.toUnsignedLong(block);
    }

    int rootHint() {
        int hint = rootHint;
        return hint != 0 ? hint : refreshRoot();
    }

    void rootHint(int block) {
        rootHint = block;
    }

    /** Reads the root from the meta page, under its latch. May be called with index pages latched: the meta page comes last. */
    int refreshRoot() {
        Frame meta = pin(META_BLOCK);
        int root;
        boolean isMeta;
        meta.acquireShared();
        try {
            isMeta = meta.page.getShort(PageLayout.TYPE_OFFSET) == PageType.BTREE_META.code();
            root = meta.page.getInt(META_ROOT);
        } finally {
            meta.releaseShared();
            meta.unpin();
        }
        if (!isMeta || root <= META_BLOCK || root >= file.blockCount()) {
            throw corrupted(META_BLOCK, "not the meta page of an index, or its root is out of range, root=" + root);
        }
        rootHint = root;
        return root;
    }

    /** Pins a block that a page or the meta page named. */
    Frame pin(int block) {
        if (block < 0 || block >= file.blockCount()) {
            throw corrupted(block, "block out of range, blocks=" + file.blockCount());
        }
        return file.pin(block);
    }

    void checkKeyLength(int length) {
        int size = length + TID_SIZE;
        if (size > MAX_ENTRY) {
            throw new UsageException(
                    SqlState.PROGRAM_LIMIT_EXCEEDED,
                    String.format(
                            "index row size %d exceeds btree version 4 maximum %d for index \"%s\"",
                            size, MAX_ENTRY, name),
                    null,
                    "Values larger than 1/3 of a buffer page cannot be indexed.\n"
                            + "Consider a function index of an MD5 hash of the value, or use full text indexing.",
                    null);
        }
    }

    StoppedException corrupted(int block, String what) {
        return corrupted(block, what, null);
    }

    /** For a page that is latched or validated, so that no concurrent change explains what reading it threw. */
    StoppedException corrupted(Frame frame, IndexOutOfBoundsException cause) {
        return corrupted((int) frame.pageId(), "an offset points outside the page", cause);
    }

    private StoppedException corrupted(int block, String what, Throwable cause) {
        return new StoppedException(
                SqlState.INDEX_CORRUPTED,
                "index \"" + name + "\" contains corrupted page at block " + Integer.toUnsignedString(block),
                what + ", " + PageId.toString(pageId(block)) + ", relation file " + file.path(),
                null,
                cause);
    }
}
