package dev.palimpsest.heap;

import dev.palimpsest.id.Tid;
import dev.palimpsest.tuple.LittleEndian;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tuple.TupleReader;

/** A version copied out of its page: what a fetch fills in. Reused from fetch to fetch; the byte array is fresh each time. Not thread-safe. */
public final class HeapTuple {
    private byte[] bytes;
    private long tid = Tid.NONE;
    private boolean archived;

    public HeapTuple() {}

    /** A version copied before. */
    public HeapTuple(byte[] bytes, long tid) {
        set(bytes, tid);
    }

    void set(byte[] copy, long place) {
        bytes = copy;
        tid = place;
        archived = false;
    }

    void setArchived(byte[] copy, long place) {
        bytes = copy;
        tid = place;
        archived = true;
    }

    /**
     * True if it came from the archive: a commit that its reader's snapshot doesn't see has ended it, and by now its place may be another
     * version's.
     */
    public boolean isArchived() {
        return archived;
    }

    /** Header and attributes; the caller may keep the array. */
    public byte[] bytes() {
        return bytes;
    }

    /** Where this version is, or was ({@link #isArchived}). */
    public long tid() {
        return tid;
    }

    public long xmin() {
        return TupleReader.xmin(bytes, 0);
    }

    public long xmax() {
        return TupleReader.xmax(bytes, 0);
    }

    public int flags() {
        return TupleReader.flags(bytes, 0);
    }

    /** The next version's place; its own for the newest one. */
    public long ctid() {
        return Tid.of(
                LittleEndian.intAt(bytes, TupleLayout.CTID_BLOCK),
                LittleEndian.unsignedShortAt(bytes, TupleLayout.CTID_LINE_POINTER));
    }

    /** True if xmax (which may be undecided) updated the row, so that {@link #ctid} is the next version. */
    public boolean isUpdated() {
        return (flags() & TupleLayout.UPDATED) != 0;
    }
}
