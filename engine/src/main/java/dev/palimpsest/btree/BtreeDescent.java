package dev.palimpsest.btree;

import static dev.palimpsest.btree.BtreeLayout.*;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.scheduler.Step;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The way down from the root without latches, and the reading of one page that it ends on.
 *
 * <p>A page is read in place between {@code beginRead} and {@code validate}; nothing is followed before it validates. A page that isn't
 * cached, is being written, or failed to validate {@link #MAX_FAILURES} times is copied under its pin and shared latch instead, so that
 * writers can't keep a reader out for ever.
 *
 * <p>Not thread-safe: one per session and operation in progress. Holds no latch and no pin between calls.
 */
final class BtreeDescent {
    private static final int MAX_FAILURES = 4;

    /** The block passed at each level, 0 where unknown: a hint for where a split's downlink goes. */
    final int[] path = new int[MAX_LEVELS];

    /** The page that was read last; its bytes mean something once {@link #isValid}. */
    ByteBuffer page;

    int block;
    private Btree tree;
    private Frame frame;
    private long version;
    private int failures;
    private ByteBuffer copy;
    private boolean missed;

    private final int epochHint = BtreeEpochs.hint();

    /** What {@link #enter} announced, or -1. */
    private int announced = -1;

    /** The way led right from a root whose split is incomplete: above the pages there, no level exists yet. */
    private boolean rootSplit;

    /** Before each operation. By itself enough for {@link #tryToLeaf}, and where no page can be used again meanwhile. */
    void begin(Btree tree) {
        this.tree = tree;
        failures = 0;
        missed = false;
    }

    /** Begins an operation that holds block numbers of pages that it hasn't latched: until {@link #leave}, none of them is used again. */
    void enter(Btree tree) {
        assert announced < 0 : "entered twice";
        begin(tree);
        announced = tree.epochs().announce(epochHint);
    }

    void leave() {
        tree.epochs().withdraw(announced);
        announced = -1;
    }

    /**
     * The fast way down to the leaf for {@code key}, in one go and without {@link #enter}: each page's block number is used only if the page
     * that has it is still unchanged after the reading of the next page has begun. So that one was still in its place then, and a
     * later use of it would change its version, which the end of its own reading finds out.
     *
     * @return false if it has to be gone the other way: a page was not in memory, or changed, or a way to the right was met; otherwise the leaf
     *     is read, not validated
     */
    boolean tryToLeaf(byte[] key, int length) {
        int at = tree.rootHint(); // was the root once, so it is the first of its level and never leaves the tree
        Frame parent = null;
        long parentVersion = 0;
        int above = MAX_LEVELS;
        for (; ; ) {
            Frame cached = tree.file().cached(at);
            long begun = cached == null ? Frame.UNREADABLE : cached.beginRead(tree.pageId(at));
            if (begun < 0) {
                return false;
            }
            cached.touch(); // a page that is only read this way is in use all the same
            if (parent != null && !parent.validate(parentVersion)) {
                return false;
            }
            ByteBuffer bytes = cached.page;
            int level = BtreePage.level(bytes);
            if (level == 0) {
                block = at;
                frame = cached;
                version = begun;
                page = bytes;
                return true;
            }
            int next;
            try {
                int slot = BtreePage.childSlot(bytes, level, key, length);
                if (slot == BtreePage.count(bytes) - 1 && BtreePage.isRightOf(bytes, key, length)) {
                    return false;
                }
                next = BtreePage.child(bytes, slot);
            } catch (IndexOutOfBoundsException e) {
                return false; // a page half written, or a damaged one: the other way tells
            }
            if (level >= above) {
                return false;
            }
            above = level;
            parent = cached;
            parentVersion = begun;
            at = next; // of an unvalidated page: any number may be asked for
            tree.scheduler().step(Step.PAGE_READ_OPTIMISTIC);
        }
    }

    void forgetPath() {
        Arrays.fill(path, 0);
    }

    /** Goes down to the leaf for {@code key} and reads it: not validated, and the caller may have to move right. */
    void toLeaf(byte[] key, int length) {
        rootSplit = false;
        int root = tree.rootHint();
        int next = down(root, root, key, length, 0);
        while (next >= 0) {
            next = down(next, root, key, length, 0);
        }
    }

    /** Goes down to {@code level}, starting at the root as the meta page has it, and returns the block. */
    int toLevel(byte[] key, int length, int level) {
        rootSplit = false;
        int root = tree.refreshRoot();
        int at = root;
        for (int next = root; next >= 0; next = down(next, root, key, length, level)) {
            at = next;
        }
        while (!isValid()) {
            failed();
            read(at);
        }
        if (BtreePage.level(page) != level) {
            throw tree.corrupted(at, "no way down to level=" + level);
        }
        return at;
    }

    /**
     * The block at {@code level} that the strings right below {@code bound} belong on, or a page to its left. It may be changed when the
     * caller gets there.
     *
     * @return 0 if the tree isn't that high
     */
    int toLevelBelow(byte[] bound, int length, int level) {
        int at = tree.refreshRoot();
        try {
            for (; ; ) {
                readCopy(at);
                int its = BtreePage.level(page);
                if (BtreePage.endsBelow(page, bound, length)) {
                    at = BtreePage.rightLink(page);
                } else if (its <= level) {
                    return its == level ? at : 0;
                } else {
                    at = BtreePage.child(page, BtreePage.lowerBound(page, its, bound, length) - 1);
                }
            }
        } catch (IndexOutOfBoundsException e) {
            throw tree.corrupted(at, "an offset points outside the page");
        }
    }

    /** One page of the way: the next block, or -1 if this page is of the wanted level (or below) and now read, not validated. */
    private int down(int from, int root, byte[] key, int length, int target) {
        for (; ; ) {
            read(from);
            int next = -1;
            int level = 0;
            boolean right = false;
            try {
                level = BtreePage.level(page);
                if (level <= target) {
                    path[target] = from;
                    return -1;
                }
                int slot = BtreePage.childSlot(page, level, key, length);
                right = slot == BtreePage.count(page) - 1 && BtreePage.isRightOf(page, key, length);
                next = right ? BtreePage.rightLink(page) : BtreePage.child(page, slot);
            } catch (IndexOutOfBoundsException e) {
                next = 0; // a page half written, or a damaged one: validation tells
            }
            tree.scheduler().step(Step.PAGE_READ_OPTIMISTIC);
            if (isValid()) {
                if (next <= META_BLOCK || level >= MAX_LEVELS) {
                    throw tree.corrupted(from, "bad link or level, next=" + next + " level=" + level);
                }
                path[level] = from;
                return right && from == root ? betterRoot(root, next) : next;
            }
            failed();
        }
    }

    /** Moving right from the root means that it isn't the root any more, unless its split is still incomplete. */
    private int betterRoot(int root, int right) {
        int now = tree.refreshRoot();
        rootSplit = now == root;
        return rootSplit ? right : now;
    }

    /** True if the last way down passed an incomplete split of the root: a writer has to complete that and go again. */
    boolean isRootSplit() {
        return rootSplit;
    }

    /** Reads a page again, or another one, for the caller to validate. */
    void read(int at) {
        block = at;
        if (failures < MAX_FAILURES) {
            Frame cached = tree.file().cached(at);
            if (cached != null) {
                long begun = cached.beginRead(tree.pageId(at));
                if (begun >= 0) {
                    cached.touch(); // a page that is only read this way is in use all the same
                    frame = cached;
                    version = begun;
                    page = cached.page;
                    return;
                }
            } else {
                missed = true;
            }
        }
        copyLatched(at);
    }

    private void copyLatched(int at) {
        ByteBuffer target = privatePage();
        Frame pinned = tree.pin(at);
        pinned.acquireShared();
        try {
            target.put(0, pinned.page, 0, PageLayout.SIZE);
        } finally {
            pinned.releaseShared();
            pinned.unpin();
        }
        frame = null;
        page = target;
    }

    /** Reads a page into the private copy, validated. */
    ByteBuffer readCopy(int at) {
        for (; ; ) {
            read(at);
            if (frame == null) {
                return page;
            }
            ByteBuffer target = privatePage();
            target.put(0, page, 0, PageLayout.SIZE);
            tree.scheduler().step(Step.PAGE_READ_OPTIMISTIC);
            if (isValid()) {
                frame = null;
                page = target;
                return target;
            }
            failed();
        }
    }

    /** Goes down to the leaf that {@code key} falls into and reads it into the private copy, validated. */
    ByteBuffer readLeaf(byte[] key, int length) {
        for (; ; ) {
            toLeaf(key, length);
            int at = block;
            boolean leaf = isValid();
            readCopy(at);
            if (leaf || BtreePage.level(page) == 0) {
                break;
            }
            // what looked like a leaf was another page in passing: go down again
        }
        while (BtreePage.isRightOf(page, key, length)) {
            readCopy(BtreePage.rightLink(page));
        }
        return page;
    }

    /** True if a page was in no frame since {@link #begin}: it had to be read from the file. */
    boolean hasMissed() {
        return missed;
    }

    private ByteBuffer privatePage() {
        if (copy == null) {
            copy = ByteBuffer.allocateDirect(PageLayout.SIZE).order(ByteOrder.LITTLE_ENDIAN);
        }
        return copy;
    }

    /** True if the page has not changed since it was read: pairs with the version's release by whoever latched it. */
    boolean isValid() {
        return frame == null || frame.validate(version);
    }

    void failed() {
        failures++;
    }
}
