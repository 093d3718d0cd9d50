package dev.palimpsest.inspect;

import dev.palimpsest.heap.Visibility;
import dev.palimpsest.id.Tid;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.tuple.TupleLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;

/** Walks the HOT chains of one page after the other, and finds heap-only tuples that none reaches. Not thread-safe. */
final class PageChains {
    private final Visibility visibility;
    private final TableCheck.Reporter reporter;
    private final BitSet reached = new BitSet();
    private ByteBuffer page;
    private int block;

    PageChains(Visibility visibility, TableCheck.Reporter reporter) {
        this.visibility = visibility;
        this.reporter = reporter;
    }

    void begin(int pageBlock, byte[] copy) {
        page = ByteBuffer.wrap(copy.clone()).order(ByteOrder.LITTLE_ENDIAN);
        assert copy.length == PageLayout.SIZE;
        block = pageBlock;
        reached.clear();
    }

    void walk(int root) {
        int number = root;
        int line = SlottedPage.line(page, root);
        if (LinePointer.state(line) == LinePointer.STATE_REDIRECT) {
            number = LinePointer.target(line);
            int target = SlottedPage.line(page, number);
            if (!LinePointer.isNormal(target) || (flags(target) & TupleLayout.HEAP_ONLY) == 0) {
                problem(root, "redirects to " + number + ", which is no heap-only tuple");
                return;
            }
        }
        for (line = SlottedPage.line(page, number); LinePointer.isNormal(line); line = SlottedPage.line(page, number)) {
            if (reached.get(number)) {
                problem(root, "its chain meets another one, or itself, at " + number);
                return;
            }
            reached.set(number);
            if ((flags(line) & TupleLayout.HOT_UPDATED) == 0 || isAborted(line, TupleLayout.XMAX)) {
                return;
            }
            int next = page.getShort(LinePointer.offset(line) + TupleLayout.CTID_LINE_POINTER) & 0xFFFF;
            int nextBlock = page.getInt(LinePointer.offset(line) + TupleLayout.CTID_BLOCK);
            int nextLine = SlottedPage.line(page, next);
            if (nextBlock != block
                    || !LinePointer.isNormal(nextLine)
                    || (flags(nextLine) & TupleLayout.HEAP_ONLY) == 0) {
                problem(
                        number,
                        "HOT-updated to (" + nextBlock + "," + next + "), which is no heap-only tuple of this page");
                return;
            }
            number = next;
        }
    }

    /** The page is done: what no chain has reached must be of a writer that was rolled back. */
    void finish() {
        if (page == null) {
            return;
        }
        for (int number = 1, count = SlottedPage.lineCount(page); number <= count; number++) {
            int line = SlottedPage.line(page, number);
            if (LinePointer.isNormal(line)
                    && (flags(line) & TupleLayout.HEAP_ONLY) != 0
                    && !reached.get(number)
                    && !isAborted(line, TupleLayout.XMIN)) {
                problem(number, "heap-only, but no chain leads to it");
            }
        }
        page = null;
    }

    private boolean isAborted(int line, int field) {
        long xid = page.getLong(LinePointer.offset(line) + field);
        long fate =
                field == TupleLayout.XMIN ? visibility.beginCsn(xid, flags(line)) : visibility.endCsn(xid, flags(line));
        return fate == Visibility.ABORTED;
    }

    private int flags(int line) {
        return page.getShort(LinePointer.offset(line) + TupleLayout.FLAGS) & 0xFFFF;
    }

    private void problem(int number, String what) {
        reporter.problem(Tid.of(block, number), what);
    }
}
