package dev.palimpsest.heap;

import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.tuple.TupleLayout;
import java.nio.ByteBuffer;

/**
 * Tuple headers where they lie on a page; {@code offset} is the tuple's first byte. Readers may call these on a page that is being
 * changed; writers hold its exclusive latch.
 */
final class HeapPage {
    /** Page flag, a hint: a line pointer below the last may be unused. */
    private static final int HAS_FREE_LINES = 1;

    /**
     * Page flag: every tuple is visible to all, and marked so; nothing is dead or archived. The page's bit in the visibility map may be
     * set: who changes the page clears that first ({@link VisibilityMap}).
     */
    private static final int ALL_VISIBLE = 1 << 1;

    private HeapPage() {}

    /** A line pointer for a new tuple: an unused one, or the one after the last. Caller holds the exclusive latch. */
    static int freeLine(ByteBuffer page) {
        int next = SlottedPage.lineCount(page) + 1;
        if ((PageLayout.flags(page) & HAS_FREE_LINES) == 0) {
            return next;
        }
        int unused = SlottedPage.firstUnusedLine(page);
        if (unused == next) {
            PageLayout.setFlags(page, PageLayout.flags(page) & ~HAS_FREE_LINES);
        }
        return unused;
    }

    static void noteFreeLines(ByteBuffer page) {
        PageLayout.setFlags(page, PageLayout.flags(page) | HAS_FREE_LINES);
    }

    static boolean isAllVisible(ByteBuffer page) {
        return (PageLayout.flags(page) & ALL_VISIBLE) != 0;
    }

    /** Sets the flag and marks every tuple's beginning. */
    static void makeAllVisible(ByteBuffer page) {
        PageLayout.setFlags(page, PageLayout.flags(page) | ALL_VISIBLE);
        for (int number = 1, count = SlottedPage.lineCount(page); number <= count; number++) {
            int offset = tupleOffset(page, number);
            if (offset >= 0) {
                setFlags(page, offset, flags(page, offset) | TupleLayout.XMIN_COMMITTED);
            }
        }
    }

    /** Why a page can't be visible to all, or null. For checks. */
    static String allVisibleProblem(ByteBuffer page) {
        if (PageLayout.own(page) != 0) {
            return "archived versions up to " + PageLayout.own(page);
        }
        for (int number = 1, count = SlottedPage.lineCount(page); number <= count; number++) {
            int line = SlottedPage.line(page, number);
            int state = LinePointer.state(line);
            if (state == LinePointer.STATE_DEAD || state == LinePointer.STATE_ARCHIVED) {
                return "line pointer " + number + " is " + LinePointer.toString(line);
            }
            if (state == LinePointer.STATE_NORMAL) {
                int offset = LinePointer.offset(line);
                int marks = flags(page, offset) & TupleLayout.MARKS;
                if ((marks & TupleLayout.XMIN_COMMITTED) == 0 || xmax(page, offset) != Xid.NONE) {
                    return "tuple " + number + " has marks=" + marks + " xmax=" + xmax(page, offset);
                }
            }
        }
        return null;
    }

    /** Part of every change of the page, and of its redo. */
    static void clearAllVisible(ByteBuffer page) {
        int flags = PageLayout.flags(page);
        if ((flags & ALL_VISIBLE) != 0) {
            PageLayout.setFlags(page, flags & ~ALL_VISIBLE);
        }
    }

    static long xmin(ByteBuffer page, int offset) {
        return page.getLong(offset + TupleLayout.XMIN);
    }

    static long xmax(ByteBuffer page, int offset) {
        return page.getLong(offset + TupleLayout.XMAX);
    }

    static int flags(ByteBuffer page, int offset) {
        return page.getShort(offset + TupleLayout.FLAGS) & 0xFFFF;
    }

    static void setFlags(ByteBuffer page, int offset, int flags) {
        page.putShort(offset + TupleLayout.FLAGS, (short) flags);
    }

    static int cmin(ByteBuffer page, int offset) {
        return page.getInt(offset + TupleLayout.CMIN);
    }

    static int cmax(ByteBuffer page, int offset) {
        return page.getInt(offset + TupleLayout.CMAX);
    }

    static long ctid(ByteBuffer page, int offset) {
        return Tid.of(
                page.getInt(offset + TupleLayout.CTID_BLOCK),
                page.getShort(offset + TupleLayout.CTID_LINE_POINTER) & 0xFFFF);
    }

    static int ctidLinePointer(ByteBuffer page, int offset) {
        return page.getShort(offset + TupleLayout.CTID_LINE_POINTER) & 0xFFFF;
    }

    static void setCtid(ByteBuffer page, int offset, long tid) {
        page.putInt(offset + TupleLayout.CTID_BLOCK, Tid.block(tid));
        page.putShort(offset + TupleLayout.CTID_LINE_POINTER, (short) Tid.linePointer(tid));
    }

    /** Offset of the tuple that a line pointer has, or -1 if it isn't NORMAL. */
    static int tupleOffset(ByteBuffer page, int linePointer) {
        int line = SlottedPage.line(page, linePointer);
        return LinePointer.isNormal(line) ? LinePointer.offset(line) : -1;
    }

    /** As {@link #tupleOffset}, but also of the body that a dead root keeps. */
    static int bodyOffset(ByteBuffer page, int linePointer) {
        int line = SlottedPage.line(page, linePointer);
        return LinePointer.hasItem(line) ? LinePointer.offset(line) : -1;
    }

    /** Length of the tuple that a NORMAL (or DEAD) line pointer has. */
    static int tupleLength(ByteBuffer page, int linePointer) {
        return LinePointer.length(SlottedPage.line(page, linePointer));
    }

    /** Ends a version: xmax, command and links set, its earlier xmax's marks taken off. */
    static void end(ByteBuffer page, int offset, long xmax, int cmax, int endFlags, long ctid) {
        page.putLong(offset + TupleLayout.XMAX, xmax);
        page.putInt(offset + TupleLayout.CMAX, cmax);
        int kept = flags(page, offset)
                & ~(TupleLayout.XMAX_COMMITTED
                        | TupleLayout.XMAX_ABORTED
                        | TupleLayout.HOT_UPDATED
                        | TupleLayout.UPDATED
                        | TupleLayout.KEYS_UPDATED);
        setFlags(page, offset, kept | endFlags);
        setCtid(page, offset, ctid);
    }

    /** Takes a rolled-back xmax off: the version was never ended. */
    static void clearEnd(ByteBuffer page, int offset, long self) {
        end(page, offset, Xid.NONE, 0, 0, self);
    }

    /** Makes a version read as a rolled-back transaction's. */
    static void kill(ByteBuffer page, int offset) {
        setFlags(page, offset, flags(page, offset) & ~TupleLayout.XMIN_COMMITTED | TupleLayout.XMIN_ABORTED);
    }

    /** Who ended this version took it as FOR UPDATE does, not only as FOR NO KEY UPDATE: a delete, or a change of its keys. */
    static boolean isKeyEnded(int flags) {
        return (flags & (TupleLayout.UPDATED | TupleLayout.KEYS_UPDATED)) != TupleLayout.UPDATED;
    }

    /** True if the version's end leads to another root, on this page or another: not within the chain, and not nowhere. */
    static boolean leadsToRoot(int flags, long ctid, long self) {
        return (flags & (TupleLayout.UPDATED | TupleLayout.HOT_UPDATED)) == TupleLayout.UPDATED && ctid != self;
    }

    /** True if the next version is on this page and reached only through this one. */
    static boolean isHotUpdated(int flags) {
        return (flags & (TupleLayout.HOT_UPDATED | TupleLayout.XMAX_ABORTED)) == TupleLayout.HOT_UPDATED;
    }
}
