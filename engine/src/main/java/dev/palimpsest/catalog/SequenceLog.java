package dev.palimpsest.catalog;

import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.wal.RedoPages;
import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.WalRecord;
import dev.palimpsest.wal.WalRecordBuilder;
import java.nio.ByteBuffer;

/**
 * A sequence's page and its one kind of record, which makes the page anew.
 *
 * <pre>
 *  page:   common header, u64 value, u64 called: 0 if the value is the next one, 1 if it may have been handed out
 *  record: SET: block 0: page (INIT). u64 value, u64 called
 *
 *  Until the second field came in: a page without it, whose value 0 means "not called"; a record RESERVE (0) without it.
 * </pre>
 *
 * <p>Stateless.
 */
final class SequenceLog implements ResourceManager {
    private static final int VALUE = PageLayout.HEADER_BYTES;
    private static final int CALLED = VALUE + Long.BYTES;
    private static final int END = CALLED + Long.BYTES;
    private static final int RESERVE = 0;
    private static final int SET = 1;

    @Override
    public ResourceManagerId id() {
        return ResourceManagerId.SEQUENCE;
    }

    @Override
    public void redo(WalRecord record, RedoPages pages) {
        ByteBuffer page = pages.page(0);
        if (page == null) {
            return;
        }
        long value = record.payloadLong(0);
        if (record.info() == RESERVE) {
            apply(page, Math.max(value, 1), value != 0);
        } else {
            apply(page, value, record.payloadLong(Long.BYTES) != 0);
        }
    }

    @Override
    public String describe(WalRecord record) {
        return record.info() == RESERVE
                ? "RESERVE last=" + record.payloadLong(0)
                : "SET value=" + record.payloadLong(0) + " called=" + record.payloadLong(Long.BYTES);
    }

    static void apply(ByteBuffer page, long value, boolean called) {
        PageLayout.init(page, PageType.SEQUENCE, 0);
        page.putLong(VALUE, value);
        page.putLong(CALLED, called ? 1 : 0);
        PageLayout.setLower(page, END);
    }

    static void form(WalRecordBuilder record, long pageId, ByteBuffer page, long xid) {
        record.begin(ResourceManagerId.SEQUENCE, SET, xid)
                .block(pageId, page, true)
                .putLong(page.getLong(VALUE))
                .putLong(page.getLong(CALLED));
    }

    static long value(ByteBuffer page) {
        return isOld(page) ? Math.max(page.getLong(VALUE), 1) : page.getLong(VALUE);
    }

    static boolean isCalled(ByteBuffer page) {
        return page.getLong(isOld(page) ? VALUE : CALLED) != 0;
    }

    static boolean isSequence(ByteBuffer page) {
        return !PageLayout.isNew(page)
                && PageLayout.type(page) == PageType.SEQUENCE.code()
                && (PageLayout.lower(page) == END || isOld(page));
    }

    private static boolean isOld(ByteBuffer page) {
        return PageLayout.lower(page) == CALLED;
    }
}
