package dev.palimpsest.heap;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageGuard;
import dev.palimpsest.id.PageId;
import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.wal.RedoPages;
import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalRecord;
import dev.palimpsest.wal.WalRecordBuilder;
import java.nio.ByteBuffer;

/**
 * The heap's WAL records and their redo, side by side. Tuples are logged as they lie on the page, header included, before anybody
 * ended them.
 *
 * <pre>
 *  INSERT   block 0: page (INIT if new).  u16 count, each: u16 line pointer, u16 length, bytes
 *  DELETE   block 0: page.  u16 line pointer, u32 cmax; xmax is the record's xid
 *  UPDATE   block 0: new version's page (INIT if new), block 1: old version's page if another.
 *           u16 old line pointer, u32 cmax, u16 flags of the end, u32 ctid block, u16 ctid line pointer,
 *           u16 root of a dead version whose place is used again (0: none; else u16 its line pointer, u16 the next version's),
 *           then the new tuple: as in INSERT if on another page than the old one, else
 *           u16 line pointer, u16 length, u16 flags, u16 prefix, u16 suffix, bytes between them, u16 old length; prefix and suffix are taken from
 *           the old version, behind the part of the header that the record says anyway (up to the column count)
 *  PRUNE    block 0: page.  {@link PrunePlan}
 *  KILL     block 0: page.  u16 line pointer: its tuple, of the record's xid, counts as rolled back whatever becomes of the transaction
 *  VACUUM   block 0: page, block 1: visibility-map page (INIT if new) if the page is all visible.  {@link VacuumPlan}
 *  MAP_CLEAR block 0: visibility-map page.  u16 bit ({@link VisibilityMap})
 * </pre>
 *
 * <p>Every record but the last two also takes the all-visible flag off the heap pages that it changes.
 *
 * <p>Stateless but for a record builder per thread.
 */
final class HeapLog implements ResourceManager {
    static final int INSERT = 0;
    static final int DELETE = 1;
    static final int UPDATE = 2;
    static final int PRUNE = 3;
    static final int KILL = 4;
    static final int VACUUM = 5;
    static final int MAP_CLEAR = 6;

    private static final ThreadLocal<WalRecordBuilder> BUILDERS = ThreadLocal.withInitial(WalRecordBuilder::new);

    static WalRecordBuilder begin(ResourceManagerId room, int info, long xid) {
        return BUILDERS.get().begin(room, info, xid);
    }

    static WalRecordBuilder begin(int info, long xid) {
        return begin(ResourceManagerId.HEAP, info, xid);
    }

    static void putTuple(WalRecordBuilder record, ByteBuffer page, int linePointer) {
        int offset = HeapPage.tupleOffset(page, linePointer);
        int length = HeapPage.tupleLength(page, linePointer);
        record.putShort(linePointer).putShort(length).putBytes(page, offset, length);
    }

    static void putPlace(WalRecordBuilder record, Recycler.Place place) {
        if (place == null) {
            record.putShort(0);
        } else {
            record.putShort(place.root()).putShort(place.line()).putShort(place.next());
        }
    }

    /** The new version of an update within a page, as what differs from the old one. */
    static void putDifference(WalRecordBuilder record, ByteBuffer page, int oldLine, int newLine) {
        int old = HeapPage.tupleOffset(page, oldLine);
        int oldLength = HeapPage.tupleLength(page, oldLine);
        int offset = HeapPage.tupleOffset(page, newLine);
        int length = HeapPage.tupleLength(page, newLine);
        int shared = Math.min(oldLength, length) - TupleLayout.COLUMN_COUNT;
        int prefix = commonPrefix(page, old + TupleLayout.COLUMN_COUNT, offset + TupleLayout.COLUMN_COUNT, shared);
        int suffix = commonSuffix(page, old + oldLength, offset + length, shared - prefix);
        record.putShort(newLine)
                .putShort(length)
                .putShort(HeapPage.flags(page, offset))
                .putShort(prefix)
                .putShort(suffix)
                .putBytes(
                        page,
                        offset + TupleLayout.COLUMN_COUNT + prefix,
                        length - TupleLayout.COLUMN_COUNT - prefix - suffix)
                .putShort(oldLength);
    }

    private static int commonPrefix(ByteBuffer page, int a, int b, int limit) {
        int i = 0;
        while (i + Long.BYTES <= limit && page.getLong(a + i) == page.getLong(b + i)) {
            i += Long.BYTES;
        }
        while (i < limit && page.get(a + i) == page.get(b + i)) {
            i++;
        }
        return i;
    }

    private static int commonSuffix(ByteBuffer page, int aEnd, int bEnd, int limit) {
        int i = 0;
        while (i + Long.BYTES <= limit && page.getLong(aEnd - i - Long.BYTES) == page.getLong(bEnd - i - Long.BYTES)) {
            i += Long.BYTES;
        }
        while (i < limit && page.get(aEnd - i - 1) == page.get(bEnd - i - 1)) {
            i++;
        }
        return i;
    }

    static void logDelete(Wal wal, Frame frame, int linePointer, long xid, int cmax) {
        WalRecordBuilder record = begin(DELETE, xid);
        record.block(frame.pageId(), frame.page, false);
        record.putShort(linePointer).putInt(cmax);
        wal.append(record);
    }

    static void logKill(Wal wal, Frame frame, int linePointer, long xid) {
        WalRecordBuilder record = begin(KILL, xid);
        record.block(frame.pageId(), frame.page, false);
        record.putShort(linePointer);
        wal.append(record);
    }

    static void logPrune(Wal wal, Frame frame, PrunePlan plan) {
        WalRecordBuilder record = begin(PRUNE, 0);
        record.block(frame.pageId(), frame.page, false);
        plan.write(record);
        wal.append(record);
    }

    /** @param map the visibility-map page, if the plan makes the page all visible */
    static void logVacuum(Wal wal, Frame frame, PageGuard map, boolean mapInit, VacuumPlan plan) {
        WalRecordBuilder record = begin(VACUUM, 0);
        record.block(frame.pageId(), frame.page, false);
        if (map != null) {
            record.block(map.frame().pageId(), map.page(), mapInit);
        }
        plan.write(record);
        wal.append(record);
    }

    @Override
    public ResourceManagerId id() {
        return ResourceManagerId.HEAP;
    }

    @Override
    public void redo(WalRecord record, RedoPages pages) {
        ByteBuffer payload = record.payload();
        ByteBuffer page = pages.page(0);
        switch (record.info()) {
            case INSERT -> redoInsert(record, page, payload);
            case DELETE -> {
                if (page != null) {
                    HeapPage.clearAllVisible(page);
                    int offset = existing(page, payload.getShort() & 0xFFFF);
                    long self = HeapPage.ctid(page, offset);
                    HeapPage.end(page, offset, record.xid(), payload.getInt(), 0, self);
                }
            }
            case UPDATE -> redoUpdate(record, pages, page, payload);
            case PRUNE -> {
                if (page != null) {
                    PrunePlan.read(payload).apply(page);
                }
            }
            case KILL -> {
                if (page != null) {
                    HeapPage.clearAllVisible(page);
                    HeapPage.kill(page, existing(page, payload.getShort() & 0xFFFF));
                }
            }
            case VACUUM -> redoVacuum(record, pages, page, payload);
            case MAP_CLEAR -> {
                if (page != null) {
                    VisibilityMap.setBit(page, payload.getShort() & 0xFFFF, false);
                }
            }
            default -> throw new IllegalStateException("unknown heap record, info=" + record.info());
        }
    }

    private static void redoInsert(WalRecord record, ByteBuffer page, ByteBuffer payload) {
        if (page == null) {
            return;
        }
        initIf(record.isInit(0), page);
        HeapPage.clearAllVisible(page);
        for (int count = payload.getShort() & 0xFFFF; count > 0; count--) {
            redoTuple(page, payload);
        }
    }

    private static void redoVacuum(WalRecord record, RedoPages pages, ByteBuffer page, ByteBuffer payload) {
        VacuumPlan plan = VacuumPlan.read(payload);
        int block = PageId.block(record.pageId(0));
        if (page != null) {
            plan.apply(page, block);
        }
        ByteBuffer map = plan.isAllVisible() ? pages.page(1) : null;
        if (map != null) {
            VisibilityMap.set(map, record.isInit(1), block);
        }
    }

    private static void redoUpdate(WalRecord record, RedoPages pages, ByteBuffer newPage, ByteBuffer payload) {
        ByteBuffer oldPage = record.blockCount() > 1 ? pages.page(1) : newPage;
        int oldLine = payload.getShort() & 0xFFFF;
        int cmax = payload.getInt();
        int endFlags = payload.getShort() & 0xFFFF;
        int ctidBlock = payload.getInt();
        long ctid = Tid.of(ctidBlock, payload.getShort() & 0xFFFF);
        if (oldPage != null) {
            HeapPage.clearAllVisible(oldPage);
            HeapPage.end(oldPage, existing(oldPage, oldLine), record.xid(), cmax, endFlags, ctid);
        }
        if (newPage == null) {
            return;
        }
        initIf(record.isInit(0), newPage);
        HeapPage.clearAllVisible(newPage);
        if (oldPage == newPage) {
            redoSamePage(newPage, existing(newPage, oldLine), record.xid(), cmax, ctid, payload);
        } else {
            payload.getShort(); // no place is used again on another page
            redoTuple(newPage, payload);
        }
    }

    /** The new version next to the old one: in a dead version's place or in the hole, with the bytes that differ. */
    private static void redoSamePage(ByteBuffer page, int old, long xid, int cmin, long ctid, ByteBuffer payload) {
        int root = payload.getShort() & 0xFFFF;
        int reused = -1;
        if (root != 0) {
            int line = payload.getShort() & 0xFFFF;
            reused = existing(page, line);
            new Recycler.Place(root, line, payload.getShort() & 0xFFFF, reused).free(page);
        }
        int linePointer = payload.getShort() & 0xFFFF;
        int length = payload.getShort() & 0xFFFF;
        int flags = payload.getShort() & 0xFFFF;
        int prefix = payload.getShort() & 0xFFFF;
        int suffix = payload.getShort() & 0xFFFF;
        int offset = reused;
        if (reused < 0) {
            offset = SlottedPage.addItem(page, linePointer, length);
        } else {
            SlottedPage.reuseItem(page, linePointer, offset, length);
        }
        page.putLong(offset + TupleLayout.XMIN, xid);
        page.putLong(offset + TupleLayout.XMAX, Xid.NONE);
        page.putInt(offset + TupleLayout.CMIN, cmin);
        page.putInt(offset + TupleLayout.CMAX, 0);
        HeapPage.setFlags(page, offset, flags);
        HeapPage.setCtid(page, offset, ctid);
        int from = offset + TupleLayout.COLUMN_COUNT;
        int middle = length - TupleLayout.COLUMN_COUNT - prefix - suffix;
        page.put(from, page, old + TupleLayout.COLUMN_COUNT, prefix);
        page.put(from + prefix, payload, payload.position(), middle);
        int oldEnd = old + payload.getShort(payload.position() + middle);
        page.put(from + prefix + middle, page, oldEnd - suffix, suffix);
    }

    private static void redoTuple(ByteBuffer page, ByteBuffer payload) {
        int linePointer = payload.getShort() & 0xFFFF;
        int length = payload.getShort() & 0xFFFF;
        int offset = SlottedPage.addItem(page, linePointer, length);
        page.put(offset, payload, payload.position(), length);
        payload.position(payload.position() + length);
    }

    private static void initIf(boolean init, ByteBuffer page) {
        if (init) {
            PageLayout.init(page, PageType.HEAP, 0);
        }
    }

    private static int existing(ByteBuffer page, int linePointer) {
        int offset = HeapPage.tupleOffset(page, linePointer);
        if (offset < 0) {
            throw new IllegalStateException("the record changes a tuple that isn't there, line pointer=" + linePointer);
        }
        return offset;
    }

    @Override
    public String describe(WalRecord record) {
        ByteBuffer payload = record.payload();
        return switch (record.info()) {
            case INSERT -> "INSERT tuples=" + payload.getShort();
            case DELETE -> "DELETE lp=" + payload.getShort() + " cmax=" + payload.getInt();
            case UPDATE ->
                "UPDATE old lp=" + payload.getShort() + " cmax=" + payload.getInt() + " hot="
                        + ((payload.getShort() & TupleLayout.HOT_UPDATED) != 0);
            case KILL -> "KILL lp=" + payload.getShort();
            case PRUNE -> "PRUNE " + PrunePlan.read(payload);
            case VACUUM -> "VACUUM " + VacuumPlan.read(payload);
            case MAP_CLEAR -> "MAP_CLEAR bit=" + (payload.getShort() & 0xFFFF);
            default -> "unknown info=" + record.info();
        };
    }
}
