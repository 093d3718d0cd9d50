package dev.palimpsest.btree;

import static dev.palimpsest.btree.BtreeLayout.*;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The entries of a range of keys, in order or in reverse.
 *
 * <p>One fetch copies one leaf, validated; the entries are then taken from the private copy. Between fetches nothing is held, and the next
 * fetch goes down from the root again to where the last leaf's range ended (its high key; backwards, its lower fence as found on the way
 * down). So splits that happen meanwhile neither hide nor repeat an entry, and no link is followed across fetches.
 *
 * <p>An entry may be gone, and its tid used for another row, when the caller gets there: whoever reads the row checks its visibility.
 *
 * <p>Not thread-safe; reusable for any index.
 */
public final class BtreeScan {
    private static final byte[] EMPTY = {};

    private final BtreeDescent descent = new BtreeDescent();
    private Btree tree;
    private boolean backward;

    /** What is left to fetch: strings in [lower, upper); null is unbounded above. */
    private byte[] lower = EMPTY;

    private byte[] upper;
    private boolean done = true;

    /** The copied leaf, and the slots of it still to return: next, and the one to stop at. */
    private ByteBuffer page;

    private int slot;
    private int stop;

    /**
     * Starts a scan. A bound may be a prefix of the key (leading columns): inclusive takes in all keys that start with it, exclusive none
     * of them.
     *
     * @param from the lower bound or null
     * @param to the upper bound or null
     */
    public BtreeScan open(
            Btree index, byte[] from, boolean fromInclusive, byte[] to, boolean toInclusive, boolean reverse) {
        tree = index;
        backward = reverse;
        byte[] start = from == null || fromInclusive ? from : KeyEncoder.successor(from, from.length);
        lower = start == null ? EMPTY : start;
        upper = to == null || !toInclusive ? to : KeyEncoder.successor(to, to.length);
        done = start == null && from != null || upper != null && Arrays.compareUnsigned(lower, upper) >= 0;
        slot = stop = 0;
        return this;
    }

    /** Moves to the next entry; false at the end. */
    public boolean next() {
        while (slot == stop) {
            if (done) {
                return false;
            }
            fetch();
        }
        slot += backward ? -1 : 1;
        return true;
    }

    /** The entry's row: the root line pointer of its HOT chain. */
    public long tid() {
        return BtreePage.tid(page, current());
    }

    public int keyLength() {
        return BtreePage.length(page, current()) - TID_SIZE;
    }

    /** Copies the entry's key. */
    public void copyKey(byte[] target, int at) {
        page.get(BtreePage.offset(page, current()), target, at, keyLength());
    }

    private int current() {
        return backward ? slot : slot - 1;
    }

    private void fetch() {
        descent.enter(tree);
        try {
            if (backward) {
                fetchBackward();
            } else {
                fetchForward();
            }
        } catch (IndexOutOfBoundsException e) {
            throw tree.corrupted(descent.block, "an offset points outside the page");
        } finally {
            descent.leave();
        }
    }

    private void fetchForward() {
        page = descent.readLeaf(lower, lower.length);
        slot = BtreePage.lowerBound(page, 0, lower, lower.length);
        stop = upper == null ? BtreePage.count(page) : BtreePage.lowerBound(page, 0, upper, upper.length);
        stop = Math.max(slot, stop);
        byte[] end = BtreePage.copyHighKey(page);
        done = end == null || upper != null && Arrays.compareUnsigned(end, upper) >= 0;
        lower = end == null ? lower : end;
    }

    /** Goes down to the leaf with the last string below {@link #upper}, remembering where its range begins. */
    private void fetchBackward() {
        byte[] fence = EMPTY;
        int at = tree.refreshRoot();
        for (; ; ) {
            page = descent.readCopy(at);
            int level = BtreePage.level(page);
            byte[] end = BtreePage.copyHighKey(page);
            if (end != null && (upper == null || Arrays.compareUnsigned(end, upper) < 0)) {
                fence = BtreePage.isDead(page) ? fence : end; // what a dead page covered is its right sibling's now
                at = BtreePage.rightLink(page);
            } else if (level == 0) {
                break;
            } else {
                int child = below(level) - 1;
                if (child >= 0) {
                    fence = bytes(BtreePage.offset(page, child), BtreePage.orderedLength(page, child, level));
                }
                at = BtreePage.child(page, child);
            }
        }
        slot = below(0);
        // by now the page may begin further to the left: then what lies below the fence is for the next fetch
        byte[] from = Arrays.compareUnsigned(fence, lower) > 0 ? fence : lower;
        stop = Math.min(slot, BtreePage.lowerBound(page, 0, from, from.length));
        upper = fence;
        done = fence.length == 0 || Arrays.compareUnsigned(fence, lower) <= 0;
    }

    /** How many entries of the copied page are below {@link #upper}. */
    private int below(int level) {
        return upper == null ? BtreePage.count(page) : BtreePage.lowerBound(page, level, upper, upper.length);
    }

    private byte[] bytes(int offset, int length) {
        byte[] copy = new byte[length];
        page.get(offset, copy);
        return copy;
    }
}
