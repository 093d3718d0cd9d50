package dev.palimpsest.heap;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.id.Tid;
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
 *           then the new tuple as in INSERT
 *  PRUNE    block 0: page.  {@link PrunePlan}
 * </pre>
 *
 * <p>Stateless but for a record builder per thread.
 */
final class HeapLog implements ResourceManager {
    static final int INSERT = 0;
    static final int DELETE = 1;
    static final int UPDATE = 2;
    static final int PRUNE = 3;

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

    static void logDelete(Wal wal, Frame frame, int linePointer, long xid, int cmax) {
        WalRecordBuilder record = begin(DELETE, xid);
        record.block(frame.pageId(), frame.page, false);
        record.putShort(linePointer).putInt(cmax);
        wal.append(record);
    }

    static void logPrune(Wal wal, Frame frame, PrunePlan plan) {
        WalRecordBuilder record = begin(PRUNE, 0);
        record.block(frame.pageId(), frame.page, false);
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
            default -> throw new IllegalStateException("unknown heap record, info=" + record.info());
        }
    }

    private static void redoInsert(WalRecord record, ByteBuffer page, ByteBuffer payload) {
        if (page == null) {
            return;
        }
        initIf(record.isInit(0), page);
        for (int count = payload.getShort() & 0xFFFF; count > 0; count--) {
            redoTuple(page, payload);
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
            HeapPage.end(oldPage, existing(oldPage, oldLine), record.xid(), cmax, endFlags, ctid);
        }
        if (newPage != null) {
            initIf(record.isInit(0), newPage);
            int root = payload.getShort() & 0xFFFF;
            if (root == 0) {
                redoTuple(newPage, payload);
            } else {
                redoRecycled(newPage, root, payload);
            }
        }
    }

    private static void redoRecycled(ByteBuffer page, int root, ByteBuffer payload) {
        int line = payload.getShort() & 0xFFFF;
        int next = payload.getShort() & 0xFFFF;
        int offset = existing(page, line);
        new Recycler.Place(root, line, next, offset).free(page);
        int linePointer = payload.getShort() & 0xFFFF;
        int length = payload.getShort() & 0xFFFF;
        SlottedPage.reuseItem(page, linePointer, offset, length);
        page.put(offset, payload, payload.position(), length);
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
            case PRUNE -> "PRUNE " + PrunePlan.read(payload);
            default -> "unknown info=" + record.info();
        };
    }
}
