package dev.palimpsest.btree;

import dev.palimpsest.page.PageLayout;

/**
 * Where things are on the pages of an index. Little-endian as every page; keys are byte strings compared as unsigned bytes.
 *
 * <pre>
 *   0 +----------------------------------------------------------+
 *     | common page header (lower, upper, special), in its own 8 bytes:
 *  24 |   u32 leftmost child (inner pages) or the last slot's word (leaves)
 *  28 |   u16 prefix length | u16 level (0 = leaf)
 *  32 +----------------------------------------------------------+
 *     | slots, sorted, 8 bytes each:                             |
 *     |   u32 word: the 4 bytes after the page's common prefix,  |
 *     |       zero-padded, as a big-endian number                |
 *     |   u16 offset, u16 length of the entry                    |
 * lower ------------------------------------------------ (zeroes) |
 * upper -----------------------------------------------------------
 *     | entries, no gaps                                         |
 *     |   leaf:  key bytes, then the tid in 6 bytes, big-endian: |
 *     |          block (4), line pointer (2)                     |
 *     |   inner: separator bytes, then u32 child block           |
 *     | high key among them, unless the page is its level's last |
 * 8168 +---------------------------------------------------------+
 *     | u32 left link | u32 right link | u32 flags                |
 *     | u16 high key offset | u16 high key length | u64 zero      |
 * 8192 +---------------------------------------------------------+
 * </pre>
 *
 * Links are 0 for "none" (block 0 is the meta page: u32 root block and u32 its level at 32). A high key of length 0 means "none": no
 * separator is empty.
 */
final class BtreeLayout {
    static final int META_BLOCK = 0;
    static final int META_ROOT = PageLayout.HEADER_BYTES;
    static final int META_LEVEL = META_ROOT + 4;
    static final int META_END = META_LEVEL + 4;

    static final int LEFTMOST_CHILD = PageLayout.OWN_OFFSET;

    /** On a leaf: next to the first slot, so that interpolating between both costs one miss of the cache, not two. */
    static final int LAST_WORD = LEFTMOST_CHILD;

    static final int PREFIX_LENGTH = LEFTMOST_CHILD + 4;
    static final int LEVEL = PREFIX_LENGTH + 2;

    static final int SLOTS = PageLayout.HEADER_BYTES;
    static final int SLOT_SIZE = 8;
    static final int SLOT_OFFSET = 4;
    static final int SLOT_LENGTH = 6;

    static final int SPECIAL_SIZE = 24;
    static final int SPECIAL = PageLayout.SIZE - SPECIAL_SIZE;
    static final int LEFT_LINK = SPECIAL;
    static final int RIGHT_LINK = LEFT_LINK + 4;
    static final int FLAGS = RIGHT_LINK + 4;
    static final int HIGH_KEY_OFFSET = FLAGS + 4;
    static final int HIGH_KEY_LENGTH = HIGH_KEY_OFFSET + 2;

    /** Split, but the page to the right has no entry in the parent yet. */
    static final int INCOMPLETE_SPLIT = 1;

    /** On its way out of the tree: no downlink, no entries, still among its siblings. */
    static final int HALF_DEAD = 2;

    /** Out of the tree; its links stay until it is used again. */
    static final int DELETED = 4;

    static final int TID_SIZE = 6;
    static final int CHILD_SIZE = 4;
    static final int CAPACITY = SPECIAL - SLOTS;

    /**
     * The largest key with its tid. Two inner entries of this size with their slots and child blocks, and a high key, fill a page
     * exactly, so that every overfull page can be split: 2 * (2704 + 4 + 8) + 2704 = 8136.
     */
    static final int MAX_ENTRY = 2704;

    static final int MAX_LEVELS = 32;

    static {
        assert 2 * (MAX_ENTRY + CHILD_SIZE + SLOT_SIZE) + MAX_ENTRY <= CAPACITY;
    }

    private BtreeLayout() {}
}
