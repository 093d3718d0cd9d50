package dev.palimpsest.btree;

/**
 * What an index consists of, page by page as each was when it was read ({@link BtreeVacuum#statistics}).
 *
 * @param levels of the tree, 1 if the root is a leaf
 * @param deadPages deleted from the tree, free for the next splits or soon
 * @param newPages added to the file, but never used
 * @param freeBytes on leaves
 */
public record BtreeStatistics(
        int blocks,
        int levels,
        int leafPages,
        int innerPages,
        int deadPages,
        int newPages,
        long entries,
        long freeBytes) {}
