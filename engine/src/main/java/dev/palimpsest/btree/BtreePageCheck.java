package dev.palimpsest.btree;

import static dev.palimpsest.btree.BtreeLayout.*;

import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Checks one page of an index by itself, reading a private copy that may hold anything. Stateless. */
final class BtreePageCheck {
    private BtreePageCheck() {}

    /**
     * @param lowFence the left sibling's high key, empty if there is none
     * @return what is wrong, or null
     */
    static String problem(ByteBuffer page, int level, byte[] lowFence) {
        try {
            String problem = header(page, level);
            if (problem == null) {
                problem = space(page);
            }
            return problem == null ? order(page, level, lowFence) : problem;
        } catch (IndexOutOfBoundsException e) {
            return "an offset points outside the page";
        }
    }

    /** Checks a page that is half-dead or deleted. */
    static String problemOfDead(ByteBuffer page) {
        try {
            String problem = header(page, BtreePage.level(page));
            if (problem == null) {
                problem = space(page);
            }
            if (problem != null || BtreePage.count(page) == 0 && BtreePage.highKeyLength(page) == 1) {
                return problem;
            }
            return "half-dead or deleted, but entries=" + BtreePage.count(page);
        } catch (IndexOutOfBoundsException e) {
            return "an offset points outside the page";
        }
    }

    private static String header(ByteBuffer page, int level) {
        String problem = PageLayout.headerProblem(page);
        if (problem != null) {
            return problem;
        }
        if (PageLayout.type(page) != PageType.BTREE.code()) {
            return "page type=" + PageLayout.type(page);
        }
        if (PageLayout.special(page) != SPECIAL || (PageLayout.lower(page) - SLOTS) % SLOT_SIZE != 0) {
            return "lower=" + PageLayout.lower(page) + " special=" + PageLayout.special(page);
        }
        if (BtreePage.level(page) != level) {
            return "level=" + BtreePage.level(page);
        }
        int flags = page.getInt(FLAGS);
        if (flags != 0 && flags != INCOMPLETE_SPLIT && flags != HALF_DEAD && flags != DELETED) {
            return "unknown flags=" + flags;
        }
        boolean last = BtreePage.rightLink(page) == 0;
        return last == (BtreePage.highKeyLength(page) == 0)
                ? null
                : "right link=" + BtreePage.rightLink(page) + " high key length=" + BtreePage.highKeyLength(page);
    }

    /** Entries and high key fill the space from upper to special without gap or overlap. */
    private static String space(ByteBuffer page) {
        int count = BtreePage.count(page);
        long[] extents = new long[count + 1];
        for (int i = 0; i < count; i++) {
            extents[i] = (long) BtreePage.offset(page, i) << 32 | BtreePage.length(page, i);
        }
        boolean hasHighKey = BtreePage.highKeyLength(page) != 0;
        extents[count] =
                (long) (hasHighKey ? BtreePage.highKeyOffset(page) : SPECIAL) << 32 | BtreePage.highKeyLength(page);
        Arrays.sort(extents);
        int at = PageLayout.upper(page);
        for (long extent : extents) {
            if ((int) (extent >>> 32) != at) {
                return "gap or overlap at offset=" + at;
            }
            at += (int) extent;
        }
        for (int i = PageLayout.lower(page); i < PageLayout.upper(page); i++) {
            if (page.get(i) != 0) {
                return "the hole isn't zero at offset=" + i;
            }
        }
        return at == SPECIAL ? null : "entries end at=" + at;
    }

    private static String order(ByteBuffer page, int level, byte[] lowFence) {
        int count = BtreePage.count(page);
        int prefix = BtreePage.prefixLength(page);
        byte[] before = lowFence;
        for (int i = 0; i <= count; i++) {
            boolean high = i == count;
            int length = high ? BtreePage.highKeyLength(page) : BtreePage.orderedLength(page, i, level);
            if (high && length == 0) {
                break;
            }
            if (!high && length < (level == 0 ? TID_SIZE : 1)) {
                return "slot=" + i + " length=" + length;
            }
            byte[] entry = new byte[length];
            page.get(high ? BtreePage.highKeyOffset(page) : BtreePage.offset(page, i), entry);
            int order = Arrays.compareUnsigned(before, entry);
            if (order > 0 || order == 0 && (i > 0 || level > 0)) {
                return high ? "high key not above slot=" + (i - 1) : "not in order, slot=" + i;
            }
            if (!high && !hasPrefixAndWord(page, i, entry, prefix)) {
                return "prefix word wrong, slot=" + i;
            }
            before = entry;
        }
        int lastWord = count == 0 ? 0 : BtreePage.word(page, count - 1);
        return level > 0 || page.getInt(LAST_WORD) == lastWord ? null : "last word=" + page.getInt(LAST_WORD);
    }

    private static boolean hasPrefixAndWord(ByteBuffer page, int slot, byte[] entry, int prefix) {
        return prefix <= entry.length
                && BtreePage.startsWith(page, BtreePage.offset(page, 0), entry, prefix)
                && BtreePage.word(page, slot) == BtreePage.wordOf(entry, entry.length, prefix);
    }
}
