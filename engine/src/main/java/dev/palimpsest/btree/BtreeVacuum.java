package dev.palimpsest.btree;

import static dev.palimpsest.btree.BtreeLayout.*;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.id.Xid;
import dev.palimpsest.wal.WalRecordBuilder;
import java.nio.ByteBuffer;
import java.util.function.LongPredicate;

/**
 * Takes many entries out of an index: those of rows that no snapshot sees any more. By key where the keys are known
 * ({@link #removeAll}), else by looking at every leaf ({@link #removeTids}).
 *
 * <p>One leaf at a time is latched and changed, by one WAL record; between two leaves nothing is held, and the caller may wait or stop
 * there. Whoever inserts meanwhile isn't in the way, nor is a second removal of the same entries.
 *
 * <p>Not thread-safe: one for each run, for any index.
 */
public final class BtreeVacuum {
    /** Called after every page, with nothing latched or pinned: may wait, and may throw to stop the run, whose work so far stays. */
    @FunctionalInterface
    public interface Pacer {
        /** Neither waits nor stops. */
        Pacer NONE = (missed, dirtied) -> {};

        /**
         * @param missed the page had to be read from the file
         * @param dirtied the page was changed
         */
        void page(boolean missed, boolean dirtied);
    }

    private static final byte[] LOWEST = {};

    private final WalRecordBuilder record = new WalRecordBuilder();
    private final BtreeDescent descent = new BtreeDescent();
    private final BtreeSplitter splitter = new BtreeSplitter(record, descent);
    private final BtreeDeleter deleter = new BtreeDeleter(record, descent, splitter);
    private final BtreePageBuilder builder = new BtreePageBuilder();
    private final byte[] entry = new byte[MAX_ENTRY];

    /** The slots to take out of the latched leaf, ascending. */
    private final int[] slots = new int[CAPACITY / SLOT_SIZE];

    private int size;

    /** Of the entry that was taken last. */
    private int length;

    /** Where the leaf seen last ends, or null if it was the last one. */
    private byte[] end;

    /** That leaf had no entries any more. */
    private boolean empty;

    private boolean missed;
    private long deleted;

    /**
     * Removes the entries of a sorted batch; entries that aren't there are fine.
     *
     * @return how many were there
     */
    public long removeAll(Btree tree, BtreeBatch batch, Pacer pacer) {
        assert batch.isSorted() : "sort() first";
        completeDeletions(tree);
        long removed = 0;
        for (int next = 0; next < batch.size(); ) {
            size = 0;
            missed = false;
            next = removeRun(tree, batch, next);
            removed += size;
            pacer.page(missed, size > 0);
        }
        return removed;
    }

    /**
     * Removes every entry whose tid is {@code dead}, looking at all leaves from left to right. No row may get such a tid before this
     * returns.
     *
     * @param dead asked for every entry, some twice, with a leaf latched: must not wait
     * @return how many were removed
     */
    public long removeTids(Btree tree, LongPredicate dead, Pacer pacer) {
        completeDeletions(tree);
        long removed = 0;
        for (end = LOWEST; end != null; ) {
            removeFromLeaf(tree, dead);
            removed += size;
            pacer.page(missed, size > 0);
        }
        return removed;
    }

    /** How many pages left the tree by this object's work: empty leaves, and what was above nothing else. */
    public long deletedPages() {
        return deleted;
    }

    private void completeDeletions(Btree tree) {
        descent.enter(tree);
        try {
            deleted += deleter.complete(tree);
        } finally {
            descent.leave();
        }
    }

    /** Reads every page of the index, in the file's order. Entries that a split moves meanwhile may count twice, or not. */
    public BtreeStatistics statistics(Btree tree, Pacer pacer) {
        BtreeCounts counts = new BtreeCounts();
        int blocks = tree.file().blockCount();
        for (int block = 0; block < blocks; block++) {
            descent.begin(tree);
            try {
                counts.add(descent.readCopy(block));
            } catch (IndexOutOfBoundsException e) {
                throw tree.corrupted(block, "an offset points outside the page");
            }
            pacer.page(descent.hasMissed(), false);
        }
        return counts.statistics(blocks);
    }

    /** Removes those entries of the batch that belong on one leaf; returns the first that doesn't. */
    private int removeRun(Btree tree, BtreeBatch batch, int from) {
        if (!take(batch, from)) {
            return from + 1;
        }
        descent.enter(tree);
        try {
            int next = removeRunFromLeaf(tree, batch, from);
            deleteIfEmpty(tree);
            return next;
        } finally {
            missed = descent.hasMissed();
            descent.leave();
        }
    }

    private int removeRunFromLeaf(Btree tree, BtreeBatch batch, int from) {
        Frame leaf = splitter.latchLeaf(tree, entry, length, Xid.NONE);
        try {
            int next = from;
            do {
                addSlotOfEntry(leaf.page);
                next++;
            } while (next < batch.size() && take(batch, next) && !BtreePage.isRightOf(leaf.page, entry, length));
            removeSlots(tree, leaf);
            see(leaf.page);
            return next;
        } catch (IndexOutOfBoundsException e) {
            throw tree.corrupted(leaf, e);
        } finally {
            BtreeWriter.release(leaf);
        }
    }

    /** False for an entry that is too large to have been inserted: its row's transaction failed on it. */
    private boolean take(BtreeBatch batch, int index) {
        length = batch.length(index);
        if (length > MAX_ENTRY) {
            return false;
        }
        System.arraycopy(batch.bytes(), batch.start(index), entry, 0, length);
        return true;
    }

    private void addSlotOfEntry(ByteBuffer page) {
        int slot = BtreePage.lowerBound(page, 0, entry, length);
        boolean isThere = slot < BtreePage.count(page) && BtreePage.compareEntry(page, 0, slot, entry, length) == 0;
        if (isThere && (size == 0 || slots[size - 1] != slot)) {
            slots[size++] = slot;
        }
    }

    /** On the leaf that begins at {@link #end}. */
    private void removeFromLeaf(Btree tree, LongPredicate dead) {
        descent.enter(tree);
        try {
            byte[] start = end;
            if (hasDead(tree, start, dead)) {
                Frame leaf = splitter.latchLeaf(tree, start, start.length, Xid.NONE);
                try {
                    findDead(leaf.page, dead);
                    removeSlots(tree, leaf);
                    see(leaf.page);
                } catch (IndexOutOfBoundsException e) {
                    throw tree.corrupted(leaf, e);
                } finally {
                    BtreeWriter.release(leaf);
                }
            }
            deleteIfEmpty(tree);
        } finally {
            missed = descent.hasMissed();
            descent.leave();
        }
    }

    /** Without a latch, since most leaves have no such entry. */
    private boolean hasDead(Btree tree, byte[] start, LongPredicate dead) {
        ByteBuffer page = descent.readLeaf(start, start.length);
        try {
            findDead(page, dead);
            see(page);
            return size > 0;
        } catch (IndexOutOfBoundsException e) {
            throw tree.corrupted(descent.block, "an offset points outside the page");
        }
    }

    /** What is needed of a leaf when it isn't latched any more. */
    private void see(ByteBuffer leaf) {
        end = BtreePage.copyHighKey(leaf);
        empty = BtreePage.count(leaf) == 0;
    }

    private void deleteIfEmpty(Btree tree) {
        if (empty && end != null) {
            deleted += deleter.delete(tree, end);
        }
    }

    private void findDead(ByteBuffer page, LongPredicate dead) {
        size = 0;
        int count = BtreePage.count(page);
        for (int slot = 0; slot < count; slot++) {
            if (dead.test(BtreePage.tid(page, slot))) {
                slots[size++] = slot;
            }
        }
    }

    /** Takes {@link #slots} out of the leaf, which the caller holds exclusively. */
    private void removeSlots(Btree tree, Frame leaf) {
        if (size == 0) {
            return;
        }
        leaf.markDirty();
        try {
            BtreePageEditor.remove(builder, leaf.page, slots, size);
            BtreeLog.removeBatch(record, leaf, slots, size);
            tree.wal().append(record);
        } catch (Throwable e) {
            tree.wal().poison(e);
            throw e;
        }
    }
}
