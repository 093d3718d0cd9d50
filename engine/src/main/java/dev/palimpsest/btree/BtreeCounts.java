package dev.palimpsest.btree;

import static dev.palimpsest.btree.BtreeLayout.*;

import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import java.nio.ByteBuffer;

/** Adds up {@link BtreeStatistics}. Not thread-safe; one use. */
final class BtreeCounts {
    private int levels;
    private int leafPages;
    private int innerPages;
    private int deadPages;
    private int newPages;
    private long entries;
    private long freeBytes;

    void add(ByteBuffer page) {
        if (PageLayout.isNew(page)) {
            newPages++;
        } else if (PageLayout.type(page) == PageType.BTREE_META.code()) {
            levels = page.getInt(META_LEVEL) + 1;
        } else if (BtreePage.isDead(page)) {
            deadPages++;
        } else if (BtreePage.level(page) > 0) {
            innerPages++;
        } else {
            leafPages++;
            entries += BtreePage.count(page);
            freeBytes += BtreePage.freeBytes(page);
        }
    }

    BtreeStatistics statistics(int blocks) {
        return new BtreeStatistics(blocks, levels, leafPages, innerPages, deadPages, newPages, entries, freeBytes);
    }
}
