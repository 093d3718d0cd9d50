package dev.palimpsest.retention;

import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.ArchivedVersions;
import dev.palimpsest.id.Tid;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tuple.TupleReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Every version that is stored at a moment, wherever it is, by the id in its row. */
final class StoredVersions {
    /** Column of the version's id. */
    static final int ID_COLUMN = 1;

    /** A version's id, where it is, and its chain's root. */
    record Place(long id, long tid, long root) {
        @Override
        public String toString() {
            return "version " + id + " at " + Tid.toString(tid);
        }
    }

    /** In its page, with a line pointer of its own, and not marked as taken back, by id. */
    final Map<Long, Place> onPage = new HashMap<>();

    /** In the archive, and needed, by id. */
    final Map<Long, Place> archived = new HashMap<>();

    /**
     * Marked as taken back (of these an id may have several: an insert that met a conflict is repeated), bodies that a dead root keeps for its
     * keys, and those in the archive for their keys only.
     */
    final Set<Place> remains = new HashSet<>();

    /** Roots without a version on the page, and nothing of theirs in the archive. */
    final Set<Long> emptyRoots = new HashSet<>();

    static StoredVersions of(TableInfo table) {
        StoredVersions stored = new StoredVersions();
        Set<Long> withArchive = new HashSet<>();
        for (int block = 0, count = table.heap().blockCount(); block < count; block++) {
            ArchivedVersions versions = new ArchivedVersions(table.heap().archived(block));
            while (versions.advance()) {
                long root = Tid.of(block, versions.root());
                Place place = new Place(
                        id(table, versions.buffer(), versions.offset()), Tid.of(block, versions.line()), root);
                withArchive.add(root);
                if (versions.endCsn() != 0) { // else it is kept for its keys
                    stored.add(stored.archived, place);
                } else {
                    stored.remains.add(place);
                }
            }
        }
        Map<Long, Long> roots = new HashMap<>();
        table.heap().forEachLine((tid, line, page) -> stored.walk(tid, line, ByteBuffer.wrap(page), roots));
        table.heap().forEachLine((tid, line, page) -> {
            long root = roots.getOrDefault(tid, tid);
            int base = LinePointer.offset(line);
            switch (LinePointer.state(line)) {
                case LinePointer.STATE_NORMAL -> {
                    if ((TupleReader.flags(page, base) & TupleLayout.XMIN_ABORTED) != 0) {
                        stored.remains.add(new Place(id(table, page, base), tid, root));
                    } else {
                        stored.add(stored.onPage, new Place(id(table, page, base), tid, root));
                    }
                }
                case LinePointer.STATE_DEAD -> {
                    if (LinePointer.hasItem(line)) {
                        stored.remains.add(new Place(id(table, page, base), tid, root));
                    } else {
                        stored.emptyRoots.add(tid);
                    }
                }
                case LinePointer.STATE_ARCHIVED -> {
                    if (!withArchive.contains(tid)) {
                        stored.emptyRoots.add(tid);
                    }
                }
                default -> {}
            }
        });
        return stored;
    }

    private static long id(TableInfo table, byte[] tuple, int base) {
        int offset = TupleReader.attributeOffset(table.descriptor(), tuple, base, ID_COLUMN);
        return TupleReader.fixedBits(table.descriptor(), tuple, offset, ID_COLUMN);
    }

    private void add(Map<Long, Place> where, Place place) {
        Place other = where.put(place.id, place);
        if (other != null) {
            throw new AssertionError("stored twice: " + other + " and " + place);
        }
    }

    /** From a root along its chain within the page. */
    private void walk(long root, int line, ByteBuffer littleOrBig, Map<Long, Long> roots) {
        ByteBuffer page = littleOrBig.order(ByteOrder.LITTLE_ENDIAN);
        boolean redirect = LinePointer.state(line) == LinePointer.STATE_REDIRECT;
        if (!redirect && (!LinePointer.isNormal(line) || isHeapOnly(page, line))) {
            return;
        }
        int number = redirect ? LinePointer.target(line) : Tid.linePointer(root);
        for (int hops = SlottedPage.lineCount(page); hops >= 0; hops--) {
            int at = SlottedPage.line(page, number);
            if (!LinePointer.isNormal(at)) {
                return;
            }
            long tid = Tid.of(Tid.block(root), number);
            roots.put(tid, root);
            int offset = LinePointer.offset(at);
            int flags = page.getShort(offset + TupleLayout.FLAGS) & 0xFFFF;
            if ((flags & (TupleLayout.HOT_UPDATED | TupleLayout.XMAX_ABORTED)) != TupleLayout.HOT_UPDATED) {
                return;
            }
            number = page.getShort(offset + TupleLayout.CTID_LINE_POINTER) & 0xFFFF;
        }
    }

    private static boolean isHeapOnly(ByteBuffer page, int line) {
        return (page.getShort(LinePointer.offset(line) + TupleLayout.FLAGS) & TupleLayout.HEAP_ONLY) != 0;
    }

    String where(long id) {
        return "on page " + onPage.get(id) + ", archived " + archived.get(id) + ", remains "
                + remains.stream().filter(place -> place.id == id).toList();
    }
}
