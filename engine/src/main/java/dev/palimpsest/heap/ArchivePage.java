package dev.palimpsest.heap;

import dev.palimpsest.id.Tid;
import dev.palimpsest.tuple.LittleEndian;
import dev.palimpsest.tuple.TupleLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The archived versions of one page while vacuum works on them: {@link ArchivedVersions} taken apart, changed, and put together again. Of each chain
 * oldest first. One page, one use; not thread-safe.
 */
final class ArchivePage {
    /** One version. */
    final class Entry {
        final int root;
        final int line;
        final long begin;
        final long end;

        /** Some snapshot may need it. */
        final boolean needed;

        final int length;

        /** Where its tuple lies; the blob before its first change. */
        private byte[] buffer;

        private int offset;

        private Entry(int root, int line, long begin, long end, boolean needed, byte[] buffer, int offset, int length) {
            this.root = root;
            this.line = line;
            this.begin = begin;
            this.end = end;
            this.needed = needed;
            this.buffer = buffer;
            this.offset = offset;
            this.length = length;
        }

        int flags() {
            return LittleEndian.unsignedShortAt(buffer, offset + TupleLayout.FLAGS);
        }

        long xmin() {
            return LittleEndian.longAt(buffer, offset + TupleLayout.XMIN);
        }

        long xmax() {
            return LittleEndian.longAt(buffer, offset + TupleLayout.XMAX);
        }

        long ctid() {
            return Tid.of(
                    LittleEndian.intAt(buffer, offset + TupleLayout.CTID_BLOCK),
                    LittleEndian.unsignedShortAt(buffer, offset + TupleLayout.CTID_LINE_POINTER));
        }

        byte[] copyTuple() {
            return Arrays.copyOfRange(buffer, offset, offset + length);
        }

        /** It leads over others, removed ones, of which one changed a key or deleted the row. */
        void noteKeyEnded() {
            int flags = flags();
            if ((flags & (TupleLayout.UPDATED | TupleLayout.KEYS_UPDATED)) == TupleLayout.UPDATED) {
                own();
                LittleEndian.putShort(buffer, TupleLayout.FLAGS, flags | TupleLayout.KEYS_UPDATED);
            }
        }

        /** It takes over the link of the versions behind it on its page, which are removed: to another root, or {@link Tid#NONE} for nowhere. */
        void leadBeyond(int block, long root) {
            setCtid(root == Tid.NONE ? Tid.of(block, line) : root);
            LittleEndian.putShort(buffer, TupleLayout.FLAGS, flags() & ~TupleLayout.HOT_UPDATED);
        }

        void setCtid(long tid) {
            own();
            LittleEndian.putInt(buffer, TupleLayout.CTID_BLOCK, Tid.block(tid));
            LittleEndian.putShort(buffer, TupleLayout.CTID_LINE_POINTER, Tid.linePointer(tid));
        }

        /** The blob isn't changed: readers may have it. */
        private void own() {
            buffer = copyTuple();
            offset = 0;
            changed = true;
        }
    }

    private final TreeMap<Integer, List<Entry>> chains = new TreeMap<>();
    private int size;
    private boolean changed;

    /** Says whether a version is needed. */
    interface Need {
        boolean isNeeded(long begin, long end);
    }

    /** @param blob null for nothing; not changed */
    ArchivePage(byte[] blob, Need need) {
        ArchivedVersions versions = new ArchivedVersions(blob);
        while (versions.advance()) {
            put(new Entry(
                    versions.root(),
                    versions.line(),
                    versions.beginCsn(),
                    versions.endCsn(),
                    need.isNeeded(versions.beginCsn(), versions.endCsn()),
                    blob,
                    versions.offset(),
                    versions.length()));
        }
    }

    int size() {
        return size;
    }

    void forEach(Consumer<Entry> action) {
        chains.values().forEach(chain -> chain.forEach(action));
    }

    /** Those of one chain, oldest first; a copy. */
    List<Entry> of(int root) {
        List<Entry> chain = chains.get(root);
        return chain == null ? List.of() : new ArrayList<>(chain);
    }

    /** Roots that have some. */
    int[] roots() {
        return chains.keySet().stream().mapToInt(Integer::intValue).toArray();
    }

    /** Adds a version behind the others of its chain. */
    Entry add(int root, int line, long begin, long end, boolean needed, byte[] tuple) {
        Entry entry = new Entry(root, line, begin, end, needed, tuple, 0, tuple.length);
        put(entry);
        changed = true;
        return entry;
    }

    private void put(Entry entry) {
        chains.computeIfAbsent(entry.root, root -> new ArrayList<>()).add(entry);
        size++;
    }

    void remove(Entry entry) {
        List<Entry> chain = chains.get(entry.root);
        chain.remove(entry);
        if (chain.isEmpty()) {
            chains.remove(entry.root);
        }
        size--;
        changed = true;
    }

    boolean isChanged() {
        return changed;
    }

    private byte[] toBlob() {
        int[] length = new int[1];
        forEach(entry -> length[0] += ArchivedVersions.HEADER_BYTES + entry.length);
        byte[] blob = new byte[length[0]];
        int[] at = new int[1];
        forEach(entry -> {
            LittleEndian.putShort(blob, at[0] + ArchivedVersions.ROOT, entry.root);
            LittleEndian.putShort(blob, at[0] + ArchivedVersions.LINE, entry.line);
            LittleEndian.putInt(blob, at[0] + ArchivedVersions.LENGTH, entry.length);
            LittleEndian.putLong(blob, at[0] + ArchivedVersions.BEGIN, entry.begin);
            LittleEndian.putLong(blob, at[0] + ArchivedVersions.END, entry.end);
            System.arraycopy(entry.buffer, entry.offset, blob, at[0] + ArchivedVersions.HEADER_BYTES, entry.length);
            at[0] += ArchivedVersions.HEADER_BYTES + entry.length;
        });
        return blob;
    }

    /** Gives it to the archive. @return false if that refuses: what it had stays */
    boolean store(VersionArchive archive, int relation, int block) {
        if (size == 0) {
            archive.remove(relation, block);
            return true;
        }
        return archive.put(relation, block, toBlob());
    }
}
