package dev.palimpsest.btree;

import static dev.palimpsest.btree.BtreeLayout.*;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.id.Xid;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.wal.WalRecordBuilder;
import java.nio.ByteBuffer;

/**
 * Takes empty leaves out of the tree, and inner pages whose only child goes with them.
 *
 * <p>Two steps, each one WAL record. First: the downlink goes (its key space falls to the right sibling), and the leaf, with every inner page
 * that had no other child, becomes half-dead. Second, for each of these: its siblings link to each other, and it is deleted. README.md has
 * the rules.
 *
 * <p>Not thread-safe: part of one {@link BtreeVacuum}. Callers have entered the descent and hold no latch.
 */
final class BtreeDeleter {
    private final WalRecordBuilder record;
    private final BtreeDescent descent;
    private final BtreeSplitter splitter;

    /** Latched: the leaf, inner pages above it that have no other child, and last the page that keeps its other children. */
    private final Frame[] branch = new Frame[MAX_LEVELS + 1];

    private int height;

    /** Where the next leaf to be looked at ends; set by {@link #unlink}. */
    private byte[] nextEnd;

    BtreeDeleter(WalRecordBuilder record, BtreeDescent descent, BtreeSplitter splitter) {
        this.record = record;
        this.descent = descent;
        this.splitter = splitter;
    }

    /**
     * Deletes the leaf that ends at {@code end} if it is empty and can be deleted, and then the next one to its right likewise: it may
     * be an only child now.
     *
     * @return how many pages were deleted
     */
    int delete(Btree tree, byte[] end) {
        int deleted = 0;
        for (byte[] next = end; next != null; ) {
            nextEnd = null;
            deleted += deleteLeaf(tree, next);
            next = nextEnd;
        }
        return deleted;
    }

    /** Completes deletions that a crash or an error interrupted. @return how many pages were deleted */
    int complete(Btree tree) {
        int deleted = 0;
        BtreeFreePages freePages = tree.freePages();
        for (int block = freePages.nextHalfDead(0); block >= 0; block = freePages.nextHalfDead(block + 1)) {
            if (unlink(tree, block)) {
                deleted++;
            } else {
                forget(tree, block);
            }
        }
        return deleted;
    }

    private int deleteLeaf(Btree tree, byte[] end) {
        int[] blocks;
        height = 0;
        try {
            blocks = detach(tree, end);
        } catch (IndexOutOfBoundsException e) {
            throw tree.corrupted(branch[Math.max(0, height - 1)], e);
        } finally {
            while (height > 0) {
                BtreeWriter.release(branch[--height]);
            }
        }
        for (int i = blocks.length - 1; i >= 0; i--) {
            tree.scheduler().step(Step.BTREE_HALF_DEAD);
            unlink(tree, blocks[i]);
        }
        return blocks.length;
    }

    /** The first step, as far as possible. @return the pages that are half-dead now, the leaf first; what is latched is in {@link #branch} */
    private int[] detach(Btree tree, byte[] end) {
        Frame page = latchBelow(tree, end, 0);
        if (BtreePage.count(page.page) > 0 || !isDeletable(page.page) || !endsAt(page.page, end)) {
            return new int[0];
        }
        for (int level = 1; ; level++) {
            Frame parent = latchBelow(tree, end, level);
            if (parent == null) {
                return new int[0];
            }
            int slot = BtreePage.lowerBound(parent.page, level, end, end.length) - 1;
            if (BtreePage.child(parent.page, slot) != page.block()) {
                return new int[0]; // it has none: its left sibling's split is incomplete
            }
            if (slot + 1 < BtreePage.count(parent.page)) {
                boolean follows = BtreePage.compareEntry(parent.page, level, slot + 1, end, end.length) == 0;
                return follows ? markHalfDead(tree, parent, slot) : new int[0];
            }
            if (slot >= 0 || !isDeletable(parent.page)) {
                return new int[0]; // the last of several children, or of a page that has to stay
            }
            page = parent;
        }
    }

    /** Neither the first nor the last page of its level, and nothing else is going on. */
    private static boolean isDeletable(ByteBuffer page) {
        return BtreePage.leftLink(page) != 0 && BtreePage.rightLink(page) != 0 && page.getInt(FLAGS) == 0;
    }

    private static boolean endsAt(ByteBuffer page, byte[] end) {
        return BtreePage.compare(page, BtreePage.highKeyOffset(page), BtreePage.highKeyLength(page), end, end.length)
                == 0;
    }

    /** The page of this level that the strings right below {@code end} belong on, added to the branch; null if the tree is lower. */
    private Frame latchBelow(Btree tree, byte[] end, int level) {
        int block = descent.toLevelBelow(end, end.length, level);
        if (block == 0) {
            return null;
        }
        Frame page = splitter.latchBelow(tree, block, end, end.length, Xid.NONE);
        branch[height++] = page;
        return page;
    }

    private int[] markHalfDead(Btree tree, Frame parent, int slot) {
        int[] blocks = new int[height - 1];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = branch[i].block();
            mark(tree, blocks[i], BtreeFreePages.HALF_DEAD);
        }
        tree.scheduler().step(Step.BTREE_HALF_DEAD);
        for (int i = 0; i < height; i++) {
            branch[i].markDirty();
        }
        try {
            BtreePageEditor.dropChild(parent.page, slot);
            BtreeLog.beginHalfDead(record, parent, slot);
            for (int i = 0; i < blocks.length; i++) {
                BtreePageEditor.makeHalfDead(branch[i].page);
                record.block(branch[i].pageId(), branch[i].page, false);
            }
            tree.wal().append(record);
        } catch (Throwable e) {
            tree.wal().poison(e);
            throw e;
        }
        return blocks;
    }

    /** Logs what the map says of a page, where that isn't part of a change of pages. */
    private void mark(Btree tree, int block, int state) {
        Frame map = tree.freePages().latch(block);
        try {
            map.markDirty();
            boolean init = PageLayout.isNew(map.page);
            BtreeFreePages.set(map.page, block, state);
            BtreeLog.map(record, map, init, block, state);
            tree.wal().append(record);
            tree.freePages().halfDead(block, state == BtreeFreePages.HALF_DEAD);
        } catch (Throwable e) {
            tree.wal().poison(e);
            throw e;
        } finally {
            BtreeWriter.release(map);
        }
    }

    /** The page isn't half-dead: a crash came between the map's record and the one that would have made it so. */
    private void forget(Btree tree, int block) {
        Frame page = tree.pin(block);
        page.acquireExclusive();
        try {
            if (!BtreePage.isDead(page.page)) {
                mark(tree, block, BtreeFreePages.IN_TREE);
            }
        } finally {
            BtreeWriter.release(page);
        }
    }

    /** The second step. @return false if the page isn't half-dead */
    private boolean unlink(Btree tree, int block) {
        for (; ; ) {
            int leftBlock = leftLinkOfHalfDead(tree, block);
            if (leftBlock == 0) {
                return false;
            }
            tree.scheduler().step(Step.BTREE_BEFORE_LATCH);
            Frame left = latchLeftOf(tree, leftBlock, block);
            if (left != null) {
                try {
                    return unlinkFrom(tree, left, block);
                } finally {
                    BtreeWriter.release(left);
                }
            }
        }
    }

    private static int leftLinkOfHalfDead(Btree tree, int block) {
        Frame page = tree.pin(block);
        page.acquireShared();
        try {
            boolean halfDead = (page.page.getInt(FLAGS) & HALF_DEAD) != 0;
            return halfDead ? BtreePage.leftLink(page.page) : 0;
        } finally {
            page.releaseShared();
            page.unpin();
        }
    }

    /** The page whose right link leads to {@code block}: {@code from}, or one that was split off it since; null to ask again. */
    private static Frame latchLeftOf(Btree tree, int from, int block) {
        for (int at = from; at != 0; ) {
            Frame left = BtreeSplitter.latch(tree, at);
            int right = BtreePage.rightLink(left.page);
            if ((left.page.getInt(FLAGS) & DELETED) == 0 && right == block) {
                return left;
            }
            at = (left.page.getInt(FLAGS) & DELETED) != 0 ? 0 : right;
            BtreeWriter.release(left);
        }
        return null;
    }

    private boolean unlinkFrom(Btree tree, Frame left, int block) {
        Frame page = BtreeSplitter.latch(tree, block);
        try {
            if ((page.page.getInt(FLAGS) & HALF_DEAD) == 0) {
                return false; // somebody else was faster
            }
            Frame right = BtreeSplitter.latch(tree, BtreePage.rightLink(page.page));
            try {
                unlink(tree, left, page, right);
                nextEnd = BtreePage.level(right.page) == 0 && BtreePage.count(right.page) == 0
                        ? BtreePage.copyHighKey(right.page)
                        : null;
                return true;
            } catch (IndexOutOfBoundsException e) {
                throw tree.corrupted(right, e);
            } finally {
                BtreeWriter.release(right);
            }
        } finally {
            BtreeWriter.release(page);
        }
    }

    private void unlink(Btree tree, Frame left, Frame page, Frame right) {
        Frame map = tree.freePages().latch(page.block());
        try {
            left.markDirty();
            page.markDirty();
            right.markDirty();
            map.markDirty();
            boolean init = PageLayout.isNew(map.page);
            BtreePageEditor.unlink(left.page, page.page, right.page, left.block(), right.block());
            BtreeFreePages.set(map.page, page.block(), BtreeFreePages.DELETED);
            BtreeLog.unlink(record, left, page, right, map, init);
            tree.wal().append(record);
            tree.freePages().deleted(page.block());
        } catch (Throwable e) {
            tree.wal().poison(e);
            throw e;
        } finally {
            BtreeWriter.release(map);
        }
    }
}
