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
 *  page:   common header, u64 last value that may have been handed out
 *  record: RESERVE: block 0: page (INIT). u64 last value
 * </pre>
 *
 * <p>Stateless.
 */
final class SequenceLog implements ResourceManager {
    private static final int LAST = PageLayout.HEADER_BYTES;
    private static final int END = LAST + Long.BYTES;
    private static final int RESERVE = 0;

    @Override
    public ResourceManagerId id() {
        return ResourceManagerId.SEQUENCE;
    }

    @Override
    public void redo(WalRecord record, RedoPages pages) {
        ByteBuffer page = pages.page(0);
        if (page != null) {
            apply(page, record.payloadLong(0));
        }
    }

    @Override
    public String describe(WalRecord record) {
        return "RESERVE last=" + record.payloadLong(0);
    }

    static void apply(ByteBuffer page, long last) {
        PageLayout.init(page, PageType.SEQUENCE, 0);
        page.putLong(LAST, last);
        PageLayout.setLower(page, END);
    }

    static void form(WalRecordBuilder record, long pageId, ByteBuffer page, long xid) {
        record.begin(ResourceManagerId.SEQUENCE, RESERVE, xid)
                .block(pageId, page, true)
                .putLong(page.getLong(LAST));
    }

    static long last(ByteBuffer page) {
        return page.getLong(LAST);
    }

    static boolean isSequence(ByteBuffer page) {
        return !PageLayout.isNew(page)
                && PageLayout.type(page) == PageType.SEQUENCE.code()
                && PageLayout.lower(page) == END;
    }
}
