package dev.palimpsest.btree;

import static dev.palimpsest.btree.BtreeLayout.*;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.id.Xid;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.WalRecordBuilder;
import java.nio.ByteBuffer;

/**
 * The WAL records of an index and what is in them; {@link BtreeResourceManager} reads them.
 *
 * <pre>
 * record        blocks                                   payload
 * CREATE        meta (init), root leaf (init)            -
 * INSERT        page, [child]                            u16 slot, u16 length, entry
 * INSERT_BATCH  leaf                                     to the payload's end: u16 slot, u16 length, entry
 * SPLIT         left, right (init), [neighbour], [child] u8 what, u32 right block, u16 kept entries,
 *                                                        u16 high key length, left's new high key,
 *                                                        [u16 slot, u16 length, entry that goes to the left page],
 *                                                        u16 lower, u16 upper and the right page without its hole
 * NEW_ROOT      root (init), left child, meta            u16 level, u32 left block, u32 right block, u16 length, separator
 * REMOVE        leaf                                     u16 slot
 * REMOVE_BATCH  leaf                                     to the payload's end: u16 slot, ascending
 * </pre>
 *
 * "child" is the page whose INCOMPLETE_SPLIT ends with this record, since the entry is its right sibling's downlink; "neighbour" the
 * page whose left link changes to the new right page.
 *
 * <p>Stateless.
 */
final class BtreeLog {
    static final int CREATE = 1;
    static final int INSERT = 2;
    static final int INSERT_BATCH = 3;
    static final int SPLIT = 4;
    static final int NEW_ROOT = 5;
    static final int REMOVE = 6;
    static final int REMOVE_BATCH = 7;

    static final int SPLIT_HAS_NEIGHBOUR = 1;
    static final int SPLIT_HAS_CHILD = 2;
    static final int SPLIT_ENTRY_LEFT = 4;

    /** Nothing moves: the left page, the last of its level, gets its high key in place and keeps everything else. */
    static final int SPLIT_BEHIND = 8;

    private BtreeLog() {}

    static void create(WalRecordBuilder record, long xid, Frame meta, Frame root) {
        record.begin(ResourceManagerId.BTREE, CREATE, xid);
        record.block(meta.pageId(), meta.page, true);
        record.block(root.pageId(), root.page, true);
    }

    static void insert(
            WalRecordBuilder record, long xid, Frame page, Frame child, int slot, byte[] entry, int from, int length) {
        record.begin(ResourceManagerId.BTREE, INSERT, xid);
        record.block(page.pageId(), page.page, false);
        if (child != null) {
            record.block(child.pageId(), child.page, false);
        }
        putEntry(record, slot, entry, from, length);
    }

    static void beginBatch(WalRecordBuilder record, long xid, Frame leaf) {
        record.begin(ResourceManagerId.BTREE, INSERT_BATCH, xid);
        record.block(leaf.pageId(), leaf.page, false);
    }

    static void beginSplit(WalRecordBuilder record, long xid, Frame left, Frame right, Frame neighbour, Frame child) {
        record.begin(ResourceManagerId.BTREE, SPLIT, xid);
        record.block(left.pageId(), left.page, false);
        record.block(right.pageId(), right.page, true);
        if (neighbour != null) {
            record.block(neighbour.pageId(), neighbour.page, false);
        }
        if (child != null) {
            record.block(child.pageId(), child.page, false);
        }
    }

    /** The page's bytes without LSN, checksum and hole. */
    static void putPage(WalRecordBuilder record, ByteBuffer page) {
        int lower = Short.toUnsignedInt(page.getShort(PageLayout.LOWER_OFFSET));
        int upper = Short.toUnsignedInt(page.getShort(PageLayout.UPPER_OFFSET));
        record.putShort(lower);
        record.putShort(upper);
        record.putBytes(page, PageLayout.MAGIC_OFFSET, lower - PageLayout.MAGIC_OFFSET);
        record.putBytes(page, upper, PageLayout.SIZE - upper);
    }

    static void newRoot(
            WalRecordBuilder record,
            long xid,
            Frame root,
            Frame left,
            Frame meta,
            int level,
            int rightBlock,
            byte[] separator,
            int length) {
        record.begin(ResourceManagerId.BTREE, NEW_ROOT, xid);
        record.block(root.pageId(), root.page, true);
        record.block(left.pageId(), left.page, false);
        record.block(meta.pageId(), meta.page, false);
        record.putShort(level);
        record.putInt((int) left.pageId());
        record.putInt(rightBlock);
        record.putShort(length);
        record.putBytes(separator, 0, length);
    }

    static void remove(WalRecordBuilder record, long xid, Frame leaf, int slot) {
        record.begin(ResourceManagerId.BTREE, REMOVE, xid);
        record.block(leaf.pageId(), leaf.page, false);
        record.putShort(slot);
    }

    static void removeBatch(WalRecordBuilder record, Frame leaf, int[] slots, int size) {
        record.begin(ResourceManagerId.BTREE, REMOVE_BATCH, Xid.NONE);
        record.block(leaf.pageId(), leaf.page, false);
        for (int i = 0; i < size; i++) {
            record.putShort(slots[i]);
        }
    }

    static void putEntry(WalRecordBuilder record, int slot, byte[] entry, int from, int length) {
        record.putShort(slot);
        record.putShort(length);
        record.putBytes(entry, from, length);
    }
}
