package dev.palimpsest.btree;

import static dev.palimpsest.btree.BtreeLayout.*;

import dev.palimpsest.api.EngineException;
import dev.palimpsest.id.PageId;
import dev.palimpsest.page.PageLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;

/**
 * Checks an index that nobody changes meanwhile: every page by itself ({@link BtreePageCheck}), and the tree: levels, links both ways,
 * fences, a downlink for every page unless its left sibling's split is incomplete or it is half-dead, no page met twice, no page left over but
 * new and deleted ones, and what the map says of each.
 *
 * <p>Read-only. Not thread-safe; one for each run. Source of the idea: PostgreSQL, {@code contrib/amcheck}.
 */
public final class BtreeVerifier {
    /** Takes every leaf entry, in order; the key's bytes are valid only during the call. */
    @FunctionalInterface
    public interface EntryVisitor {
        void entry(byte[] key, int length, long tid);
    }

    private record Downlink(byte[] separator, int child) {}

    private static final int MAX_PROBLEMS = 100;
    private static final byte[] LOWEST = {};

    private final Btree tree;
    private final EntryVisitor visitor;
    private final BtreeDescent reader = new BtreeDescent();
    private final List<String> problems = new ArrayList<>();
    private final BitSet seen = new BitSet();
    private final byte[] key = new byte[PageLayout.SIZE];
    private int level;

    private BtreeVerifier(Btree tree, EntryVisitor visitor) {
        this.tree = tree;
        this.visitor = visitor;
    }

    /**
     * Checks the whole index.
     *
     * @return the problems found, each with its page's id; empty if there are none
     */
    public static List<String> verify(Btree tree, EntryVisitor visitor) {
        BtreeVerifier verifier = new BtreeVerifier(tree, visitor);
        try {
            verifier.run();
        } catch (EngineException e) {
            verifier.problems.add("index \"" + tree.name() + "\": " + e);
        }
        return verifier.problems;
    }

    private void run() {
        reader.begin(tree);
        int root = tree.refreshRoot();
        int metaLevel = reader.readCopy(META_BLOCK).getInt(META_LEVEL);
        seen.set(META_BLOCK);
        level = BtreePage.level(reader.readCopy(root));
        if (level != metaLevel) {
            problem(META_BLOCK, "root's level=" + metaLevel + " but block " + root + " has level=" + level);
        }
        List<Downlink> downlinks = List.of(new Downlink(LOWEST, root));
        for (; level >= 0 && !downlinks.isEmpty(); level--) {
            downlinks = checkLevel(downlinks);
        }
        checkLeftOver();
    }

    /** Walks a level by its right links; returns the downlinks found on it. */
    private List<Downlink> checkLevel(List<Downlink> above) {
        List<Downlink> below = new ArrayList<>();
        byte[] lowFence = LOWEST;
        int left = 0;
        int next = 0;
        boolean incomplete = false;
        for (int block = above.get(0).child(); block != 0; ) {
            if (block < 0 || block >= tree.file().blockCount() || seen.get(block)) {
                problem(left, "link to block=" + block + " which is out of range or was met before");
                return List.of();
            }
            seen.set(block);
            ByteBuffer page = reader.readCopy(block);
            boolean halfDead = page.getInt(FLAGS) == HALF_DEAD && BtreePage.level(page) == level;
            checkMap(block, halfDead ? BtreeFreePages.HALF_DEAD : BtreeFreePages.IN_TREE);
            String wrong =
                    halfDead ? BtreePageCheck.problemOfDead(page) : BtreePageCheck.problem(page, level, lowFence);
            if (wrong != null) {
                problem(block, wrong);
                return List.of();
            }
            if (BtreePage.leftLink(page) != left) {
                problem(block, "left link=" + BtreePage.leftLink(page) + " expected=" + left);
            }
            if (halfDead) {
                // its key space is the right sibling's, and so was its downlink before that got its own
                if (incomplete || left == 0) {
                    problem(block, "half-dead, and the first of its level or right of an incomplete split");
                }
                left = block;
                block = BtreePage.rightLink(page);
                continue;
            }
            boolean hasDownlink = next < above.size() && above.get(next).child() == block;
            if (hasDownlink && !Arrays.equals(above.get(next).separator(), lowFence)) {
                problem(block, "its separator in the parent differs from its left sibling's high key");
            }
            if (hasDownlink == incomplete) {
                problem(
                        block,
                        hasDownlink ? "has a downlink but its left sibling's split is incomplete" : "has no downlink");
            }
            next += hasDownlink ? 1 : 0;
            collect(page, lowFence, below);
            incomplete = BtreePage.isIncomplete(page);
            lowFence = Objects.requireNonNullElse(BtreePage.copyHighKey(page), LOWEST);
            left = block;
            block = BtreePage.rightLink(page);
        }
        if (incomplete || next != above.size()) {
            problem(
                    left,
                    "the level ends here: incomplete split=" + incomplete + " downlinks left over="
                            + (above.size() - next));
        }
        return below;
    }

    private void collect(ByteBuffer page, byte[] lowFence, List<Downlink> below) {
        int count = BtreePage.count(page);
        if (level > 0) {
            below.add(new Downlink(lowFence, BtreePage.child(page, -1)));
        }
        for (int slot = 0; slot < count; slot++) {
            int offset = BtreePage.offset(page, slot);
            int length = BtreePage.orderedLength(page, slot, level);
            if (level > 0) {
                byte[] separator = new byte[length];
                page.get(offset, separator);
                below.add(new Downlink(separator, BtreePage.child(page, slot)));
            } else {
                page.get(offset, key, 0, length);
                visitor.entry(key, length - TID_SIZE, BtreePage.tid(page, slot));
            }
        }
    }

    /** Pages that no link leads to. New ones are what a crash or an error between extension and split leaves: harmless. */
    private void checkLeftOver() {
        if (!problems.isEmpty()) {
            return;
        }
        int blocks = tree.file().blockCount();
        for (int block = seen.nextClearBit(0); block < blocks; block = seen.nextClearBit(block + 1)) {
            ByteBuffer page = reader.readCopy(block);
            if (PageLayout.isNew(page)) {
                checkMap(block, BtreeFreePages.IN_TREE);
                continue;
            }
            checkMap(block, BtreeFreePages.DELETED);
            String wrong = page.getInt(FLAGS) == DELETED ? BtreePageCheck.problemOfDead(page) : "not part of the tree";
            if (wrong != null) {
                problem(block, wrong);
            }
        }
    }

    /** A page that the map takes for half-dead may be none: the map's record comes first. */
    private void checkMap(int block, int expected) {
        int state = tree.freePages().stateOf(block);
        boolean hint = state == BtreeFreePages.HALF_DEAD && expected == BtreeFreePages.IN_TREE;
        if (state != expected && !hint) {
            problem(block, "the map of free pages says state=" + state + " expected=" + expected);
        }
    }

    private void problem(int block, String what) {
        if (problems.size() < MAX_PROBLEMS) {
            problems.add("index \"" + tree.name() + "\": " + PageId.toString(tree.pageId(block)) + " level=" + level
                    + ": " + what);
        }
    }
}
