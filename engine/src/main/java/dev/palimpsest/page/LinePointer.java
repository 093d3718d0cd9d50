package dev.palimpsest.page;

/**
 * A line pointer: four bytes that say where an item is, so that the item can move within its page while its number stays.
 *
 * <pre>
 *  bits  0- 9  offset / 8         REDIRECT: bits 0-10 are the number of the line pointer meant
 *  bits 10-22  length in bytes
 *  bits 23-25  state
 *  bits 26-31  zero
 * </pre>
 *
 * NORMAL and DEAD have an item (DEAD keeps its body until its index entries are gone; with length 0 it has none); the others don't.
 * Source: PostgreSQL, {@code itemid.h}; ARCHIVED and DEAD's body are ours.
 */
public final class LinePointer {
    public static final int BYTES = 4;

    public static final int STATE_UNUSED = 0;
    public static final int STATE_NORMAL = 1;
    public static final int STATE_REDIRECT = 2;
    public static final int STATE_DEAD = 3;
    public static final int STATE_ARCHIVED = 4;

    /** A line pointer free for use. */
    public static final int UNUSED = 0;

    /** A line pointer whose versions are all in the archive. */
    public static final int ARCHIVED = STATE_ARCHIVED << 23;

    /** More than a page can hold. */
    public static final int MAX_NUMBER = (1 << 11) - 1;

    private static final int LENGTH_SHIFT = 10;
    private static final int STATE_SHIFT = 23;
    private static final int OFFSET_MASK = (1 << LENGTH_SHIFT) - 1;
    private static final int LENGTH_MASK = (1 << STATE_SHIFT - LENGTH_SHIFT) - 1;
    private static final int STATE_MASK = 7;

    private LinePointer() {}

    public static int normal(int offset, int length) {
        return of(STATE_NORMAL, offset, length);
    }

    /** Keeps the item's place, if it has one. */
    public static int dead(int offset, int length) {
        return of(STATE_DEAD, offset, length);
    }

    public static int redirect(int target) {
        assert target > 0 && target <= MAX_NUMBER : "line pointer=" + target;
        return STATE_REDIRECT << STATE_SHIFT | target;
    }

    private static int of(int state, int offset, int length) {
        assert (offset & PageLayout.ALIGNMENT - 1) == 0 && offset >= 0 && offset < PageLayout.SIZE : "offset=" + offset;
        assert length >= 0 && length <= LENGTH_MASK : "length=" + length;
        return state << STATE_SHIFT | length << LENGTH_SHIFT | offset >>> 3;
    }

    public static int state(int linePointer) {
        return linePointer >>> STATE_SHIFT & STATE_MASK;
    }

    public static boolean isNormal(int linePointer) {
        return linePointer >>> STATE_SHIFT == STATE_NORMAL;
    }

    /** True if bytes of the page belong to it. */
    public static boolean hasItem(int linePointer) {
        int state = state(linePointer);
        return (state == STATE_NORMAL || state == STATE_DEAD) && length(linePointer) != 0;
    }

    /** Only NORMAL and DEAD; a multiple of 8, so at most 8184: the item's end may still lie past the page's in damaged bytes. */
    public static int offset(int linePointer) {
        return (linePointer & OFFSET_MASK) << 3;
    }

    /** Only NORMAL and DEAD. */
    public static int length(int linePointer) {
        return linePointer >>> LENGTH_SHIFT & LENGTH_MASK;
    }

    /** Only REDIRECT: the number of the line pointer meant. */
    public static int target(int linePointer) {
        return linePointer & MAX_NUMBER;
    }

    /** For dumps, for example {@code NORMAL offset=8072 length=116}. */
    public static String toString(int linePointer) {
        return switch (state(linePointer)) {
            case STATE_UNUSED -> "UNUSED";
            case STATE_NORMAL -> "NORMAL offset=" + offset(linePointer) + " length=" + length(linePointer);
            case STATE_REDIRECT -> "REDIRECT target=" + target(linePointer);
            case STATE_DEAD -> "DEAD offset=" + offset(linePointer) + " length=" + length(linePointer);
            case STATE_ARCHIVED -> "ARCHIVED";
            default -> "invalid line pointer=0x" + Integer.toHexString(linePointer);
        };
    }
}
