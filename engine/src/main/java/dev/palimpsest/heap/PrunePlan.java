package dev.palimpsest.heap;

import dev.palimpsest.id.Tid;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.wal.WalRecordBuilder;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * What a prune does to one page: root line pointers turned into redirects, links moved over removed versions, line pointers freed;
 * then the items are moved together. The same plan is applied when pruning and at redo. Not thread-safe.
 *
 * <pre>
 *  u16 redirects, each: u16 line pointer, u16 target
 *  u16 relinks,   each: u16 line pointer, u8 1 hot + 2 keys updated, u32 ctid block, u16 ctid line pointer
 *  u16 freed,     each: u16 line pointer
 * </pre>
 */
final class PrunePlan {
    private static final int HOT = 1;
    private static final int KEYS_UPDATED = 2;

    private long[] redirects = new long[8];
    private int redirectCount;
    private long[] relinks = new long[16];
    private int relinkCount;
    private int[] freed = new int[16];
    private int freedCount;

    /** Bodies that go: for the counters. */
    private int removedVersions;

    void redirect(int root, int target) {
        redirects = ensure(redirects, redirectCount + 1);
        redirects[redirectCount++] = (long) root << 16 | target;
    }

    /** @param keysUpdated on the way over the removed versions a key changed; else it stays as it was */
    void relink(int linePointer, boolean hot, boolean keysUpdated, long ctid) {
        relink(linePointer, (hot ? HOT : 0) | (keysUpdated ? KEYS_UPDATED : 0), ctid);
    }

    private void relink(int linePointer, int bits, long ctid) {
        relinks = ensure(relinks, relinkCount + 2);
        relinks[relinkCount++] = (long) linePointer << 2 | bits;
        relinks[relinkCount++] = ctid;
    }

    void free(int linePointer) {
        if (freedCount == freed.length) {
            freed = Arrays.copyOf(freed, 2 * freedCount);
        }
        freed[freedCount++] = linePointer;
    }

    void countRemoved(int versions) {
        removedVersions += versions;
    }

    int removedVersions() {
        return removedVersions;
    }

    boolean isEmpty() {
        return redirectCount + relinkCount + freedCount == 0;
    }

    /** Changes the page; the caller holds its exclusive latch (or replays). */
    void apply(ByteBuffer page) {
        HeapPage.clearAllVisible(page);
        applyLines(page);
        SlottedPage.truncateLines(page);
        SlottedPage.compact(page);
    }

    /** {@link #apply} but for what gathers the room. */
    void applyLines(ByteBuffer page) {
        for (int i = 0; i < redirectCount; i++) {
            SlottedPage.setLine(page, (int) (redirects[i] >>> 16), LinePointer.redirect((int) redirects[i] & 0xFFFF));
        }
        for (int i = 0; i < relinkCount; i += 2) {
            int offset = HeapPage.bodyOffset(page, (int) (relinks[i] >>> 2));
            int flags = HeapPage.flags(page, offset) & ~TupleLayout.HOT_UPDATED;
            flags |= (relinks[i] & HOT) != 0 ? TupleLayout.HOT_UPDATED : 0;
            flags |= (relinks[i] & KEYS_UPDATED) != 0 ? TupleLayout.KEYS_UPDATED : 0;
            HeapPage.setFlags(page, offset, flags);
            HeapPage.setCtid(page, offset, relinks[i + 1]);
        }
        for (int i = 0; i < freedCount; i++) {
            SlottedPage.setLine(page, freed[i], LinePointer.UNUSED);
        }
        if (freedCount > 0) {
            HeapPage.noteFreeLines(page);
        }
    }

    boolean isFreed(int linePointer) {
        for (int i = 0; i < freedCount; i++) {
            if (freed[i] == linePointer) {
                return true;
            }
        }
        return false;
    }

    boolean frees() {
        return redirectCount + freedCount > 0;
    }

    /** Line pointers whose version goes, or went before. */
    void forEachGone(IntConsumer action) {
        for (int i = 0; i < redirectCount; i++) {
            action.accept((int) (redirects[i] >>> 16));
        }
        for (int i = 0; i < freedCount; i++) {
            action.accept(freed[i]);
        }
    }

    void write(WalRecordBuilder record) {
        record.putShort(redirectCount);
        for (int i = 0; i < redirectCount; i++) {
            record.putShort((int) (redirects[i] >>> 16));
            record.putShort((int) redirects[i] & 0xFFFF);
        }
        record.putShort(relinkCount / 2);
        for (int i = 0; i < relinkCount; i += 2) {
            record.putShort((int) (relinks[i] >>> 2));
            record.putByte((int) relinks[i] & (HOT | KEYS_UPDATED));
            record.putInt(Tid.block(relinks[i + 1]));
            record.putShort(Tid.linePointer(relinks[i + 1]));
        }
        record.putShort(freedCount);
        for (int i = 0; i < freedCount; i++) {
            record.putShort(freed[i]);
        }
    }

    static PrunePlan read(ByteBuffer payload) {
        PrunePlan plan = new PrunePlan();
        for (int n = payload.getShort() & 0xFFFF; n > 0; n--) {
            int root = payload.getShort() & 0xFFFF;
            plan.redirect(root, payload.getShort() & 0xFFFF);
        }
        for (int n = payload.getShort() & 0xFFFF; n > 0; n--) {
            int linePointer = payload.getShort() & 0xFFFF;
            int bits = payload.get();
            int block = payload.getInt();
            plan.relink(linePointer, bits, Tid.of(block, payload.getShort() & 0xFFFF));
        }
        for (int n = payload.getShort() & 0xFFFF; n > 0; n--) {
            plan.free(payload.getShort() & 0xFFFF);
        }
        return plan;
    }

    @Override
    public String toString() {
        return "redirected=" + redirectCount + " relinked=" + relinkCount / 2 + " freed="
                + Arrays.toString(Arrays.copyOf(freed, freedCount));
    }

    private static long[] ensure(long[] array, int length) {
        return length <= array.length ? array : Arrays.copyOf(array, Math.max(length, 2 * array.length));
    }
}
