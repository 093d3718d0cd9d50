package dev.palimpsest.btree;

import static dev.palimpsest.btree.BtreeLayout.*;

import java.nio.ByteBuffer;

/**
 * Where to divide a full page: half and half by bytes, or 90/10 when the last page of its level is full and the new entry goes to its end
 * (ascending keys then fill pages to nine tenths). Near that place the shortest separator wins, since short separators
 * make a flat tree. On a leaf the separator is the shortest string above the left half and not above the right one; on an inner page it is the
 * first entry of the right half, which moves up.
 *
 * <p>Not thread-safe: one per writer. Source of the idea: PostgreSQL, {@code nbtsplitloc.c}.
 */
final class SplitPoint {
    static final int RIGHTMOST_PERCENT = 90;

    /** Candidates looked at on each side of the balanced one. */
    private static final int WINDOW = 6;

    /** How many entries, the new one counted, stay on the left page. */
    int keep;

    final byte[] highKey = new byte[MAX_ENTRY];
    int highKeyLength;

    /** On an inner page, the child of the entry that moves up: the right page's leftmost. */
    int firstRightChild;

    private ByteBuffer page;
    private int level;
    private int slot;
    private byte[] entry;
    private int from;
    private int length;
    private int total;

    /** Bytes of the entries before each one, with their slots. */
    private final int[] before = new int[CAPACITY / SLOT_SIZE + 2];

    /** Chooses for a page and a new entry at {@code slot}. */
    void choose(ByteBuffer source, int sourceLevel, int newSlot, byte[] newEntry, int newFrom, int newLength) {
        page = source;
        level = sourceLevel;
        slot = newSlot;
        entry = newEntry;
        from = newFrom;
        length = newLength;
        total = BtreePage.count(source) + 1;
        for (int i = 0; i < total; i++) {
            before[i + 1] = before[i] + SLOT_SIZE + rawLength(i);
        }
        keep = shortest(balanced());
        highKeyLength = separatorLength(keep);
        for (int i = 0; i < highKeyLength; i++) {
            highKey[i] = byteAt(keep, i);
        }
        if (level > 0) {
            firstRightChild = keep == slot ? childOfNew() : BtreePage.child(page, keep < slot ? keep : keep - 1);
        }
    }

    /** Divides nothing: the last leaf keeps its entries, and the new one, which comes behind all of them, starts the next page. */
    void chooseBehind(ByteBuffer lastLeaf, byte[] newEntry, int newFrom, int newLength) {
        page = lastLeaf;
        level = 0;
        slot = BtreePage.count(lastLeaf);
        entry = newEntry;
        from = newFrom;
        length = newLength;
        keep = slot;
        highKeyLength = separatorLength(keep);
        System.arraycopy(newEntry, newFrom, highKey, 0, highKeyLength);
    }

    private int balanced() {
        int bytes = before[total];
        boolean appending = slot == total - 1 && BtreePage.rightLink(page) == 0;
        int wanted = appending ? bytes * RIGHTMOST_PERCENT / 100 : bytes / 2;
        int best = 0;
        for (int i = 1; i < total; i++) {
            if (fits(i) && (best == 0 || before[i] <= wanted)) {
                best = i;
            }
        }
        assert best > 0 : "no entry is larger than a third of a page";
        return best;
    }

    private int shortest(int balanced) {
        if (level > 0) {
            return balanced;
        }
        int best = balanced;
        for (int distance = 1; distance <= Math.min(WINDOW, total / 16); distance++) {
            best = shorter(best, balanced - distance);
            best = shorter(best, balanced + distance);
        }
        return best;
    }

    private int shorter(int best, int candidate) {
        boolean possible = candidate > 0 && candidate < total && fits(candidate);
        return possible && separatorLength(candidate) < separatorLength(best) ? candidate : best;
    }

    /** Judged by the whole entry, of which the separator is a part: that always leaves a place to split (BtreeLayout.MAX_ENTRY). */
    private boolean fits(int candidate) {
        int right = before[total] - before[level == 0 ? candidate : candidate + 1];
        return before[candidate] + ordered(candidate) <= CAPACITY && right + BtreePage.highKeyLength(page) <= CAPACITY;
    }

    /** Between entry {@code candidate - 1} and entry {@code candidate}. */
    private int separatorLength(int candidate) {
        int right = ordered(candidate);
        if (level > 0) {
            return right;
        }
        int left = ordered(candidate - 1);
        int common = 0;
        while (common < left && common < right && byteAt(candidate - 1, common) == byteAt(candidate, common)) {
            common++;
        }
        return common + 1;
    }

    private int rawLength(int index) {
        return index == slot ? length : BtreePage.length(page, index < slot ? index : index - 1);
    }

    private int ordered(int index) {
        return level == 0 ? rawLength(index) : rawLength(index) - CHILD_SIZE;
    }

    private byte byteAt(int index, int at) {
        return index == slot
                ? entry[from + at]
                : page.get(BtreePage.offset(page, index < slot ? index : index - 1) + at);
    }

    private int childOfNew() {
        int at = from + length - CHILD_SIZE;
        return entry[at] & 0xFF | (entry[at + 1] & 0xFF) << 8 | (entry[at + 2] & 0xFF) << 16 | entry[at + 3] << 24;
    }
}
