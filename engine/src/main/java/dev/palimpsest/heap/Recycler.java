package dev.palimpsest.heap;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.id.Lsn;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tx.Horizon;
import java.nio.ByteBuffer;

/**
 * The prune of the common case: a full page under updates has one or two dead versions, and the next new version fits exactly where one of
 * them lies. Only that version is looked at (a prune looks at every tuple of the page), nothing is moved, and its removal is part
 * of the update's own change and record.
 *
 * <p>Which versions may have died is remembered in the frame: the line pointers that the last HOT updates ended, five at most, packed into
 * {@link Frame#roomHint}. A hint that was lost costs nothing but a prune.
 *
 * <p>Only the first version of a chain is taken, so that nothing but the root leads to it: the root is redirected to the second. Caller
 * holds the page's exclusive latch; one per heap, thread-safe.
 */
final class Recycler {
    private static final int HINT_BITS = 12;
    private static final int HINT_MASK = (1 << HINT_BITS) - 1;
    private static final int HINTS = 5;

    /** What a version's place is used again by. */
    record Place(int root, int line, int next, int offset) {
        /** The root's own body goes: its line pointer stays as a redirect. */
        boolean isRoot() {
            return root == line;
        }

        /** Takes the version out; its bytes are free afterwards. Also at redo. */
        void free(ByteBuffer page) {
            SlottedPage.setLine(page, root, LinePointer.redirect(next));
            if (!isRoot()) {
                SlottedPage.setLine(page, line, LinePointer.UNUSED);
            }
        }
    }

    private final HeapContext context;
    private final Visibility visibility;
    private final int fileNumber;

    /** A capture for all to share; an old one only keeps more. Any thread replaces it. */
    private volatile Horizon shared;

    Recycler(HeapContext context, Visibility visibility, int fileNumber) {
        this.context = context;
        this.visibility = visibility;
        this.fileNumber = fileNumber;
    }

    /** A HOT update ended this version. */
    static void remember(Frame frame, int line) {
        frame.setRoomHint((frame.roomHint() << HINT_BITS | line) & (1L << HINT_BITS * HINTS) - 1);
    }

    /** A dead version whose place has room for a tuple, and forgets it; null if none is known. */
    Place find(Frame frame, int length) {
        long hint = frame.roomHint();
        for (int shift = HINT_BITS * (HINTS - 1); shift >= 0; shift -= HINT_BITS) { // the oldest first
            int line = (int) (hint >>> shift) & HINT_MASK;
            Place place = line == 0 ? null : check(frame.page, line, length);
            if (place != null) {
                long younger = hint & (1L << shift) - 1;
                long older = hint >>> shift + HINT_BITS << shift;
                frame.setRoomHint(older | younger);
                return place;
            }
        }
        return null;
    }

    private Place check(ByteBuffer page, int line, int length) {
        int offset = HeapPage.tupleOffset(page, line);
        if (offset < 0 || PageLayout.align(HeapPage.tupleLength(page, line)) < PageLayout.align(length)) {
            return null;
        }
        int flags = HeapPage.flags(page, offset);
        if (!HeapPage.isHotUpdated(flags)) {
            return null;
        }
        if ((flags & TupleLayout.KEYS_UPDATED) != 0 && PageLayout.own(page) != 0) {
            return null; // an archived version before it has to learn that first
        }
        int root = (flags & TupleLayout.HEAP_ONLY) == 0 ? line : redirectTo(page, line);
        if (root == 0 || root == line && SlottedPage.freeBytes(page) < LinePointer.BYTES) {
            return null;
        }
        return isDead(page, offset, flags)
                ? new Place(root, line, HeapPage.ctidLinePointer(page, offset), offset)
                : null;
    }

    /** The root whose redirect leads to a line pointer, 0 if another version does. */
    private static int redirectTo(ByteBuffer page, int line) {
        int wanted = LinePointer.redirect(line);
        for (int number = 1, count = SlottedPage.lineCount(page); number <= count; number++) {
            if (page.getInt(SlottedPage.lineOffset(number)) == wanted) {
                return number;
            }
        }
        return 0;
    }

    private boolean isDead(ByteBuffer page, int offset, int flags) {
        long end = visibility.endCsn(HeapPage.xmax(page, offset), flags);
        if (end == Visibility.ABORTED || end == Lsn.INFINITE) {
            return false;
        }
        long begin = visibility.beginCsn(HeapPage.xmin(page, offset), flags);
        Horizon horizon = shared;
        if (horizon != null && !horizon.needed(begin, end, fileNumber)) {
            return true;
        }
        horizon = context.transactions().captureHorizon();
        shared = horizon;
        return !horizon.needed(begin, end, fileNumber);
    }
}
