package dev.palimpsest.heap;

import dev.palimpsest.id.Tid;
import dev.palimpsest.tuple.LittleEndian;
import dev.palimpsest.tuple.TupleLayout;
import java.util.Arrays;

/**
 * The archived versions of one page, as {@link VersionArchive} keeps them: those of one chain oldest first, otherwise in no order.
 *
 * <pre>
 *  each: u16 root line pointer, u16 line pointer, u32 length, i64 begin CSN, i64 end CSN, then the tuple, header included
 * </pre>
 *
 * <p>The numbers are those at the time of archiving: for every snapshot that lives, or comes, they decide as the commit log would. Steps through a blob; not thread-safe.
 */
public final class ArchivedVersions {
    static final int ROOT = 0;
    static final int LINE = ROOT + Short.BYTES;
    static final int LENGTH = LINE + Short.BYTES;
    static final int BEGIN = LENGTH + Integer.BYTES;
    static final int END = BEGIN + Long.BYTES;
    static final int HEADER_BYTES = END + Long.BYTES;

    private final byte[] blob;
    private int at;
    private int next;

    /** @param blob null for nothing */
    public ArchivedVersions(byte[] blob) {
        this.blob = blob;
    }

    /** Moves to the next one; the accessors then tell of it. */
    public boolean advance() {
        if (blob == null || next >= blob.length) {
            return false;
        }
        at = next;
        next = at + HEADER_BYTES + length();
        return true;
    }

    /** Its chain's root. */
    public int root() {
        return LittleEndian.unsignedShortAt(blob, at + ROOT);
    }

    /** The line pointer that it had; it may belong to another version by now. */
    public int line() {
        return LittleEndian.unsignedShortAt(blob, at + LINE);
    }

    public long beginCsn() {
        return LittleEndian.longAt(blob, at + BEGIN);
    }

    public long endCsn() {
        return LittleEndian.longAt(blob, at + END);
    }

    /** The array that the tuple lies in, from {@link #offset} on. */
    public byte[] buffer() {
        return blob;
    }

    public int offset() {
        return at + HEADER_BYTES;
    }

    public int length() {
        return LittleEndian.intAt(blob, at + LENGTH);
    }

    byte[] copyTuple() {
        return Arrays.copyOfRange(blob, offset(), offset() + length());
    }

    /** Is it what a snapshot sees? Archived versions began and ended with commits, so a number is enough. */
    public boolean isVisible(long snapshotCsn) {
        return beginCsn() <= snapshotCsn && snapshotCsn < endCsn();
    }

    int flags() {
        return LittleEndian.unsignedShortAt(blob, offset() + TupleLayout.FLAGS);
    }

    long xmin() {
        return LittleEndian.longAt(blob, offset() + TupleLayout.XMIN);
    }

    long xmax() {
        return LittleEndian.longAt(blob, offset() + TupleLayout.XMAX);
    }

    long ctid() {
        return Tid.of(
                LittleEndian.intAt(blob, offset() + TupleLayout.CTID_BLOCK),
                LittleEndian.unsignedShortAt(blob, offset() + TupleLayout.CTID_LINE_POINTER));
    }
}
