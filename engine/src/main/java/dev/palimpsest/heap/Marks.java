package dev.palimpsest.heap;

import dev.palimpsest.id.Lsn;
import dev.palimpsest.id.Xid;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.tuple.TupleLayout;
import java.nio.ByteBuffer;

/**
 * Writes into tuple headers what the commit log says, so that later readers needn't ask it. A mark is set only where the commit record
 * is durable: a page must not reach the disk saying more than the WAL does. An aborted mark needs no such care, since a
 * transaction that isn't known as committed counts as aborted after a crash.
 */
final class Marks {
    private Marks() {}

    /**
     * Marks every tuple of a page; the caller holds its exclusive latch. Doesn't make the page dirty.
     *
     * @param durableLsn commits up to here are durable
     * @return the newest CSN on the page, or {@link Lsn#INFINITE} if something on it is undecided or not yet durable
     */
    static long mark(ByteBuffer page, Visibility visibility, long durableLsn) {
        long newest = 0;
        for (int number = 1, count = SlottedPage.lineCount(page); number <= count; number++) {
            int line = SlottedPage.line(page, number);
            if (LinePointer.isNormal(line)) {
                newest = Math.max(newest, markTuple(page, LinePointer.offset(line), visibility, durableLsn));
            }
        }
        return newest;
    }

    private static long markTuple(ByteBuffer page, int offset, Visibility visibility, long durableLsn) {
        int flags = HeapPage.flags(page, offset);
        int marked = flags;
        long begin = visibility.beginCsn(HeapPage.xmin(page, offset), flags);
        if (begin == Visibility.ABORTED) {
            marked |= TupleLayout.XMIN_ABORTED;
            begin = 0;
        } else if (begin <= durableLsn) {
            marked |= TupleLayout.XMIN_COMMITTED;
        } else {
            begin = Lsn.INFINITE;
        }
        long xmax = HeapPage.xmax(page, offset);
        long end = visibility.endCsn(xmax, flags);
        if (xmax == Xid.NONE) {
            end = 0;
        } else if (end == Visibility.ABORTED) {
            marked |= TupleLayout.XMAX_ABORTED;
            end = 0;
        } else if (end <= durableLsn) {
            marked |= TupleLayout.XMAX_COMMITTED;
        } else {
            end = Lsn.INFINITE;
        }
        if (marked != flags) {
            HeapPage.setFlags(page, offset, marked);
        }
        return Math.max(begin, end);
    }
}
