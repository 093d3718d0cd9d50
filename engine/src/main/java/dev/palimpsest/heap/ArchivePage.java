package dev.palimpsest.heap;

import dev.palimpsest.id.Tid;
import dev.palimpsest.tuple.LittleEndian;
import dev.palimpsest.tuple.TupleLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The archived versions of one page while vacuum works on them: {@link ArchivedVersions} taken apart, changed, and put together again. Of each chain
 * oldest first. One page, one use; not thread-safe.
 */
final class ArchivePage {
    /** One version. */
    static final class Entry {
        final int root;
        final int line;
        final long begin;
        final long end;
        final byte[] tuple;

        /** Some snapshot may need it. */
        final boolean needed;

        Entry(int root, int line, long begin, long end, byte[] tuple, boolean needed) {
            this.root = root;
            this.line = line;
            this.begin = begin;
            this.end = end;
            this.tuple = tuple;
            this.needed = needed;
        }

        int flags() {
            return LittleEndian.unsignedShortAt(tuple, TupleLayout.FLAGS);
        }

        long xmin() {
            return LittleEndian.longAt(tuple, TupleLayout.XMIN);
        }

        long xmax() {
            return LittleEndian.longAt(tuple, TupleLayout.XMAX);
        }

        long ctid() {
            return Tid.of(
                    LittleEndian.intAt(tuple, TupleLayout.CTID_BLOCK),
                    LittleEndian.unsignedShortAt(tuple, TupleLayout.CTID_LINE_POINTER));
        }

        /** It leads over others, removed ones, of which one changed a key or deleted the row. @return whether that changed it */
        boolean noteKeyEnded() {
            int flags = flags();
            if ((flags & (TupleLayout.UPDATED | TupleLayout.KEYS_UPDATED)) != TupleLayout.UPDATED) {
                return false;
            }
            LittleEndian.putShort(tuple, TupleLayout.FLAGS, flags | TupleLayout.KEYS_UPDATED);
            return true;
        }

        void setCtid(long tid) {
            LittleEndian.putInt(tuple, TupleLayout.CTID_BLOCK, Tid.block(tid));
            LittleEndian.putShort(tuple, TupleLayout.CTID_LINE_POINTER, Tid.linePointer(tid));
        }
    }

    private final byte[] before;
    private final List<Entry> entries = new ArrayList<>();

    /** Says whether a version is needed. */
    interface Need {
        boolean isNeeded(long begin, long end);
    }

    /** @param blob null for nothing; not changed */
    ArchivePage(byte[] blob, Need need) {
        before = blob;
        ArchivedVersions versions = new ArchivedVersions(blob);
        while (versions.advance()) {
            byte[] tuple = Arrays.copyOfRange(blob, versions.offset(), versions.offset() + versions.length());
            boolean needed = need.isNeeded(versions.beginCsn(), versions.endCsn());
            entries.add(
                    new Entry(versions.root(), versions.line(), versions.beginCsn(), versions.endCsn(), tuple, needed));
        }
    }

    List<Entry> entries() {
        return entries;
    }

    /** Those of one chain, oldest first. */
    List<Entry> of(int root) {
        List<Entry> chain = new ArrayList<>();
        for (Entry entry : entries) {
            if (entry.root == root) {
                chain.add(entry);
            }
        }
        return chain;
    }

    void add(Entry entry) {
        entries.add(entry);
    }

    void remove(Entry entry) {
        entries.remove(entry);
    }

    /** The newest end among those that are needed, 0 if none is. */
    long newestEnd() {
        long newest = 0;
        for (Entry entry : entries) {
            newest = entry.needed ? Math.max(newest, entry.end) : newest;
        }
        return newest;
    }

    boolean isChanged() {
        return !Arrays.equals(before == null ? new byte[0] : before, toBlob());
    }

    byte[] toBlob() {
        int length = 0;
        for (Entry entry : entries) {
            length += ArchivedVersions.HEADER_BYTES + entry.tuple.length;
        }
        byte[] blob = new byte[length];
        int at = 0;
        for (Entry entry : entries) {
            LittleEndian.putShort(blob, at + ArchivedVersions.ROOT, entry.root);
            LittleEndian.putShort(blob, at + ArchivedVersions.LINE, entry.line);
            LittleEndian.putInt(blob, at + ArchivedVersions.LENGTH, entry.tuple.length);
            LittleEndian.putLong(blob, at + ArchivedVersions.BEGIN, entry.begin);
            LittleEndian.putLong(blob, at + ArchivedVersions.END, entry.end);
            System.arraycopy(entry.tuple, 0, blob, at + ArchivedVersions.HEADER_BYTES, entry.tuple.length);
            at += ArchivedVersions.HEADER_BYTES + entry.tuple.length;
        }
        return blob;
    }

    /** Gives it to the archive. @return false if that refuses: what it had stays */
    boolean store(VersionArchive archive, int relation, int block) {
        if (entries.isEmpty()) {
            archive.remove(relation, block);
            return true;
        }
        return archive.put(relation, block, toBlob());
    }
}
