package dev.palimpsest.id;

/**
 * A tuple's address within its relation: block number (32 bits) and line pointer number (16 bits, from 1), packed into a long as
 * {@code block << 16 | linePointer}. Ordered as a number by block, then line pointer.
 */
public final class Tid {
    public static final long NONE = -1;

    private Tid() {}

    public static long of(int block, int linePointer) {
        return ((long) block & 0xFFFF_FFFFL) << 16 | linePointer;
    }

    public static int block(long tid) {
        return (int) (tid >>> 16);
    }

    public static int linePointer(long tid) {
        return (int) tid & 0xFFFF;
    }

    /** PostgreSQL's notation, for example {@code (0,1)}. */
    public static String toString(long tid) {
        return tid == NONE ? "none" : "(" + Integer.toUnsignedString(block(tid)) + "," + linePointer(tid) + ")";
    }
}
