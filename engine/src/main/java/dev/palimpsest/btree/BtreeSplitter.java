package dev.palimpsest.btree;

import static dev.palimpsest.btree.BtreeLayout.*;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.wal.WalRecordBuilder;
import java.nio.ByteBuffer;

/**
 * Puts an entry on a latched page, splitting it and its ancestors as needed, and finishes splits that a crash or an error left
 * incomplete.
 *
 * <p>A split is two steps, each one WAL record: first the page is divided, which leaves INCOMPLETE_SPLIT on the left half (the right one is
 * reached by the right link); then the parent gets the right half's downlink, which ends it. Between the steps the left half stays
 * latched. So whoever latches a page with the flag set has met a split that nobody is working on, and finishes it first.
 *
 * <p>Not thread-safe: part of one writer.
 */
final class BtreeSplitter {
    private final WalRecordBuilder record;
    private final BtreeDescent descent;
    private final BtreePageBuilder builder = new BtreePageBuilder();
    private final SplitPoint splitPoint = new SplitPoint();
    private final BtreeNewPage newPage = new BtreeNewPage();

    BtreeSplitter(WalRecordBuilder record, BtreeDescent descent) {
        this.record = record;
        this.descent = descent;
    }

    /** Returns the leaf whose range {@code search} falls into, pinned and exclusively latched, its split complete. */
    Frame latchLeaf(Btree tree, byte[] search, int length, long xid) {
        descent.forgetPath();
        int block;
        do {
            descent.toLeaf(search, length);
            block = descent.block;
        } while (!isLeaf() || completeRoot(tree, xid));
        tree.scheduler().step(Step.BTREE_BEFORE_LATCH);
        return latchCovering(tree, block, search, length, xid);
    }

    /** False if the block that was read isn't surely a leaf: then the way down has to be gone again. */
    private boolean isLeaf() {
        boolean leaf = BtreePage.level(descent.page) == 0;
        if (descent.isValid()) {
            return leaf;
        }
        descent.failed();
        return false;
    }

    /** Returns the page at or right of {@code block} whose range {@code search} falls into, pinned and latched, its split complete. */
    Frame latchCovering(Btree tree, int block, byte[] search, int length, long xid) {
        return latchRightFrom(tree, block, search, length, false, xid);
    }

    /** As {@link #latchCovering}, for the page that the strings right below {@code bound} belong on; whatever way led there. */
    Frame latchBelow(Btree tree, int block, byte[] bound, int length, long xid) {
        return latchRightFrom(tree, block, bound, length, true, xid);
    }

    private Frame latchRightFrom(Btree tree, int block, byte[] string, int length, boolean below, long xid) {
        int at = block;
        for (; ; ) {
            Frame frame = latch(tree, at);
            try {
                if (BtreePage.isIncomplete(frame.page)) {
                    if (below) {
                        descent.forgetPath();
                    }
                    finishSplit(tree, frame, xid);
                }
                boolean further = below
                        ? BtreePage.endsBelow(frame.page, string, length)
                        : BtreePage.isRightOf(frame.page, string, length);
                if (!further) {
                    return frame;
                }
                at = BtreePage.rightLink(frame.page);
            } catch (IndexOutOfBoundsException e) {
                BtreeWriter.release(frame);
                throw tree.corrupted(frame, e);
            } catch (Throwable e) {
                BtreeWriter.release(frame);
                throw e;
            }
            // Released before the next is latched: a page never gives entries to its left, so the search can't be
            // overtaken.
            BtreeWriter.release(frame);
        }
    }

    /**
     * If the last way down passed an incomplete split of the root, completes that. Whoever holds a page right of such a root could neither
     * split it (there is no parent) nor wait for the root (it lies to the left): so nobody gets there before this.
     *
     * @return true if the way down has to be gone again
     */
    boolean completeRoot(Btree tree, long xid) {
        if (!descent.isRootSplit()) {
            return false;
        }
        Frame root = latch(tree, tree.refreshRoot());
        try {
            if (BtreePage.isIncomplete(root.page)) {
                finishSplit(tree, root, xid);
            }
        } catch (IndexOutOfBoundsException e) {
            throw tree.corrupted(root, e);
        } finally {
            BtreeWriter.release(root);
        }
        return true;
    }

    static Frame latch(Btree tree, int block) {
        Frame frame = tree.pin(block);
        frame.acquireExclusive();
        if (PageLayout.type(frame.page) != PageType.BTREE.code() || block == META_BLOCK) {
            BtreeWriter.release(frame);
            throw tree.corrupted(block, "not an index page");
        }
        return frame;
    }

    /**
     * Inserts an entry at its slot; splits the page first if it is full. Caller holds {@code frame} exclusively, and still does
     * afterwards, but the entry may have gone to a page on its right.
     *
     * @param child latched, its split ends with this entry in the parent; or null
     */
    void insertAt(
            Btree tree, Frame frame, int level, int slot, byte[] entry, int from, int length, Frame child, long xid) {
        if (!BtreePageEditor.fits(frame.page, length)) {
            split(tree, frame, level, slot, entry, from, length, child, xid);
            tree.scheduler().step(Step.BTREE_SPLIT);
            finishSplit(tree, frame, xid);
            return;
        }
        frame.markDirty();
        if (child != null) {
            child.markDirty();
        }
        try {
            BtreePageEditor.insert(frame.page, level, slot, entry, from, length);
            if (child != null) {
                BtreePageEditor.setFlag(child.page, INCOMPLETE_SPLIT, false);
            }
            BtreeLog.insert(record, xid, frame, child, slot, entry, from, length);
            tree.wal().append(record);
        } catch (Throwable e) {
            tree.wal().poison(e);
            throw e;
        }
    }

    /**
     * Adds a page behind the last leaf and fills it with the next entries of a batch, which all come behind those that the leaf has. A
     * split like any other in its record and its two steps, but one that moves nothing. Caller holds {@code last} exclusively, still does
     * afterwards, and has just found that {@link #hasRoomForSeparator}.
     *
     * @param unique stop before an entry with the key of the one before it: somebody has to look at that one's row
     * @return the index of the first entry that isn't inserted
     */
    int appendPage(Btree tree, Frame last, BtreeBatch batch, int from, boolean unique, long xid) {
        int end = from;
        int room = CAPACITY * SplitPoint.RIGHTMOST_PERCENT / 100;
        do {
            tree.checkKeyLength(batch.length(end) - TID_SIZE);
            room -= batch.length(end) + SLOT_SIZE;
            end++;
        } while (end < batch.size() && batch.length(end) + SLOT_SIZE <= room && !(unique && batch.repeatsKey(end)));
        Frame right = newPage.take(tree);
        try {
            Frame map = newPage.latchMap(tree);
            last.markDirty();
            right.markDirty();
            applyAppend(tree, last, right, map, batch, from, end, xid);
        } finally {
            newPage.release(tree);
        }
        tree.scheduler().step(Step.BTREE_SPLIT);
        finishSplit(tree, last, xid);
        return end;
    }

    /** For {@link #appendPage}, whose separator this chooses. */
    boolean hasRoomForSeparator(ByteBuffer lastLeaf, byte[] entry, int length) {
        splitPoint.chooseBehind(lastLeaf, entry, 0, length);
        return BtreePage.freeBytes(lastLeaf) >= splitPoint.highKeyLength;
    }

    private void applyAppend(
            Btree tree, Frame last, Frame right, Frame map, BtreeBatch batch, int from, int end, long xid) {
        int rightBlock = (int) right.pageId();
        try {
            builder.begin(0, 0, (int) last.pageId(), 0, 0);
            for (int i = from; i < end; i++) {
                builder.add(batch.bytes(), batch.start(i), batch.length(i));
            }
            builder.finish(right.page);
            newPage.changeMap();
            BtreeLog.beginSplit(record, xid, last, right, null, null, map);
            putSplit(BtreeLog.SPLIT_BEHIND | (map != null ? BtreeLog.SPLIT_RECYCLES : 0), rightBlock, splitPoint.keep);
            BtreeLog.putPage(record, right.page);
            BtreePageEditor.continueBehind(last.page, splitPoint.highKey, splitPoint.highKeyLength, rightBlock);
            tree.wal().append(record);
            newPage.used();
        } catch (Throwable e) {
            tree.wal().poison(e);
            throw e;
        }
    }

    private void putSplit(int what, int rightBlock, int kept) {
        record.putByte(what);
        record.putInt(rightBlock);
        record.putShort(kept);
        record.putShort(splitPoint.highKeyLength);
        record.putBytes(splitPoint.highKey, 0, splitPoint.highKeyLength);
    }

    /** The second step: the right sibling's downlink. Caller holds {@code left} exclusively, and still does afterwards. */
    private void finishSplit(Btree tree, Frame left, long xid) {
        int level = BtreePage.level(left.page);
        int separatorLength = BtreePage.highKeyLength(left.page);
        int right = BtreePage.rightLink(left.page);
        if (separatorLength == 0 || right == META_BLOCK || level + 1 >= MAX_LEVELS) {
            throw tree.corrupted(
                    (int) left.pageId(), "split without high key or right link, or too many levels, level=" + level);
        }
        byte[] downlink = new byte[separatorLength + CHILD_SIZE];
        left.page.get(BtreePage.highKeyOffset(left.page), downlink, 0, separatorLength);
        putChild(downlink, separatorLength, right);
        int parentBlock = descent.path[level + 1];
        if (parentBlock == 0) {
            tree.scheduler().step(Step.BTREE_PARENT_MISSING);
            if (tree.refreshRoot() == (int) left.pageId()) {
                growRoot(tree, left, level + 1, right, downlink, xid);
                return;
            }
            do {
                parentBlock = descent.toLevel(downlink, separatorLength, level + 1);
            } while (completeRoot(tree, xid));
        }
        Frame parent = latchCovering(tree, parentBlock, downlink, separatorLength, xid);
        try {
            if (BtreePage.level(parent.page) != level + 1) {
                throw tree.corrupted(
                        (int) parent.pageId(), "level=" + BtreePage.level(parent.page) + " expected=" + (level + 1));
            }
            int slot = BtreePage.lowerBound(parent.page, level + 1, downlink, separatorLength);
            insertAt(tree, parent, level + 1, slot, downlink, 0, downlink.length, left, xid);
        } catch (IndexOutOfBoundsException e) {
            throw tree.corrupted(parent, e);
        } finally {
            BtreeWriter.release(parent);
        }
    }

    private void split(
            Btree tree, Frame left, int level, int slot, byte[] entry, int from, int length, Frame child, long xid) {
        splitPoint.choose(left.page, level, slot, entry, from, length);
        Frame right = newPage.take(tree);
        try {
            int neighbourBlock = BtreePage.rightLink(left.page);
            Frame neighbour = neighbourBlock == 0 ? null : latch(tree, neighbourBlock);
            try {
                Frame map = newPage.latchMap(tree);
                left.markDirty();
                right.markDirty();
                if (neighbour != null) {
                    neighbour.markDirty();
                }
                if (child != null) {
                    child.markDirty();
                }
                applySplit(tree, left, right, neighbour, child, map, level, slot, entry, from, length, xid);
            } finally {
                if (neighbour != null) {
                    BtreeWriter.release(neighbour);
                }
            }
        } finally {
            newPage.release(tree);
        }
    }

    private void applySplit(
            Btree tree,
            Frame left,
            Frame right,
            Frame neighbour,
            Frame child,
            Frame map,
            int level,
            int slot,
            byte[] entry,
            int from,
            int length,
            long xid) {
        int rightBlock = (int) right.pageId();
        SplitPoint point = splitPoint;
        boolean entryLeft = slot < point.keep;
        int kept = entryLeft ? point.keep - 1 : point.keep;
        try {
            buildRight(builder, left, level, slot, entry, from, length, point);
            builder.finish(right.page);
            newPage.changeMap();
            BtreeLog.beginSplit(record, xid, left, right, neighbour, child, map);
            int what = (neighbour != null ? BtreeLog.SPLIT_HAS_NEIGHBOUR : 0)
                    | (child != null ? BtreeLog.SPLIT_HAS_CHILD : 0)
                    | (entryLeft ? BtreeLog.SPLIT_ENTRY_LEFT : 0)
                    | (map != null ? BtreeLog.SPLIT_RECYCLES : 0);
            putSplit(what, rightBlock, kept);
            if (entryLeft) {
                BtreeLog.putEntry(record, slot, entry, from, length);
            }
            BtreeLog.putPage(record, right.page);
            rebuildLeft(
                    builder,
                    left.page,
                    kept,
                    entryLeft ? slot : -1,
                    entry,
                    from,
                    length,
                    point.highKey,
                    point.highKeyLength,
                    rightBlock);
            if (neighbour != null) {
                neighbour.page.putInt(LEFT_LINK, rightBlock);
            }
            if (child != null) {
                BtreePageEditor.setFlag(child.page, INCOMPLETE_SPLIT, false);
            }
            tree.wal().append(record);
            newPage.used();
        } catch (Throwable e) {
            tree.wal().poison(e);
            throw e;
        }
    }

    private static void buildRight(
            BtreePageBuilder builder,
            Frame left,
            int level,
            int slot,
            byte[] entry,
            int from,
            int length,
            SplitPoint point) {
        ByteBuffer old = left.page;
        int total = BtreePage.count(old) + 1;
        int leftmostChild = level == 0 ? 0 : point.firstRightChild;
        builder.begin(level, leftmostChild, (int) left.pageId(), BtreePage.rightLink(old), 0);
        builder.highKey(old, BtreePage.highKeyOffset(old), BtreePage.highKeyLength(old));
        for (int i = level == 0 ? point.keep : point.keep + 1; i < total; i++) {
            if (i == slot) {
                builder.add(entry, from, length);
            } else {
                int source = i < slot ? i : i - 1;
                builder.add(old, BtreePage.offset(old, source), BtreePage.length(old, source));
            }
        }
    }

    /** Makes a page its own left half: shared with redo. {@code slot} is the new entry's, or -1 if that went right. */
    static void rebuildLeft(
            BtreePageBuilder builder,
            ByteBuffer page,
            int kept,
            int slot,
            byte[] entry,
            int from,
            int length,
            byte[] highKey,
            int highKeyLength,
            int rightBlock) {
        int flags = page.getInt(FLAGS) | INCOMPLETE_SPLIT;
        int level = BtreePage.level(page);
        builder.begin(level, level == 0 ? 0 : page.getInt(LEFTMOST_CHILD), BtreePage.leftLink(page), rightBlock, flags);
        builder.highKey(highKey, 0, highKeyLength);
        for (int i = 0; i <= kept; i++) {
            if (i == slot) {
                builder.add(entry, from, length);
            }
            if (i < kept) {
                builder.add(page, BtreePage.offset(page, i), BtreePage.length(page, i));
            }
        }
        builder.finish(page);
    }

    /** The root was split: a new one above both halves. Caller holds {@code left}, so nobody else can grow the tree. */
    private void growRoot(Btree tree, Frame left, int level, int right, byte[] downlink, long xid) {
        Frame root = newPage.take(tree);
        try {
            Frame meta = tree.pin(META_BLOCK);
            meta.acquireExclusive();
            try {
                Frame map = newPage.latchMap(tree);
                left.markDirty();
                root.markDirty();
                meta.markDirty();
                applyNewRoot(tree, left, root, meta, map, level, right, downlink, xid);
                tree.rootHint((int) root.pageId());
            } finally {
                BtreeWriter.release(meta);
            }
        } finally {
            newPage.release(tree);
        }
    }

    private void applyNewRoot(
            Btree tree,
            Frame left,
            Frame root,
            Frame meta,
            Frame map,
            int level,
            int right,
            byte[] downlink,
            long xid) {
        int length = downlink.length - CHILD_SIZE;
        try {
            buildRoot(builder, root.page, level, (int) left.pageId(), downlink);
            BtreePageEditor.setFlag(left.page, INCOMPLETE_SPLIT, false);
            setRoot(meta.page, (int) root.pageId(), level);
            newPage.changeMap();
            BtreeLog.newRoot(record, xid, root, left, meta, map, level, right, downlink, length);
            tree.wal().append(record);
            newPage.used();
        } catch (Throwable e) {
            tree.wal().poison(e);
            throw e;
        }
    }

    static void buildRoot(BtreePageBuilder builder, ByteBuffer root, int level, int leftBlock, byte[] downlink) {
        builder.begin(level, leftBlock, 0, 0, 0);
        builder.add(downlink, 0, downlink.length);
        builder.finish(root);
    }

    static void setRoot(ByteBuffer meta, int block, int level) {
        meta.putInt(META_ROOT, block);
        meta.putInt(META_LEVEL, level);
    }

    static void putChild(byte[] downlink, int at, int block) {
        for (int i = 0; i < CHILD_SIZE; i++) {
            downlink[at + i] = (byte) (block >>> 8 * i);
        }
    }
}
