package dev.palimpsest.id;

/**
 * A page's address in the database, packed into a long: relation file number (29 bits), fork (3 bits), block (32 bits).
 * The file number names the file, not the table: a number is never used twice.
 */
public final class PageId {
    public static final long NONE = -1;

    /** Forks of a relation; the file name of a fork is in {@code storage.RelationFiles}. */
    public static final int MAIN = 0;

    public static final int FREE_SPACE_MAP = 1;
    public static final int VISIBILITY_MAP = 2;
    public static final int BIG_VALUES = 3;
    public static final int FORKS = 4;

    public static final int MAX_FILE_NUMBER = (1 << 29) - 1;

    private PageId() {}

    public static long of(int fileNumber, int fork, int block) {
        return (long) fileNumber << 35 | (long) fork << 32 | ((long) block & 0xFFFF_FFFFL);
    }

    public static int fileNumber(long pageId) {
        return (int) (pageId >>> 35);
    }

    public static int fork(long pageId) {
        return (int) (pageId >>> 32) & 7;
    }

    public static int block(long pageId) {
        return (int) pageId;
    }

    /** For messages: {@code file=17 fork=0 block=3}. */
    public static String toString(long pageId) {
        return "file=" + fileNumber(pageId) + " fork=" + fork(pageId) + " block="
                + Integer.toUnsignedString(block(pageId));
    }
}
