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
 * SPLIT         left, right (init), [neighbour],
 *               [child], [map]                           u8 what, u32 right block, u16 kept entries,
 *                                                        u16 high key length, left's new high key,
 *                                                        [u16 slot, u16 length, entry that goes to the left page],
 *                                                        u16 lower, u16 upper and the right page without its hole
 * NEW_ROOT      root (init), left child, meta, [map]     u16 level, u32 left block, u32 right block, u16 length, separator
 * REMOVE        leaf                                     u16 slot
 * REMOVE_BATCH  leaf                                     to the payload's end: u16 slot, ascending
 * MAP           map (init if new)                        u32 block, u8 state
 * HALF_DEAD     parent, pages from the leaf up           u16 the downlink's slot + 1
 * UNLINK        left, page, right, map (init if new)     -
 * </pre>
 *
 * "child" is the page whose INCOMPLETE_SPLIT ends with this record, since the entry is its right sibling's downlink; "neighbour" the
 * page whose left link changes to the new right page. A split or new root whose new page was a deleted one changes the map
 * ({@link BtreeFreePages}).
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
    static final int MAP = 8;
    static final int HALF_DEAD = 9;
    static final int UNLINK = 10;

    static final int SPLIT_HAS_NEIGHBOUR = 1;
    static final int SPLIT_HAS_CHILD = 2;
    static final int SPLIT_ENTRY_LEFT = 4;

    /** Nothing moves: the left page, the last of its level, gets its high key in place and keeps everything else. */
    static final int SPLIT_BEHIND = 8;

    /** The right page was a deleted one: the map changes. */
    static final int SPLIT_RECYCLES = 16;

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

    static void beginSplit(
            WalRecordBuilder record, long xid, Frame left, Frame right, Frame neighbour, Frame child, Frame map) {
        record.begin(ResourceManagerId.BTREE, SPLIT, xid);
        record.block(left.pageId(), left.page, false);
        record.block(right.pageId(), right.page, true);
        if (neighbour != null) {
            record.block(neighbour.pageId(), neighbour.page, false);
        }
        if (child != null) {
            record.block(child.pageId(), child.page, false);
        }
        if (map != null) {
            record.block(map.pageId(), map.page, false);
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
            Frame map,
            int level,
            int rightBlock,
            byte[] separator,
            int length) {
        record.begin(ResourceManagerId.BTREE, NEW_ROOT, xid);
        record.block(root.pageId(), root.page, true);
        record.block(left.pageId(), left.page, false);
        record.block(meta.pageId(), meta.page, false);
        if (map != null) {
            record.block(map.pageId(), map.page, false);
        }
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

    static void map(WalRecordBuilder record, Frame map, boolean init, int block, int state) {
        record.begin(ResourceManagerId.BTREE, MAP, Xid.NONE);
        record.block(map.pageId(), map.page, init);
        record.putInt(block);
        record.putByte(state);
    }

    /** The caller adds the pages that become half-dead. */
    static void beginHalfDead(WalRecordBuilder record, Frame parent, int slot) {
        record.begin(ResourceManagerId.BTREE, HALF_DEAD, Xid.NONE);
        record.block(parent.pageId(), parent.page, false);
        record.putShort(slot + 1);
    }

    static void unlink(WalRecordBuilder record, Frame left, Frame page, Frame right, Frame map, boolean initMap) {
        record.begin(ResourceManagerId.BTREE, UNLINK, Xid.NONE);
        record.block(left.pageId(), left.page, false);
        record.block(page.pageId(), page.page, false);
        record.block(right.pageId(), right.page, false);
        record.block(map.pageId(), map.page, initMap);
    }

    static void putEntry(WalRecordBuilder record, int slot, byte[] entry, int from, int length) {
        record.putShort(slot);
        record.putShort(length);
        record.putBytes(entry, from, length);
    }
}
