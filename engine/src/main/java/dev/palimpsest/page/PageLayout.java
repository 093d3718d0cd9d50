package dev.palimpsest.page;

import java.nio.ByteBuffer;

/**
 * The header that every page of every relation fork starts with. Little-endian; a page's items are 8-byte aligned.
 *
 * <pre>
 *   0  lsn       u64  end of the last WAL record that changed the page
 *   8  checksum  u32  CRC32C of the whole page with this field as zero, then of the page id ({@link PageChecksum})
 *  12  magic     u16  0x5031, format version included
 *  14  type      u16  {@link PageType}
 *  16  lower     u16  end of the line pointers, start of the hole
 *  18  upper     u16  end of the hole, start of the items
 *  20  special   u16  end of the items, start of the room's own trailer
 *  22  flags     u16  the room's own
 *  24  own       u64  the room's own (heap: newest end among archived versions)
 *  32  line pointers ... hole ... items ... special
 * </pre>
 *
 * <p>A page of zeroes is <em>new</em>: allocated, never initialised (a crash right after the file was extended leaves one).
 *
 * <p>Source of the shape: PostgreSQL, {@code bufpage.h}.
 */
public final class PageLayout {
    public static final int SIZE = 8192;
    public static final int ALIGNMENT = 8;

    public static final int LSN_OFFSET = 0;
    public static final int CHECKSUM_OFFSET = LSN_OFFSET + Long.BYTES;
    public static final int MAGIC_OFFSET = CHECKSUM_OFFSET + Integer.BYTES;
    public static final int TYPE_OFFSET = MAGIC_OFFSET + Short.BYTES;
    public static final int LOWER_OFFSET = TYPE_OFFSET + Short.BYTES;
    public static final int UPPER_OFFSET = LOWER_OFFSET + Short.BYTES;
    public static final int SPECIAL_OFFSET = UPPER_OFFSET + Short.BYTES;
    public static final int FLAGS_OFFSET = SPECIAL_OFFSET + Short.BYTES;
    public static final int OWN_OFFSET = FLAGS_OFFSET + Short.BYTES;
    public static final int HEADER_BYTES = OWN_OFFSET + Long.BYTES;

    public static final int MAGIC = 0x5031;

    private static final byte[] ZEROES = new byte[SIZE];

    private PageLayout() {}

    /**
     * Makes an empty page of it: header set, everything else zero.
     *
     * @param specialBytes size of the trailer, rounded up to 8
     */
    public static void init(ByteBuffer page, PageType type, int specialBytes) {
        int special = SIZE - align(specialBytes);
        assert specialBytes >= 0 && special >= HEADER_BYTES : "special bytes=" + specialBytes;
        zero(page);
        page.putShort(MAGIC_OFFSET, (short) MAGIC);
        page.putShort(TYPE_OFFSET, (short) type.code());
        setLower(page, HEADER_BYTES);
        setUpper(page, special);
        page.putShort(SPECIAL_OFFSET, (short) special);
    }

    public static void zero(ByteBuffer page) {
        page.put(0, ZEROES);
    }

    /** True for a page that was never initialised. On bytes not yet verified ask {@link #isAllZero} instead. */
    public static boolean isNew(ByteBuffer page) {
        return page.getShort(MAGIC_OFFSET) == 0;
    }

    public static boolean isAllZero(ByteBuffer page) {
        long seen = 0;
        for (int offset = 0; offset < SIZE; offset += Long.BYTES) {
            seen |= page.getLong(offset);
        }
        return seen == 0;
    }

    /** What is wrong with the header as {@code name=value} pairs, or null. For bytes from disk; a new page has no header to check. */
    public static String headerProblem(ByteBuffer page) {
        int magic = page.getShort(MAGIC_OFFSET) & 0xFFFF;
        if (magic != MAGIC) {
            return "magic=0x" + Integer.toHexString(magic) + " expected=0x" + Integer.toHexString(MAGIC);
        }
        if (PageType.of(type(page)) == null) {
            return "unknown page type=" + type(page);
        }
        int lower = lower(page);
        int upper = upper(page);
        int special = special(page);
        if (lower < HEADER_BYTES || lower > upper || upper > special || special > SIZE || align(special) != special) {
            return "lower=" + lower + " upper=" + upper + " special=" + special;
        }
        return null;
    }

    public static long lsn(ByteBuffer page) {
        return page.getLong(LSN_OFFSET);
    }

    public static void setLsn(ByteBuffer page, long lsn) {
        page.putLong(LSN_OFFSET, lsn);
    }

    /** A {@link PageType} code. */
    public static int type(ByteBuffer page) {
        return page.getShort(TYPE_OFFSET) & 0xFFFF;
    }

    public static int lower(ByteBuffer page) {
        return page.getShort(LOWER_OFFSET) & 0xFFFF;
    }

    public static void setLower(ByteBuffer page, int lower) {
        page.putShort(LOWER_OFFSET, (short) lower);
    }

    public static int upper(ByteBuffer page) {
        return page.getShort(UPPER_OFFSET) & 0xFFFF;
    }

    public static void setUpper(ByteBuffer page, int upper) {
        page.putShort(UPPER_OFFSET, (short) upper);
    }

    public static int special(ByteBuffer page) {
        return page.getShort(SPECIAL_OFFSET) & 0xFFFF;
    }

    public static int flags(ByteBuffer page) {
        return page.getShort(FLAGS_OFFSET) & 0xFFFF;
    }

    public static void setFlags(ByteBuffer page, int flags) {
        page.putShort(FLAGS_OFFSET, (short) flags);
    }

    public static long own(ByteBuffer page) {
        return page.getLong(OWN_OFFSET);
    }

    public static void setOwn(ByteBuffer page, long value) {
        page.putLong(OWN_OFFSET, value);
    }

    /** Rounds up to {@link #ALIGNMENT}. */
    public static int align(int length) {
        return length + (ALIGNMENT - 1) & -ALIGNMENT;
    }
}
