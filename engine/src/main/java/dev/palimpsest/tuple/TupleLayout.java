package dev.palimpsest.tuple;

/**
 * A tuple's header. Little-endian; tuples start on 8-byte boundaries of their page.
 *
 * <pre>
 *  0        8        16          20      22      24     28     32       34      35
 *  +--------+--------+-----------+-------+-------+------+------+--------+-------+-------------+------------
 *  | xmin   | xmax   | ctid      | ctid  | flags | cmin | cmax | column | hoff  | null bitmap | attributes…
 *  |        |        | block     | lp    |       |      |      | count  |       | (HAS_NULLS) |
 *  +--------+--------+-----------+-------+-------+------+------+--------+-------+-------------+------------
 * </pre>
 *
 * <p>ctid names the next version: itself for the newest one. A bit of the null bitmap is 1 where the column is NULL.
 * Attributes follow in column order without alignment: fixed-width ones as they are, the others with a 16-bit length, whose top
 * bit means a {@link #POINTER_BYTES big-value pointer} instead: length (64 bits), first block (32 bits), 32 bits zero.
 */
public final class TupleLayout {
    public static final int XMIN = 0;
    public static final int XMAX = XMIN + Long.BYTES;
    public static final int CTID_BLOCK = XMAX + Long.BYTES;
    public static final int CTID_LINE_POINTER = CTID_BLOCK + Integer.BYTES;
    public static final int FLAGS = CTID_LINE_POINTER + Short.BYTES;
    public static final int CMIN = FLAGS + Short.BYTES;
    public static final int CMAX = CMIN + Integer.BYTES;
    public static final int COLUMN_COUNT = CMAX + Integer.BYTES;
    public static final int HOFF = COLUMN_COUNT + Short.BYTES;
    public static final int NULL_BITMAP = HOFF + Byte.BYTES;
    /** Attributes of a tuple without NULLs start here. */
    public static final int MIN_HEADER = NULL_BITMAP;

    /** Marks: set only once the commit record is durable, or when the transaction is known to have been rolled back. */
    public static final int XMIN_COMMITTED = 1;

    public static final int XMIN_ABORTED = 1 << 1;
    public static final int XMAX_COMMITTED = 1 << 2;
    /** xmax says nothing: it was rolled back. */
    public static final int XMAX_ABORTED = 1 << 3;

    public static final int HAS_NULLS = 1 << 4;
    public static final int HAS_BIG_VALUES = 1 << 5;
    /** The next version is on this page and no index entry points to it; valid while xmax is not aborted. */
    public static final int HOT_UPDATED = 1 << 6;
    /** No index entry points to this version. */
    public static final int HEAP_ONLY = 1 << 7;
    /** xmax updated the row: ctid names the next version, on this page or another. Without it xmax deleted the row. */
    public static final int UPDATED = 1 << 8;
    /** With UPDATED: a column of a unique index changed, in this step or in one whose version was pruned. KEY SHARE lockers mind. */
    public static final int KEYS_UPDATED = 1 << 9;

    public static final int MARKS = XMIN_COMMITTED | XMIN_ABORTED | XMAX_COMMITTED | XMAX_ABORTED;
    public static final int KNOWN_FLAGS = (1 << 10) - 1;

    public static final int INLINE_LENGTH_BYTES = Short.BYTES;
    public static final int OUT_OF_LINE = 0x8000;
    public static final int POINTER_BYTES = Long.BYTES + 2 * Integer.BYTES;

    /** Rows above this size move their biggest values out of line: about a quarter of a page. */
    public static final int TARGET_BYTES = 2000;

    /** No tuple is larger: a page less its header and one line pointer, rounded down to 8. */
    public static final int MAX_BYTES = 8192 - 40;

    public static final int MAX_COLUMNS = 1600;

    private TupleLayout() {}
}
