package dev.palimpsest.buffer;

import dev.palimpsest.id.Lsn;
import dev.palimpsest.id.PageId;
import dev.palimpsest.latch.Latch;
import dev.palimpsest.latch.LatchRank;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;

/**
 * A page in memory: its bytes, its pin count, its content latch (this object) and its version.
 *
 * <p><b>Pinned</b>, it keeps its page. <b>Latched</b> (shared or exclusive, while pinned), its bytes may be read or changed.
 * <b>Neither</b>, a reader may still copy from it: {@link #beginRead}, copy, {@link #validate}; what it copied means nothing until
 * the version was the same, and even, before and after.
 *
 * <p>The version is odd while the frame is latched exclusively, being loaded, or empty; it never goes back. It is made odd with an
 * opaque store and a store-store fence before the first byte changes, and even by a release store after the last. A reader loads it
 * with acquire, reads bytes, and loads it again after an acquire fence. Had it read a byte of a change, then by the two fences its
 * second load could not miss the odd version stored before that byte; had it started within the change, its first load saw odd; and
 * an even first load acquires all the bytes of the changes before it. (Boehm, "Can seqlocks get along with programming language
 * memory models?", 2012.)
 *
 * <p>Thread-safe as far as each member says. See {@code README.md} for the life of a frame.
 */
public final class Frame extends Latch {
    /** {@link #beginRead}'s answer when the frame can't be read now. */
    public static final long UNREADABLE = -1;

    /** The pin count of a frame that changes pages: nobody else can pin it. */
    private static final int CLAIMED = -1;

    private static final VarHandle VERSION;
    private static final VarHandle PINS;
    private static final VarHandle REFERENCED;
    private static final VarHandle NEWEST_CSN;
    private static final VarHandle WRITING;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            VERSION = lookup.findVarHandle(Frame.class, "version", long.class);
            PINS = lookup.findVarHandle(Frame.class, "pins", int.class);
            REFERENCED = lookup.findVarHandle(Frame.class, "referenced", boolean.class);
            NEWEST_CSN = lookup.findVarHandle(Frame.class, "newestCsn", long.class);
            WRITING = lookup.findVarHandle(Frame.class, "writing", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The page's 8 KiB, little-endian. Only absolute accesses: position and limit are shared by all. */
    public final ByteBuffer page;

    private final FrameEvents events;
    private final int index;

    /** Written by the holder of the exclusive latch or of the claim; see the class comment. */
    private long version = 1;

    /** Written by the holder of the claim, or by the loader whose load failed, while {@code version} is odd. */
    private long pageId = PageId.NONE;

    /** As {@code pageId}; null only before the first use. */
    private PageFile file;

    /** CAS. {@link #CLAIMED}, or the number of pins. New frames belong to their maker. */
    private volatile int pins = CLAIMED;

    /** True from before the frame is published until its page is read or the reading failed; written by the loader. */
    private volatile boolean loading;

    /** Set under the exclusive latch, cleared under the shared one by the holder of {@code writing}. */
    private volatile boolean dirty;

    /** CAS to true; its owner holds a pin and is the only one to copy and write the page. */
    private volatile boolean writing;

    /** Opaque: a hint for the clock. */
    private boolean referenced;

    /** Opaque; written under the latch by the page's room. */
    private long newestCsn = Lsn.INFINITE;

    /** The room's own, in memory only; guarded by the exclusive latch. 0 after a load. */
    private long roomHint;

    /** Racy on purpose: readers since the last change who had to ask the commit log, about. */
    private int slowReads;

    Frame(ByteBuffer page, int index, FrameEvents events) {
        super(null, events.scheduler());
        this.page = page;
        this.index = index;
        this.events = events;
    }

    // ---- optimistic reading: no pin, no latch, writes nothing ----

    /** The version to give to {@link #validate}, or {@link #UNREADABLE} if the frame is being changed or holds another page. */
    public long beginRead(long pageId) {
        long seen = (long) VERSION.getAcquire(this); // pairs with the release store in becomeEven
        return (seen & 1) == 0 && this.pageId == pageId ? seen : UNREADABLE;
    }

    /** True if everything read from the frame since {@link #beginRead} belongs to that version. */
    public boolean validate(long version) {
        VarHandle.acquireFence(); // pairs with the store-store fence in becomeOdd
        return (long) VERSION.getOpaque(this) == version;
    }

    /** Keeps the page from the next sweep of the clock. Writes only if no one has since the last. */
    public void touch() {
        if (!(boolean) REFERENCED.getOpaque(this)) {
            REFERENCED.setOpaque(this, true);
        }
    }

    /**
     * The newest CSN on the page: {@link Lsn#INFINITE} while one is undecided or unknown. In an optimistic read valid if the read is.
     */
    public long newestCsn() {
        return (long) NEWEST_CSN.getOpaque(this);
    }

    /** Caller holds the latch; INFINITE is set under the exclusive one, before a change. */
    public void setNewestCsn(long csn) {
        NEWEST_CSN.setOpaque(this, csn);
        slowReads = 0;
    }

    /** What the page's room left here since the page was loaded, 0 at first. Caller holds the exclusive latch. */
    public long roomHint() {
        return roomHint;
    }

    /** Caller holds the exclusive latch. */
    public void setRoomHint(long hint) {
        roomHint = hint;
    }

    /**
     * Counts a reader for whom the marks didn't decide. @return how many there were since {@link #setNewestCsn}, about: for the room to
     * choose when marking the page pays
     */
    public int countSlowRead() {
        return ++slowReads;
    }

    // ---- pinned ----

    /** One more pin. Caller holds one. */
    public void pin() {
        int before = (int) PINS.getAndAdd(this, 1);
        assert before > 0 : "not pinned";
    }

    /** Caller holds no latch on it. */
    public void unpin() {
        int before = (int) PINS.getAndAdd(this, -1);
        assert before > 0 : "not pinned";
        if (before == 1) {
            events.unpinned().wakeAll();
        }
    }

    /** As {@link #unpin}, for a caller that unpins many and then wakes those who wait itself. */
    void unpinQuietly() {
        int before = (int) PINS.getAndAdd(this, -1);
        assert before > 0 : "not pinned";
    }

    /** The page in the frame; stable while pinned. */
    public long pageId() {
        return pageId;
    }

    /** The page's file; stable while pinned. */
    public PageFile file() {
        return file;
    }

    public int block() {
        return PageId.block(pageId);
    }

    /** Caller holds the exclusive latch, has changed the page or is about to, and appends the WAL record afterwards. */
    public void markDirty() {
        assert isHeldExclusive() : "not latched exclusively";
        if (!dirty) {
            dirty = true;
        }
    }

    public boolean isDirty() {
        return dirty;
    }

    // ---- for the pool ----

    /** Pins if the frame holds this page, waiting for it to be loaded. */
    boolean tryPin(long pageId) {
        if (!tryPinAny()) {
            return false;
        }
        if (loading) {
            events.ioDone(index).await(() -> !loading);
        }
        // after `loading`: a failed load clears the page id first
        if (this.pageId == pageId) {
            return true;
        }
        unpin();
        return false;
    }

    /** Pins if the frame holds this page and it is loaded. */
    boolean tryPinLoaded(long pageId) {
        if (!tryPinAny()) {
            return false;
        }
        if (!loading && this.pageId == pageId) {
            return true;
        }
        unpin();
        return false;
    }

    private boolean tryPinAny() {
        for (int before = pins; before >= 0; before = pins) {
            if (PINS.compareAndSet(this, before, before + 1)) {
                return true;
            }
        }
        return false;
    }

    boolean isUnpinned() {
        return pins == 0;
    }

    /** True if whoever holds the frame is the pool itself, so that it will be free or usable soon. */
    boolean isInTransit() {
        return pins < 0 || loading || writing;
    }

    boolean isReferenced() {
        return (boolean) REFERENCED.getOpaque(this);
    }

    void clearReferenced() {
        REFERENCED.setOpaque(this, false);
    }

    /** Takes an unpinned frame out of everybody's reach. */
    boolean tryClaim() {
        return pins == 0 && PINS.compareAndSet(this, 0, CLAIMED);
    }

    /** Gives a claimed frame back as it is. */
    void unclaim() {
        assert pins == CLAIMED;
        pins = 0;
        events.unpinned().wakeAll();
    }

    /**
     * Takes the (clean) page out of its file's table; caller has claimed the frame. The frame is empty afterwards.
     *
     * @return false if it was empty before
     */
    boolean evict() {
        assert pins == CLAIMED && !writing && !isHeldExclusive();
        becomeOdd();
        dirty = false; // a dropped file's page: clean frames only otherwise
        if (pageId == PageId.NONE) {
            return false;
        }
        file.uninstall(PageId.block(pageId), this);
        pageId = PageId.NONE;
        return true;
    }

    /** Makes a claimed, empty frame ready to be installed as this page; ends the claim with one pin. */
    void assign(PageFile file, long pageId, boolean loading) {
        assert pins == CLAIMED && this.pageId == PageId.NONE && (version & 1) == 1;
        this.file = file;
        this.pageId = pageId;
        this.loading = loading;
        clearReferenced();
        setNewestCsn(Lsn.INFINITE);
        roomHint = 0;
        pins = 1; // publishes the above to whoever pins next
    }

    /** The page is read: readers may come. */
    void loaded() {
        becomeEven();
        endLoading();
    }

    /** The page was not read, or another frame holds it. Caller has taken it out of the table, and its pin ends here. */
    void discard() {
        pageId = PageId.NONE;
        endLoading();
        unpin();
    }

    /** Whoever waits for the page may have it. */
    void endLoading() {
        loading = false;
        events.ioDone(index).wakeAll();
    }

    boolean tryBeginWriting() {
        return !writing && WRITING.compareAndSet(this, false, true);
    }

    boolean isWriting() {
        return writing;
    }

    void awaitWritten(BooleanSupplier written) {
        events.ioDone(index).await(written);
    }

    /** Caller holds {@code writing} and the shared latch and has copied the page. */
    void clearDirty() {
        dirty = false;
    }

    /** A failed write leaves the page dirty. */
    void endWriting(boolean succeeded) {
        if (!succeeded) {
            dirty = true;
        }
        writing = false;
        events.ioDone(index).wakeAll();
    }

    // ---- the latch's part ----

    @Override
    protected LatchRank rank() {
        return file.rank();
    }

    @Override
    protected void exclusiveAcquired() {
        assert pins > 0 : "latched without a pin";
        becomeOdd();
    }

    @Override
    protected void exclusiveReleasing() {
        becomeEven();
    }

    private void becomeOdd() {
        long now = version;
        if ((now & 1) == 0) {
            VERSION.setOpaque(this, now + 1);
            VarHandle.storeStoreFence(); // before any change of the page; pairs with the fence in validate
        }
    }

    private void becomeEven() {
        assert (version & 1) == 1;
        VERSION.setRelease(this, version + 1); // pairs with the acquire load in beginRead
    }

    @Override
    public String toString() {
        return "frame=" + index + " page=[" + PageId.toString(pageId) + "] pins=" + pins + " dirty=" + dirty
                + " version=" + version;
    }
}
