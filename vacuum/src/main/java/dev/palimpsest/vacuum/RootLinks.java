package dev.palimpsest.vacuum;

import dev.palimpsest.heap.HeapVacuum;
import dev.palimpsest.id.Tid;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Which pages have versions that lead to roots elsewhere, and where dead roots lead: so that links can be made to lead past roots before
 * those are freed (README.md, rule 4). One pass's; not thread-safe.
 */
final class RootLinks implements HeapVacuum.Links {
    /** A dead root's row went on there; the root itself stays until links to it are gone. */
    private record Step(long successor, boolean keyEnded) {}

    /** Dead roots that are to be freed. */
    private final Map<Long, Step> steps = new HashMap<>();

    // links as they were told, page by page: the page's block and the root that one of its versions leads to
    private int[] blocks = new int[64];
    private long[] targets = new long[64];
    private int count;

    private final int most;
    private boolean overflown;

    /** @param most links are remembered; if there are more, every page counts as one that has some */
    RootLinks(int most) {
        this.most = most;
    }

    void add(int block, long target) {
        if (count > 0 && blocks[count - 1] == block && targets[count - 1] == target || overflown) {
            return;
        }
        if (count == most) {
            overflown = true;
            return;
        }
        if (count == blocks.length) {
            blocks = Arrays.copyOf(blocks, 2 * count);
            targets = Arrays.copyOf(targets, 2 * count);
        }
        blocks[count] = block;
        targets[count++] = target;
    }

    /** There were too many to remember: which pages have some isn't known. */
    boolean isOverflown() {
        return overflown;
    }

    /** A root that is to be freed, with one of its versions. */
    void bypass(long root, byte[] body) {
        steps.put(root, new Step(HeapVacuum.successor(root, body), HeapVacuum.isKeyEnded(body)));
    }

    /** A root stays after all: links to it may stay, too. */
    void keep(long root) {
        steps.remove(root);
    }

    boolean isBypassed(long root) {
        return steps.containsKey(root);
    }

    /** How many links are remembered. */
    int count() {
        return count;
    }

    int block(int link) {
        return blocks[link];
    }

    long target(int link) {
        return targets[link];
    }

    @Override
    public long follow(long target) {
        long at = target;
        for (Step step = steps.get(at); step != null; step = steps.get(at)) {
            at = step.successor;
            if (at == Tid.NONE) {
                break;
            }
        }
        return at;
    }

    @Override
    public boolean isKeyEnded(long target) {
        long at = target;
        for (Step step = steps.get(at); step != null; step = steps.get(at)) {
            if (step.keyEnded || step.successor == Tid.NONE) {
                return true;
            }
            at = step.successor;
        }
        return false;
    }
}
