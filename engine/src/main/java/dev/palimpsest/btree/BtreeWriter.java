package dev.palimpsest.btree;

import static dev.palimpsest.btree.BtreeLayout.*;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.id.Tid;
import dev.palimpsest.wal.WalRecordBuilder;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Changes to indexes: insert, insert into a unique index, insert many, remove.
 *
 * <p>Goes down without latches, latches the leaf exclusively, moves right where it was split meanwhile, finishes an incomplete split it
 * meets, and logs one record a page change. Latches are coupled only to the right and up, the meta page last.
 *
 * <p>Not thread-safe: one per session, for any index. Holds no latch and no pin between calls.
 */
public final class BtreeWriter {
    /** The entry is in the index. */
    public static final long INSERTED = LiveTupleCheck.NO_CONFLICT;

    /** A live row has the key; {@link #conflictTid} is its tid. Nothing was changed. */
    public static final long CONFLICT = LiveTupleCheck.CONFLICT;

    private final WalRecordBuilder record = new WalRecordBuilder();
    private final BtreeDescent descent = new BtreeDescent();
    private final BtreeSplitter splitter = new BtreeSplitter(record, descent);
    private final byte[] entry = new byte[MAX_ENTRY];
    private long conflictTid = Tid.NONE;
    private long verdict;

    /** Formats an empty file as an empty index. */
    public void create(Btree tree, long xid) {
        Btree.create(tree.file(), tree.wal(), record, xid);
    }

    /** Inserts an entry, asking nobody. */
    public void insert(Btree tree, byte[] key, int length, long tid, long xid) {
        int entryLength = form(tree, key, length, tid);
        descent.enter(tree);
        try {
            Frame leaf = splitter.latchLeaf(tree, entry, entryLength, xid);
            try {
                insertInto(tree, leaf, entryLength, xid);
            } catch (IndexOutOfBoundsException e) {
                throw tree.corrupted(leaf, e);
            } finally {
                release(leaf);
            }
        } finally {
            descent.leave();
        }
    }

    /**
     * Inserts an entry unless a live row has the same key. The first leaf that may hold the key stays latched from the check to the
     * insertion, and whoever inserts this key has to latch that leaf: so two inserters of one key can't miss each other.
     *
     * @return {@link #INSERTED}, {@link #CONFLICT}, or the xid (positive) to wait for before calling again; then nothing was changed
     */
    public long insertUnique(Btree tree, byte[] key, int length, long tid, long xid, LiveTupleCheck check) {
        int entryLength = form(tree, key, length, tid);
        descent.enter(tree);
        try {
            return insertUnique(tree, key, length, entryLength, xid, check);
        } finally {
            descent.leave();
        }
    }

    private long insertUnique(Btree tree, byte[] key, int length, int entryLength, long xid, LiveTupleCheck check) {
        Frame first = splitter.latchLeaf(tree, key, length, xid);
        try {
            long answer = checkEqualEntries(tree, first, key, length, check);
            if (answer == INSERTED) {
                if (BtreePage.isRightOf(first.page, entry, entryLength)) {
                    insertRightOf(tree, first, entryLength, xid);
                } else {
                    insertInto(tree, first, entryLength, xid);
                }
            }
            return answer;
        } catch (IndexOutOfBoundsException e) {
            throw tree.corrupted(first, e);
        } finally {
            release(first);
        }
    }

    /** After {@link #CONFLICT} or a wait: the row that stood in the way. */
    public long conflictTid() {
        return conflictTid;
    }

    /**
     * Inserts a sorted batch, each run of entries that go to one leaf under one latch and with one WAL record.
     *
     * @param from where to start (again) in the batch
     * @param check null if the index isn't unique
     * @return the index of the first entry that isn't inserted: the batch's size when all are, else {@link #verdict} says why
     */
    public int insertBatch(Btree tree, BtreeBatch batch, int from, long xid, LiveTupleCheck check) {
        assert batch.isSorted() : "sort() first";
        verdict = INSERTED;
        int next = from;
        while (next < batch.size() && verdict == INSERTED) {
            next = insertRun(tree, batch, next, xid, check);
        }
        return next;
    }

    /** Why {@link #insertBatch} stopped: {@link #CONFLICT} or the xid to wait for. */
    public long verdict() {
        return verdict;
    }

    /**
     * Removes an entry.
     *
     * @return false if it wasn't there
     */
    public boolean remove(Btree tree, byte[] key, int length, long tid, long xid) {
        int entryLength = form(tree, key, length, tid);
        descent.enter(tree);
        try {
            return remove(tree, entryLength, xid);
        } finally {
            descent.leave();
        }
    }

    private boolean remove(Btree tree, int entryLength, long xid) {
        Frame leaf = splitter.latchLeaf(tree, entry, entryLength, xid);
        try {
            int slot = BtreePage.lowerBound(leaf.page, 0, entry, entryLength);
            if (slot == BtreePage.count(leaf.page)
                    || BtreePage.compareEntry(leaf.page, 0, slot, entry, entryLength) != 0) {
                return false;
            }
            leaf.markDirty();
            BtreePageEditor.remove(leaf.page, slot);
            BtreeLog.remove(record, xid, leaf, slot);
            append(tree);
            return true;
        } catch (IndexOutOfBoundsException e) {
            throw tree.corrupted(leaf, e);
        } finally {
            release(leaf);
        }
    }

    private int form(Btree tree, byte[] key, int length, long tid) {
        tree.checkKeyLength(length);
        System.arraycopy(key, 0, entry, 0, length);
        KeyEncoder.putTid(entry, length, tid);
        return length + TID_SIZE;
    }

    private void insertInto(Btree tree, Frame leaf, int entryLength, long xid) {
        int slot = BtreePage.lowerBound(leaf.page, 0, entry, entryLength);
        if (slot < BtreePage.count(leaf.page) && BtreePage.compareEntry(leaf.page, 0, slot, entry, entryLength) == 0) {
            throw tree.corrupted(
                    (int) leaf.pageId(),
                    "the entry for tid " + Tid.toString(KeyEncoder.tid(entry, entryLength - TID_SIZE))
                            + " is already there");
        }
        splitter.insertAt(tree, leaf, 0, slot, entry, 0, entryLength, null, xid);
    }

    /** The entry's place is behind the first leaf of its key, which stays latched by the caller. */
    private void insertRightOf(Btree tree, Frame first, int entryLength, long xid) {
        Frame target = splitter.latchCovering(tree, BtreePage.rightLink(first.page), entry, entryLength, xid);
        try {
            insertInto(tree, target, entryLength, xid);
        } catch (IndexOutOfBoundsException e) {
            throw tree.corrupted(target, e);
        } finally {
            release(target);
        }
    }

    /** Asks about every entry with this key, over as many pages as they fill. Caller holds {@code first} exclusively. */
    private long checkEqualEntries(Btree tree, Frame first, byte[] key, int length, LiveTupleCheck check) {
        Frame leaf = first;
        try {
            int slot = BtreePage.lowerBound(leaf.page, 0, key, length);
            for (; ; ) {
                int count = BtreePage.count(leaf.page);
                for (; slot < count; slot++) {
                    if (!isKey(leaf.page, slot, key, length)) {
                        return INSERTED;
                    }
                    long answer = ask(check, leaf.page, slot);
                    if (answer != INSERTED) {
                        return answer;
                    }
                }
                // a half-dead page in between has nothing and says nothing
                if (!BtreePage.continuesRight(leaf.page, key, length) && !BtreePage.isDead(leaf.page)) {
                    return INSERTED;
                }
                leaf = stepRight(tree, first, leaf);
                slot = 0;
            }
        } catch (IndexOutOfBoundsException e) {
            throw tree.corrupted(leaf, e);
        } finally {
            if (leaf != first) {
                leaf.releaseShared();
                leaf.unpin();
            }
        }
    }

    private static Frame stepRight(Btree tree, Frame first, Frame leaf) {
        Frame right = tree.pin(BtreePage.rightLink(leaf.page));
        right.acquireShared();
        if (leaf != first) {
            leaf.releaseShared();
            leaf.unpin();
        }
        return right;
    }

    private long ask(LiveTupleCheck check, ByteBuffer page, int slot) {
        conflictTid = BtreePage.tid(page, slot);
        return check.check(conflictTid);
    }

    private static boolean isKey(ByteBuffer page, int slot, byte[] key, int length) {
        return BtreePage.length(page, slot) == length + TID_SIZE
                && BtreePage.startsWith(page, BtreePage.offset(page, slot), key, length);
    }

    /** Inserts what goes to one leaf, and at least one entry unless it conflicts; returns the next index. */
    private int insertRun(Btree tree, BtreeBatch batch, int from, long xid, LiveTupleCheck check) {
        int length = take(tree, batch, from);
        int keyLength = length - TID_SIZE;
        int done;
        descent.enter(tree);
        try {
            done = insertRunTogether(tree, batch, from, check == null ? length : keyLength, xid, check);
        } finally {
            descent.leave();
        }
        if (done > from || verdict != INSERTED) {
            return done;
        }
        // no room, or equal keys run over the page's end: the general way
        take(tree, batch, from);
        byte[] key = Arrays.copyOf(entry, keyLength);
        long tid = KeyEncoder.tid(entry, keyLength);
        if (check == null) {
            insert(tree, key, keyLength, tid, xid);
        } else {
            verdict = insertUnique(tree, key, keyLength, tid, xid, check);
        }
        return verdict == INSERTED ? from + 1 : from;
    }

    private int insertRunTogether(
            Btree tree, BtreeBatch batch, int from, int searched, long xid, LiveTupleCheck check) {
        Frame leaf = splitter.latchLeaf(tree, entry, searched, xid);
        try {
            int done = fill(tree, leaf, batch, from, xid, check);
            if (done == from && verdict == INSERTED && goesBehind(leaf.page, batch, from, check != null)) {
                done = splitter.appendPage(tree, leaf, batch, from, check != null, xid);
            }
            return done;
        } catch (IndexOutOfBoundsException e) {
            throw tree.corrupted(leaf, e);
        } finally {
            release(leaf);
        }
    }

    /** True if a new last page can start with this entry: it comes behind everything in the tree, and in a unique index with a new key. */
    private boolean goesBehind(ByteBuffer page, BtreeBatch batch, int index, boolean unique) {
        int count = BtreePage.count(page);
        int length = batch.length(index);
        System.arraycopy(batch.bytes(), batch.start(index), entry, 0, length);
        return count > 0
                && BtreePage.rightLink(page) == 0
                && BtreePage.compareEntry(page, 0, count - 1, entry, unique ? length - TID_SIZE : length) < 0
                && splitter.hasRoomForSeparator(page, entry, length);
    }

    private int take(Btree tree, BtreeBatch batch, int index) {
        int length = batch.length(index);
        tree.checkKeyLength(length - TID_SIZE);
        System.arraycopy(batch.bytes(), batch.start(index), entry, 0, length);
        return length;
    }

    /** As many entries as have their place on this leaf, fit, and don't conflict. One WAL record. Caller holds the leaf exclusively. */
    private int fill(Btree tree, Frame leaf, BtreeBatch batch, int from, long xid, LiveTupleCheck check) {
        int next = from;
        int slot = -1;
        BtreeLog.beginBatch(record, xid, leaf);
        try {
            while (next < batch.size()) {
                int length = take(tree, batch, next);
                if (!BtreePageEditor.fits(leaf.page, length)
                        || next > from && BtreePage.isRightOf(leaf.page, entry, length)) {
                    break;
                }
                slot = place(leaf.page, slot + 1, length, check);
                if (slot < 0 || isFullForAppends(leaf.page, slot, length)) {
                    break;
                }
                addToBatch(tree, leaf, slot, length);
                next++;
            }
        } finally {
            // also when a check or a key's size threw: what is on the page has to be in the log
            if (next > from) {
                append(tree);
            }
        }
        return next;
    }

    /** Ascending keys fill the last leaf only as far as a split would leave it. */
    private static boolean isFullForAppends(ByteBuffer page, int slot, int length) {
        int full = CAPACITY * (100 - SplitPoint.RIGHTMOST_PERCENT) / 100;
        return slot == BtreePage.count(page)
                && BtreePage.rightLink(page) == 0
                && BtreePage.freeBytes(page) - length - SLOT_SIZE < full;
    }

    private void addToBatch(Btree tree, Frame leaf, int slot, int length) {
        leaf.markDirty();
        try {
            BtreePageEditor.insert(leaf.page, 0, slot, entry, 0, length);
            BtreeLog.putEntry(record, slot, entry, 0, length);
        } catch (Throwable e) {
            tree.wal().poison(e);
            throw e;
        }
    }

    /** Logs a change that the page already has. */
    private void append(Btree tree) {
        try {
            tree.wal().append(record);
        } catch (Throwable e) {
            tree.wal().poison(e);
            throw e;
        }
    }

    /**
     * The slot for the entry, mostly the one after the last.
     *
     * @return -1 if the entry conflicts ({@link #verdict} is set) or equal keys may be on the next page
     */
    private int place(ByteBuffer page, int hint, int length, LiveTupleCheck check) {
        int count = BtreePage.count(page);
        int searched = check == null ? length : length - TID_SIZE;
        boolean hinted = hint > 0
                && BtreePage.compareEntry(page, 0, hint - 1, entry, searched) < 0
                && (hint == count || BtreePage.compareEntry(page, 0, hint, entry, searched) >= 0);
        int slot = hinted ? hint : BtreePage.lowerBound(page, 0, entry, searched);
        if (check == null) {
            return slot;
        }
        int first = slot;
        for (; slot < count && isKey(page, slot, entry, searched); slot++) {
            verdict = ask(check, page, slot);
            if (verdict != INSERTED) {
                return -1;
            }
        }
        if (slot == count && BtreePage.continuesRight(page, entry, searched)) {
            return -1;
        }
        return slot == first
                ? slot
                : BtreePage.lowerBound(page, 0, entry, length); // dead rows' entries are ordered by tid
    }

    static void release(Frame frame) {
        frame.releaseExclusive();
        frame.unpin();
    }
}
