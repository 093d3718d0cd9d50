package dev.palimpsest.btree;

import static dev.palimpsest.btree.BtreeLayout.*;

import dev.palimpsest.id.PageId;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.wal.RedoPages;
import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.WalRecord;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Redo of index records, by the same methods that made the changes, so that both leave the same bytes; and their description. What is in
 * the records: {@link BtreeLog}.
 *
 * <p>Not thread-safe: recovery calls it from one task.
 */
public final class BtreeResourceManager implements ResourceManager {
    private final BtreePageBuilder builder = new BtreePageBuilder();
    private final byte[] entry = new byte[MAX_ENTRY + CHILD_SIZE];
    private final byte[] highKey = new byte[MAX_ENTRY];

    @Override
    public ResourceManagerId id() {
        return ResourceManagerId.BTREE;
    }

    @Override
    public void redo(WalRecord record, RedoPages pages) {
        ByteBuffer payload = record.payload();
        switch (record.info()) {
            case BtreeLog.CREATE -> redoCreate(pages);
            case BtreeLog.INSERT -> redoInsert(record, payload, pages);
            case BtreeLog.INSERT_BATCH -> redoBatch(payload, pages.page(0));
            case BtreeLog.SPLIT -> redoSplit(payload, pages);
            case BtreeLog.NEW_ROOT -> redoNewRoot(record, payload, pages);
            case BtreeLog.REMOVE -> redoRemove(payload, pages.page(0));
            case BtreeLog.REMOVE_BATCH -> redoRemoveBatch(payload, pages.page(0));
            case BtreeLog.MAP -> redoMap(pages.page(0), payload.getInt(), payload.get());
            case BtreeLog.HALF_DEAD -> redoHalfDead(record, payload, pages);
            case BtreeLog.UNLINK -> redoUnlink(record, pages);
            default -> throw new IllegalArgumentException("unknown btree record, info=" + record.info());
        }
    }

    private static void redoCreate(RedoPages pages) {
        ByteBuffer meta = pages.page(0);
        if (meta != null) {
            Btree.formatMeta(meta);
        }
        ByteBuffer root = pages.page(1);
        if (root != null) {
            PageLayout.init(root, PageType.BTREE, SPECIAL_SIZE);
        }
    }

    private void redoInsert(WalRecord record, ByteBuffer payload, RedoPages pages) {
        ByteBuffer page = pages.page(0);
        if (page != null) {
            redoEntry(payload, page);
        }
        if (record.blockCount() > 1) {
            endSplit(pages.page(1));
        }
    }

    private void redoBatch(ByteBuffer payload, ByteBuffer page) {
        while (page != null && payload.hasRemaining()) {
            redoEntry(payload, page);
        }
    }

    private void redoEntry(ByteBuffer payload, ByteBuffer page) {
        int slot = nextShort(payload);
        int length = nextBytes(payload, entry);
        BtreePageEditor.insert(page, BtreePage.level(page), slot, entry, 0, length);
    }

    private void redoSplit(ByteBuffer payload, RedoPages pages) {
        int what = payload.get();
        int rightBlock = payload.getInt();
        int kept = nextShort(payload);
        int highKeyLength = nextBytes(payload, highKey);
        int slot = -1;
        int length = 0;
        if ((what & BtreeLog.SPLIT_ENTRY_LEFT) != 0) {
            slot = nextShort(payload);
            length = nextBytes(payload, entry);
        }
        ByteBuffer left = pages.page(0);
        if (left != null && (what & BtreeLog.SPLIT_BEHIND) != 0) {
            BtreePageEditor.continueBehind(left, highKey, highKeyLength, rightBlock);
        } else if (left != null) {
            BtreeSplitter.rebuildLeft(builder, left, kept, slot, entry, 0, length, highKey, highKeyLength, rightBlock);
        }
        ByteBuffer right = pages.page(1);
        if (right != null) {
            restorePage(payload, right);
        }
        int next = 2;
        if ((what & BtreeLog.SPLIT_HAS_NEIGHBOUR) != 0) {
            ByteBuffer neighbour = pages.page(next++);
            if (neighbour != null) {
                neighbour.putInt(LEFT_LINK, rightBlock);
            }
        }
        if ((what & BtreeLog.SPLIT_HAS_CHILD) != 0) {
            endSplit(pages.page(next++));
        }
        if ((what & BtreeLog.SPLIT_RECYCLES) != 0) {
            redoMap(pages.page(next), rightBlock, BtreeFreePages.IN_TREE);
        }
    }

    private void redoNewRoot(WalRecord record, ByteBuffer payload, RedoPages pages) {
        int level = nextShort(payload);
        int left = payload.getInt();
        int right = payload.getInt();
        int length = nextBytes(payload, highKey);
        byte[] downlink = Arrays.copyOf(highKey, length + CHILD_SIZE);
        BtreeSplitter.putChild(downlink, length, right);
        ByteBuffer root = pages.page(0);
        if (root != null) {
            BtreeSplitter.buildRoot(builder, root, level, left, downlink);
        }
        endSplit(pages.page(1));
        ByteBuffer meta = pages.page(2);
        if (meta != null) {
            BtreeSplitter.setRoot(meta, PageId.block(record.pageId(0)), level);
        }
        if (record.blockCount() > 3) {
            redoMap(pages.page(3), PageId.block(record.pageId(0)), BtreeFreePages.IN_TREE);
        }
    }

    private static void redoRemove(ByteBuffer payload, ByteBuffer page) {
        if (page != null) {
            BtreePageEditor.remove(page, nextShort(payload));
        }
    }

    private void redoRemoveBatch(ByteBuffer payload, ByteBuffer page) {
        if (page != null) {
            int[] slots = new int[payload.remaining() / Short.BYTES];
            for (int i = 0; i < slots.length; i++) {
                slots[i] = nextShort(payload);
            }
            BtreePageEditor.remove(builder, page, slots, slots.length);
        }
    }

    private static void redoMap(ByteBuffer map, int block, int state) {
        if (map != null) {
            BtreeFreePages.set(map, block, state);
        }
    }

    private static void redoHalfDead(WalRecord record, ByteBuffer payload, RedoPages pages) {
        ByteBuffer parent = pages.page(0);
        if (parent != null) {
            BtreePageEditor.dropChild(parent, nextShort(payload) - 1);
        }
        for (int i = 1; i < record.blockCount(); i++) {
            ByteBuffer page = pages.page(i);
            if (page != null) {
                BtreePageEditor.makeHalfDead(page);
            }
        }
    }

    private static void redoUnlink(WalRecord record, RedoPages pages) {
        BtreePageEditor.unlink(
                pages.page(0),
                pages.page(1),
                pages.page(2),
                PageId.block(record.pageId(0)),
                PageId.block(record.pageId(2)));
        redoMap(pages.page(3), PageId.block(record.pageId(1)), BtreeFreePages.DELETED);
    }

    private static void endSplit(ByteBuffer child) {
        if (child != null) {
            BtreePageEditor.setFlag(child, INCOMPLETE_SPLIT, false);
        }
    }

    /** The rest of the payload is a page without LSN, checksum and hole. */
    private static void restorePage(ByteBuffer payload, ByteBuffer page) {
        int lower = nextShort(payload);
        int upper = nextShort(payload);
        int head = lower - PageLayout.MAGIC_OFFSET;
        page.put(PageLayout.MAGIC_OFFSET, payload, payload.position(), head);
        page.put(upper, payload, payload.position() + head, PageLayout.SIZE - upper);
    }

    private static int nextShort(ByteBuffer payload) {
        return Short.toUnsignedInt(payload.getShort());
    }

    private static int nextBytes(ByteBuffer payload, byte[] target) {
        int length = nextShort(payload);
        payload.get(target, 0, length);
        return length;
    }

    @Override
    public String describe(WalRecord record) {
        ByteBuffer payload = record.payload();
        return switch (record.info()) {
            case BtreeLog.CREATE -> "CREATE";
            case BtreeLog.INSERT ->
                "INSERT " + describeEntry(payload) + (record.blockCount() > 1 ? " ends split of block 1" : "");
            case BtreeLog.INSERT_BATCH -> "INSERT_BATCH " + describeBatch(payload);
            case BtreeLog.SPLIT -> "SPLIT " + describeSplit(payload);
            case BtreeLog.NEW_ROOT ->
                "NEW_ROOT level=" + nextShort(payload) + " left=" + payload.getInt() + " right=" + payload.getInt();
            case BtreeLog.REMOVE -> "REMOVE slot=" + nextShort(payload);
            case BtreeLog.REMOVE_BATCH -> "REMOVE_BATCH count=" + payload.remaining() / Short.BYTES;
            case BtreeLog.MAP -> "MAP block=" + payload.getInt() + " state=" + payload.get();
            case BtreeLog.HALF_DEAD ->
                "HALF_DEAD pages=" + (record.blockCount() - 1) + " slot=" + (nextShort(payload) - 1);
            case BtreeLog.UNLINK -> "UNLINK block=" + PageId.block(record.pageId(1));
            default -> "UNKNOWN info=" + record.info();
        };
    }

    private static String describeEntry(ByteBuffer payload) {
        return "slot=" + nextShort(payload) + " length=" + nextShort(payload);
    }

    private static String describeBatch(ByteBuffer payload) {
        int count = 0;
        for (; payload.hasRemaining(); count++) {
            nextShort(payload);
            int length = nextShort(payload);
            payload.position(payload.position() + length);
        }
        return "count=" + count;
    }

    private static String describeSplit(ByteBuffer payload) {
        int what = payload.get();
        return "right=" + payload.getInt() + " kept=" + nextShort(payload)
                + ((what & BtreeLog.SPLIT_BEHIND) != 0 ? " nothing moved" : "")
                + ((what & BtreeLog.SPLIT_ENTRY_LEFT) != 0 ? " new entry left" : " new entry right")
                + ((what & BtreeLog.SPLIT_HAS_CHILD) != 0 ? " ends split of its child" : "")
                + ((what & BtreeLog.SPLIT_RECYCLES) != 0 ? " on a deleted page" : "");
    }
}
