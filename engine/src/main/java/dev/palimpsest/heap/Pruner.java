package dev.palimpsest.heap;

import dev.palimpsest.id.Lsn;
import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tx.Horizon;
import java.nio.ByteBuffer;

/**
 * Finds the versions on one page that nobody needs, also in the middle of a chain, and plans their removal.
 *
 * <p>A version goes if its writer was rolled back, or if it ended and the horizon needs it for no snapshot. Index entries point to the
 * chain's root, so the root's line pointer stays (as a redirect once its body is gone), and of each chain the newest body stays, dead or not,
 * for its keys (what {@link VacuumPruner} keeps instead, it says). A link is moved over removed versions in the same page change,
 * so that a link within a page is never stale. README.md has the proof. One page, one use; the caller holds the exclusive latch.
 *
 * <p>Source of the frame: PostgreSQL, {@code pruneheap.c}; the removal from the middle is ours.
 */
class Pruner {
    final ByteBuffer page;
    final int block;
    final Visibility visibility;
    final Horizon horizon;
    final int fileNumber;
    final long durableLsn;
    final int lineCount;
    final boolean[] reached;
    final int[] chain;
    final boolean[] dead;
    final PrunePlan plan = new PrunePlan();

    /** @param durableLsn commits up to here may be marked */
    Pruner(ByteBuffer page, int block, int fileNumber, Visibility visibility, Horizon horizon, long durableLsn) {
        this.page = page;
        this.block = block;
        this.fileNumber = fileNumber;
        this.visibility = visibility;
        this.horizon = horizon;
        this.durableLsn = durableLsn;
        lineCount = SlottedPage.lineCount(page);
        reached = new boolean[lineCount + 1];
        chain = new int[lineCount];
        dead = new boolean[lineCount];
    }

    /** True if something on the page may be removable, so that it pays to capture a horizon: no look-up, only what the headers show. */
    static boolean worthTrying(ByteBuffer page) {
        for (int number = 1, count = SlottedPage.lineCount(page); number <= count; number++) {
            int line = SlottedPage.line(page, number);
            if (LinePointer.isNormal(line)) {
                int flags = HeapPage.flags(page, LinePointer.offset(line));
                if ((flags & (TupleLayout.HOT_UPDATED | TupleLayout.HEAP_ONLY)) != 0) {
                    return true;
                }
            }
        }
        return false;
    }

    PrunePlan plan() {
        for (int number = 1; number <= lineCount; number++) {
            int line = SlottedPage.line(page, number);
            if (LinePointer.state(line) == LinePointer.STATE_REDIRECT) {
                planChain(number, collect(LinePointer.target(line)));
            } else if (LinePointer.isNormal(line)
                    && (HeapPage.flags(page, LinePointer.offset(line)) & TupleLayout.HEAP_ONLY) == 0) {
                planChain(number, collect(number));
            }
        }
        freeOrphans();
        return plan;
    }

    /** Follows the links within the page from a chain's first version; fills {@link #chain}, returns its length. */
    private int collect(int first) {
        int length = 0;
        for (int number = first; length < chain.length; ) {
            int offset = HeapPage.tupleOffset(page, number);
            if (offset < 0 || reached[number]) {
                break;
            }
            reached[number] = true;
            chain[length++] = number;
            int flags = HeapPage.flags(page, offset);
            if ((flags & TupleLayout.HOT_UPDATED) == 0) {
                break;
            }
            if (visibility.endCsn(HeapPage.xmax(page, offset), flags) == Visibility.ABORTED) {
                plan.relink(
                        number,
                        false,
                        false,
                        Tid.of(block, number)); // else it would lead to a line pointer that is used again
                break;
            }
            number = HeapPage.ctidLinePointer(page, offset);
        }
        return length;
    }

    /** The chain's versions are those in {@link #chain}. */
    void planChain(int root, int length) {
        for (int i = 0; i < length; i++) { // asked once each: fates may change while we look
            dead[i] = removable(chain[i]);
        }
        if (length > 0) {
            dead[length - 1] = false; // the newest has the keys of the index entries
        }
        if (PageLayout.own(page) != 0) {
            keepForArchived(length);
        }
        removeDead(root, length);
    }

    /**
     * What archived versions before the first one here have to learn: that a key changed after them. Only vacuum can write it on the
     * archived ones, so until then the version that says it stays.
     */
    private void keepForArchived(int length) {
        for (int i = 0; i < length && dead[i]; i++) {
            if (isKeyEnded(i, i + 1)) {
                dead[i] = false;
            }
        }
    }

    /** Plans the removal of the versions that are marked {@link #dead}; one at least isn't. */
    final void removeDead(int root, int length) {
        int first = -1;
        int previous = -1;
        for (int i = 0; i < length; i++) {
            if (dead[i]) {
                continue;
            }
            if (previous >= 0 && previous != i - 1) {
                plan.relink(chain[previous], true, isKeyEnded(previous + 1, i), Tid.of(block, chain[i]));
            }
            first = first < 0 ? i : first;
            previous = i;
        }
        if (first > 0) {
            plan.redirect(root, chain[first]);
        }
        for (int i = 0; i < length; i++) {
            if (dead[i]) {
                plan.countRemoved(1);
                if (chain[i] != root) {
                    plan.free(chain[i]);
                }
            }
        }
    }

    /** Of the chain's versions from one to before another: what the version before them would lead over without them. */
    final boolean isKeyEnded(int from, int to) {
        for (int i = from; i < to; i++) {
            if (HeapPage.isKeyEnded(HeapPage.flags(page, HeapPage.tupleOffset(page, chain[i])))) {
                return true;
            }
        }
        return false;
    }

    private boolean removable(int number) {
        int offset = HeapPage.tupleOffset(page, number);
        int flags = HeapPage.flags(page, offset);
        long xmax = HeapPage.xmax(page, offset);
        if (xmax == Xid.NONE && (flags & TupleLayout.XMIN_COMMITTED) != 0) {
            return false; // most versions: nothing to look up
        }
        long begin = visibility.beginCsn(HeapPage.xmin(page, offset), flags);
        if (begin == Visibility.ABORTED) {
            return true;
        }
        if (begin <= durableLsn) {
            HeapPage.setFlags(page, offset, flags | TupleLayout.XMIN_COMMITTED);
        }
        long end = visibility.endCsn(xmax, flags);
        return begin != Lsn.INFINITE
                && end != Visibility.ABORTED
                && end != Lsn.INFINITE
                && !horizon.needed(begin, end, fileNumber);
    }

    /** Versions that no chain leads to any more, and no index entry: their writer was rolled back and the row updated again. */
    private void freeOrphans() {
        for (int number = 1; number <= lineCount; number++) {
            int offset = reached[number] ? -1 : HeapPage.tupleOffset(page, number);
            if (offset < 0 || (HeapPage.flags(page, offset) & TupleLayout.HEAP_ONLY) == 0) {
                continue;
            }
            long begin = visibility.beginCsn(HeapPage.xmin(page, offset), HeapPage.flags(page, offset));
            if (begin == Visibility.ABORTED) {
                plan.free(number);
                plan.countRemoved(1);
            }
        }
    }
}
