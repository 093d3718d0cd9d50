package dev.palimpsest.btree;

import static dev.palimpsest.btree.BtreeLayout.*;

import dev.palimpsest.id.Tid;
import dev.palimpsest.scheduler.Step;
import java.nio.ByteBuffer;

/**
 * Looks up the tids of one key, one at a time and in order. The fast path of a point read: no latch, no allocation.
 *
 * <p>Not thread-safe; reusable for any index. Between calls it holds neither latch nor pin.
 */
public final class BtreeCursor {
    private static final long FAILED = -2;
    private static final long RIGHT = -3;

    private final BtreeDescent descent = new BtreeDescent();

    /** The key, and after it the tid that {@link #next} starts from. */
    private byte[] search = new byte[64];

    private Btree tree;
    private int keyLength;
    private long last = Tid.NONE;

    /** The right link of the page that answered {@link #RIGHT}; used only once that page has been validated. */
    private int rightLink;

    /**
     * The first row with this key.
     *
     * @return its tid, or {@link Tid#NONE}; the row may be dead or invisible to the caller
     */
    public long findFirst(Btree tree, byte[] key, int length) {
        this.tree = tree;
        if (search.length < length + TID_SIZE) {
            search = new byte[length + TID_SIZE + 64];
        }
        System.arraycopy(key, 0, search, 0, length);
        keyLength = length;
        return last = find(key, length);
    }

    /** The next row with the key of {@link #findFirst}, or {@link Tid#NONE}. */
    public long next() {
        if (last == Tid.NONE) {
            return last;
        }
        KeyEncoder.putTid(search, keyLength, last + 1);
        return last = find(search, keyLength + TID_SIZE);
    }

    private long find(byte[] from, int length) {
        descent.begin(tree);
        if (descent.tryToLeaf(from, length)) {
            long found = tryLook(from, length);
            tree.scheduler().step(Step.PAGE_READ_OPTIMISTIC);
            if (found >= Tid.NONE && descent.isValid()) {
                return found;
            }
        }
        descent.enter(tree);
        try {
            return findPersistently(from, length);
        } finally {
            descent.leave();
        }
    }

    private long findPersistently(byte[] from, int length) {
        descent.toLeaf(from, length);
        for (; ; ) {
            long found = tryLook(from, length);
            tree.scheduler().step(Step.PAGE_READ_OPTIMISTIC);
            if (!descent.isValid()) {
                descent.failed();
                descent.toLeaf(from, length); // from the root: what was read can't even say that this block is a leaf
            } else if (found == FAILED) {
                throw tree.corrupted(descent.block, "an offset points outside the page");
            } else if (found == RIGHT) {
                descent.read(rightLink);
            } else {
                return found;
            }
        }
    }

    private long tryLook(byte[] from, int length) {
        try {
            return look(descent.page, from, length);
        } catch (IndexOutOfBoundsException e) {
            return FAILED;
        }
    }

    private long look(ByteBuffer page, byte[] from, int length) {
        int count = BtreePage.count(page);
        int slot = BtreePage.leafSlotByWord(page, count, BtreePage.wordOf(from, length, BtreePage.prefixLength(page)));
        // An equal entry proves itself, whatever was skipped: the page's prefix and high key needn't be looked at.
        if (slot < count && length == keyLength && isMatch(page, slot)) {
            return BtreePage.tid(page, slot);
        }
        return lookCarefully(page, count, from, length);
    }

    private long lookCarefully(ByteBuffer page, int count, byte[] from, int length) {
        int slot = BtreePage.lowerBound(page, 0, from, length);
        if (slot < count) {
            return isMatch(page, slot) ? BtreePage.tid(page, slot) : Tid.NONE;
        }
        if (BtreePage.isRightOf(page, from, length) || BtreePage.continuesRight(page, from, keyLength)) {
            rightLink = BtreePage.rightLink(page);
            return RIGHT;
        }
        return Tid.NONE;
    }

    private boolean isMatch(ByteBuffer page, int slot) {
        return BtreePage.length(page, slot) == keyLength + TID_SIZE
                && BtreePage.startsWith(page, BtreePage.offset(page, slot), search, keyLength);
    }
}
