package dev.palimpsest.btree;

import static dev.palimpsest.btree.BtreeLayout.*;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;

/**
 * The page that a split fills: a deleted one that is free again, or else one by which the file grows.
 *
 * <p>Not thread-safe: one per writer, for one split after the other. {@link #take}, {@link #latchMap} as the last latch, and after the
 * record {@link #used}; {@link #release} in any case.
 */
final class BtreeNewPage {
    private Frame page;
    private boolean recycled;

    /** The map's page, if the page is a recycled one and the change is about to be made; or null. */
    private Frame map;

    /** Pinned, latched exclusively; redo makes it anew. The caller may hold pages of the tree. */
    Frame take(Btree tree) {
        int block = tree.freePages().poll();
        recycled = block >= 0;
        if (!recycled) {
            return page = tree.file().pinNew();
        }
        page = tree.pin(block); // if that fails the page is left alone until the next start
        page.acquireExclusive(); // waits for its write-out at most: nobody can come here
        if (PageLayout.type(page.page) != PageType.BTREE.code() || (page.page.getInt(FLAGS) & DELETED) == 0) {
            release(tree);
            throw tree.corrupted(block, "the map says that it was deleted");
        }
        return page;
    }

    /** Before the change. @return the map's page, dirty, for the record, or null if it doesn't change */
    Frame latchMap(Btree tree) {
        if (recycled) {
            map = tree.freePages().latch(page.block());
            map.markDirty();
        }
        return map;
    }

    /** Part of the change. */
    void changeMap() {
        if (map != null) {
            BtreeFreePages.set(map.page, page.block(), BtreeFreePages.IN_TREE);
        }
    }

    /** The record is in the log. */
    void used() {
        recycled = false;
    }

    void release(Btree tree) {
        if (map != null) {
            BtreeWriter.release(map);
            map = null;
        }
        if (recycled) {
            tree.freePages().giveBack(page.block());
        }
        BtreeWriter.release(page);
        page = null;
    }
}
